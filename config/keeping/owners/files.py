"""The files of an owner's photos, from an archive to where they are kept here."""

import hashlib
import re
import zipfile
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage

from config.keeping.errors import ArchiveInvalid
from photos.models import Owner
from photos.services import folder_of_sha256

# As they are called here, and nothing else: no name leads anywhere.
_FILE = re.compile(r"files/([0-9a-f]{64})/([A-Za-z0-9][A-Za-z0-9._-]{0,99})")
_ORIGINAL = "original."
_CHUNK = 2**20


def place(owner: Owner, row: dict[str, Any], *columns: str, sha256: str = "") -> None:
    """Have `columns` of `row` name the files where they lie here."""
    folder = folder_of_sha256(owner, sha256 or row["sha256"])
    for column in columns:
        row[column] = f"{folder}/{PurePosixPath(row[column]).name}"


def add(owner: Owner, archive: zipfile.ZipFile) -> int:
    """Write the files that are not there. Returns how many that are.

    Raises:
        ArchiveInvalid: an original is not what its name says.
    """
    count = 0
    for info in archive.infolist():
        if not (found := _FILE.fullmatch(info.filename)):
            continue
        sha256, name = found.groups()
        key = f"{folder_of_sha256(owner, sha256)}/{name}"
        if default_storage.exists(key):
            continue
        if name.startswith(_ORIGINAL):
            _check(archive, info, sha256)
        with archive.open(info) as file:
            default_storage.save(key, File(file))
        count += 1
    return count


def _check(archive: zipfile.ZipFile, info: zipfile.ZipInfo, sha256: str) -> None:
    digest = hashlib.sha256()
    with archive.open(info) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    if digest.hexdigest() != sha256:
        raise ArchiveInvalid(f"{info.filename} is not what its name says: the archive is damaged.")
