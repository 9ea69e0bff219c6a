"""An owner's people as a document, as faces.portability.document has it."""

import json
from collections.abc import Iterable, Iterator
from typing import IO, Any

from django.db import connection, transaction

from faces.models import Face, Membership, Pair, Person, Rejection
from faces.portability.document import FLAGS, FORMAT, VERSION
from photos.models import Owner

_AT_ONCE = 1000  # rows in memory
_BOX = ("x", "y", "width", "height")
_FACE_BOX = tuple(f"face__{edge}" for edge in _BOX)


def export(owner: Owner, file: IO[str]) -> None:
    """Write the owner's people to `file`, as they are at one moment.

    One query for each of the four lists, however long they are, and few rows in memory. In no
    transaction.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        file.write(f'{{"format": "{FORMAT}", "version": {VERSION}')
        for name, entries in (
            ("people", _people(owner)),
            ("faces", _faces(owner)),
            ("rejections", _rejections(owner)),
            ("pairs", _pairs(owner)),
        ):
            _write(file, name, entries)
        file.write("}\n")


def _write(file: IO[str], name: str, entries: Iterable[dict[str, Any]]) -> None:
    """One entry a line, so that two exports can be compared line by line."""
    file.write(f',\n"{name}": [')
    for number, entry in enumerate(entries):
        file.write(",\n" if number else "\n")
        json.dump(entry, file, ensure_ascii=False)
    file.write("]")


def _people(owner: Owner) -> Iterator[dict[str, Any]]:
    rows = Person.objects.filter(owner=owner).select_related("cover__photo").order_by("pk")
    for each in rows.iterator(_AT_ONCE):
        yield {
            "id": each.pk,
            "name": each.name,
            "aliases": each.aliases,
            "contact_id": each.contact_id,
            **{flag: getattr(each, flag) for flag in FLAGS},
            "cover": _at(each.cover) if each.cover else None,
        }


def _faces(owner: Owner) -> Iterator[dict[str, Any]]:
    theirs = Membership.objects.filter(part__cluster__owner=owner)
    theirs = theirs.exclude(part__cluster__person=None)
    columns = ("part__cluster__person", "how", "similarity", "face__photo__sha256", *_FACE_BOX)
    rows = theirs.order_by("pk").values_list(*columns)
    for person, how, similarity, photo, *box in rows.iterator(_AT_ONCE):
        entry = {"person": person, "photo": photo, "box": box, "how": how}
        if how == Membership.How.MATCHED:
            entry["similarity"] = similarity
        yield entry


def _rejections(owner: Owner) -> Iterator[dict[str, Any]]:
    rows = Rejection.objects.filter(person__owner=owner).select_related("face__photo")
    for each in rows.order_by("pk").iterator(_AT_ONCE):
        yield {"person": each.person_id, **_at(each.face)}


def _pairs(owner: Owner) -> Iterator[dict[str, Any]]:
    rows = Pair.objects.of(owner).select_related("first__photo", "second__photo")
    for each in rows.order_by("pk").iterator(_AT_ONCE):
        yield {"first": _at(each.first), "second": _at(each.second), "same": each.same}


def _at(face: Face) -> dict[str, Any]:
    return {"photo": face.photo.sha256, "box": [getattr(face, edge) for edge in _BOX]}
