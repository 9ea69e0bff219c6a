"""Files of photos that no row knows: left by workers that were killed between a file and its row.

Keys follow from the content (see photos.services), so that a worker may write the very file
that is looked at here. What was written lately is therefore never taken for left.
"""

import logging
import math
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path

from django.core.files.storage import Storage, default_storage

from faces.models import Face
from photos.models import Photo

log = logging.getLogger(__name__)

# Folders of photos: OWNER/AB/SHA256. What lies elsewhere is none of ours.
_LEVELS = (re.compile(r"[0-9]+"), re.compile(r"[0-9a-f]{2}"), re.compile(r"[0-9a-f]{64}"))
_BATCH = 500  # photos that the database is asked for at once
_STRANGE = 100  # photos of a batch: if more are unknown, and most, it is the wrong database
_ASIDE = ".orphan"  # after the name of a file that is about to go

Folder = tuple[str, ...]


def sweep(before: datetime, *, after: str = "", dry_run: bool = False) -> Iterator[tuple[str, int]]:
    """Delete files that no row knows and that were written `before`, one batch of photos a step.

    Yields the folder that a later run may go on `after`, and how many files have gone; the last
    is an empty one, as all were looked at. Folders stay: a worker may be about to write there.
    """
    folders = _folders((), tuple(after.split("/")) if after else ())
    while batch := list(islice(folders, _BATCH)):
        known = _known(batch)
        left = [] if _is_strange(batch, known) else list(_left(batch, known, before))
        if not dry_run:
            left = [key for key in left if _remove(key, known, before)]
        yield "/".join(batch[-1]), len(left)
    yield "", 0


def remove(folders: Sequence[Folder], before: datetime) -> int:
    """Delete what lies in `folders`, no row knows, and was written `before`: how many files."""
    known = _known(folders) if folders else set()
    return sum(_remove(key, known, before) for key in list(_left(folders, known, before)))


def has_unknown(folder: Folder) -> bool:
    """Whether a file lies there that no row knows."""
    known = _known([folder])
    return any("/".join((*folder, name)) not in known for name in _listed(folder)[1])


def _folders(above: Folder, after: Folder) -> Iterator[Folder]:
    """The folders of photos that come after `after`, in order."""
    for name in _listed(above)[0]:
        folder = (*above, name)
        if not _LEVELS[len(above)].fullmatch(name):
            continue
        if len(folder) < len(_LEVELS) and folder >= after[: len(folder)]:
            yield from _folders(folder, after)
        elif len(folder) == len(_LEVELS) and folder > after:
            yield folder


def _listed(folder: Folder) -> tuple[list[str], list[str]]:
    """The folders and the files in it, sorted."""
    try:
        folders, files = default_storage.listdir("/".join(folder))
    except (FileNotFoundError, NotADirectoryError):
        return [], []
    return sorted(folders), sorted(files)


def _known(folders: Sequence[Folder]) -> set[str]:
    """Keys of all files of the photos in `folders`, as the rows have them. Two queries."""
    owners = {int(owner) for owner, *_ in folders}
    contents = {sha256 for *_, sha256 in folders}
    photos = Photo.objects.filter(owner__in=owners, sha256__in=contents)
    of_photos = photos.values_list("original", "thumbnail")
    crops = Face.objects.filter(photo__in=photos).values_list("crop", flat=True)
    return {key for keys in of_photos for key in keys} | set(crops)


def _is_strange(folders: Sequence[Folder], known: set[str]) -> bool:
    """Whether hardly any of the photos is known: then they are rather another database's."""
    familiar = {key.rpartition("/")[0] for key in known}
    strange = sum("/".join(folder) not in familiar for folder in folders)
    if strange <= max(_STRANGE, len(folders) // 2):
        return False
    log.error("%s of %s photos on the disk have no row: nothing is deleted", strange, len(folders))
    return True


def _left(folders: Sequence[Folder], known: set[str], before: datetime) -> Iterator[str]:
    """Old files that no row knows, and all that a killed sweep had put aside."""
    for folder in folders:
        for name in _listed(folder)[1]:
            key = "/".join((*folder, name))
            if key not in known and (
                name.endswith(_ASIDE) or written(default_storage, key) < before.timestamp()
            ):
                yield key


def written(storage: Storage, key: str) -> float:
    """When, in seconds since 1970. What is gone meanwhile is not old."""
    try:
        return storage.get_modified_time(key).timestamp()
    except FileNotFoundError:
        return math.inf


def _remove(key: str, known: set[str], before: datetime) -> bool:
    """Delete the file unless it is wanted, or written again at this moment. False: it was not.

    It is put aside first: what lies there can't be replaced any more, and is looked at again.
    """
    wanted = key.removesuffix(_ASIDE)
    path = Path(default_storage.path(wanted))
    aside = path.with_name(path.name + _ASIDE)
    try:
        if key == wanted:
            path.replace(aside)
        left = wanted not in known and aside.stat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False
    if not left:
        with suppress(FileExistsError):
            os.link(aside, path)
    aside.unlink()
    return left
