"""An owner as an archive: photos and all that is known of them, without anything of others."""

import base64
import io
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from pathlib import PurePosixPath
from typing import IO, Any

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import BinaryField, Func, Q
from django.utils import timezone

from config.keeping.owners.tables import (
    ABOUT,
    CLUSTERS,
    ERASED,
    FORMAT,
    PEOPLE,
    TABLES,
    VECTORS,
    VERSION,
    Table,
    places_of,
)
from faces.models import Cluster, Erasure, Face, FaceVector, Membership
from faces.people.changes import row_of
from faces.portability.exporting import export
from photos.models import Owner, Photo, Space
from search.models import ImageVector

_SPACE = ("name", "role", "weights_sha256", "version", "dimension", "same_person_cosine")
_AT_ONCE = 500  # rows in memory
_CHUNK = 2**20


def export_owner(owner: Owner, file: IO[bytes]) -> int:
    """Write all of `owner` to `file`, as it is at one moment. Returns how many files have gone.

    Rows first, all of one moment; then files, of which those may be missing that are deleted
    meanwhile. Few rows in memory.
    """
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as keys,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive,
    ):
        with transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            _write_rows(archive, owner)
            keys.writelines(f"{json.dumps(each)}\n" for each in _keys(owner))
        with archive.open(PEOPLE, "w") as people, io.TextIOWrapper(people, "utf-8") as text:
            export(owner, text)
        keys.seek(0)
        return _write_files(archive, keys)


def _write_rows(archive: zipfile.ZipFile, owner: Owner) -> None:
    archive.writestr(ABOUT, json.dumps(_about(owner), indent=1))
    for name, table in TABLES.items():
        _write(archive, f"{name}.jsonl", (_row(table, row) for row in _rows(table.of(owner))))
    for name in VECTORS:
        _write(archive, f"vectors/{name}.jsonl", _vectors(owner, name))
    _write(archive, CLUSTERS, _clusters(owner))
    _write(archive, ERASED, _erased(owner))


def _about(owner: Owner) -> dict[str, Any]:
    theirs = [FaceVector.objects, ImageVector.objects, Cluster.objects]
    used = [Q(pk__in=rows.filter(owner=owner).values("space")) for rows in theirs]
    spaces = Space.objects.filter(reduce(or_, used)).order_by("pk").values(*_SPACE)
    return {
        "format": FORMAT,
        "version": VERSION,
        "subject": owner.subject,
        "made_at": timezone.now().isoformat(),
        "spaces": list(spaces),
        "places": [row_of(place) for place in places_of(owner)],
    }


def _write(archive: zipfile.ZipFile, name: str, rows: Iterable[dict[str, Any]]) -> None:
    with archive.open(name, "w") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def _rows(rows: Any) -> Iterator[Any]:
    return iter(rows.order_by("pk").iterator(chunk_size=_AT_ONCE))


def _row(table: Table, row: Any) -> dict[str, Any]:
    known = row_of(row)
    return {each.attname: known[each.attname] for each in table.columns}


def _vectors(owner: Owner, name: str) -> Iterator[dict[str, Any]]:
    table, of = VECTORS[name]
    raw = Func("vector", function="halfvec_send", output_field=BinaryField())
    rows = table._default_manager.filter(owner=owner).annotate(raw=raw).order_by("pk")  # noqa: SLF001  # documented
    for key, space, numbers in rows.values_list(of, "space__name", "raw").iterator(_AT_ONCE):
        yield {"of": key, "space": space, "vector": base64.b64encode(bytes(numbers)).decode()}


def _clusters(owner: Owner) -> Iterator[dict[str, Any]]:
    for cluster in _rows(Cluster.objects.filter(owner=owner).select_related("space")):
        members = Membership.objects.filter(part__cluster=cluster).order_by("face")
        yield {
            "public_id": cluster.public_id,
            "space": cluster.space.name if cluster.space else None,
            "person": cluster.person_id,
            "hidden": cluster.hidden,
            "ignored": cluster.ignored,
            "members": list(members.values_list("face", "how", "similarity")),
        }


def _erased(owner: Owner) -> Iterator[dict[str, Any]]:
    """Where no face is kept again."""
    for erasure in _rows(Erasure.objects.filter(owner=owner)):
        yield {"key": str(erasure.key), "places": erasure.places, "at": str(erasure.created_at)}


def _keys(owner: Owner) -> Iterator[tuple[str, str]]:
    """Content of a photo, and the key of a file of it."""
    photos = Photo.objects.of(owner).order_by("pk").values_list("sha256", "original", "thumbnail")
    for sha256, *keys in photos.iterator(_AT_ONCE):
        yield from ((sha256, key) for key in keys)
    crops = Face.objects.filter(photo__owner=owner).order_by("photo__sha256", "crop")
    each_once = crops.values_list("photo__sha256", "crop").distinct()  # two faces may share one
    yield from each_once.iterator(_AT_ONCE)


def _write_files(archive: zipfile.ZipFile, keys: Iterable[str]) -> int:
    """As they are: pictures get no smaller."""
    missing = 0
    for line in keys:
        sha256, key = json.loads(line)
        info = zipfile.ZipInfo(f"files/{sha256}/{PurePosixPath(key).name}")
        try:
            with default_storage.open(key) as file, archive.open(info, "w", force_zip64=True) as to:
                while chunk := file.read(_CHUNK):
                    to.write(chunk)
        except FileNotFoundError:
            missing += 1
    return missing
