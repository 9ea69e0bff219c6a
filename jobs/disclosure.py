"""All that is known of one person, for them to read. Source: GDPR, articles 15 and 20."""

import json
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import BinaryField, Func, Q
from django.template.loader import render_to_string

from faces.models import Edit, Face, FaceVector, Pair, Person
from photos.vectors import unpack

_AT_ONCE = 500  # rows in memory
_BOX = ("x", "y", "width", "height")
_MARKS = ("hidden", "ignored", "unrecognised", "favourite")


def disclose(person: Person, file: IO[bytes]) -> None:
    """Write a ZIP: `index.html` to read, `data.json` for programs, and the pictures of the faces.

    As things are at one moment; nothing of it says anything of anybody else. Nine queries, however
    many faces; a row of pictures at a time in memory. In no transaction.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        told = _told(person)
        told["faces"] = list(_faces(person))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for face in told["faces"]:
            face["picture"] = _add_picture(archive, face.pop("crop"), face["id"])
        archive.writestr("data.json", json.dumps(told, ensure_ascii=False, indent=1, default=str))
        archive.writestr("index.html", render_to_string("jobs/disclosure.html", {"told": told}))


def _told(person: Person) -> dict[str, Any]:
    edits = Edit.objects.filter(owner=person.owner, people__contains=[person.pk]).order_by("pk")
    either = Q(first__membership__part__cluster__person=person)
    either |= Q(second__membership__part__cluster__person=person)
    return {
        "person": {
            "id": person.pk,
            "name": person.name,
            "aliases": person.aliases,
            "contact_id": person.contact_id,
            "marks": [mark for mark in _MARKS if getattr(person, mark)],
            "created_at": person.created_at,
        },
        "not_them": person.rejections.count(),  # faces of which somebody said so
        "answers": Pair.objects.of(person.owner)
        .filter(either)
        .count(),  # whether two faces are one person's
        "changes": list(edits.values("kind", "created_at")),
    }


def _faces(person: Person) -> Iterator[dict[str, Any]]:
    rows = Face.objects.filter(membership__part__cluster__person=person).order_by("pk")
    vectors = _vectors(person)
    for face in rows.select_related("photo__place", "membership").iterator(_AT_ONCE):
        photo = face.photo
        yield {
            "id": face.pk,
            "photo": photo.pk,
            "photo_sha256": photo.sha256,
            "taken_at": photo.dated_at,
            "place": photo.place.name if photo.place else None,
            "box": {edge: getattr(face, edge) for edge in _BOX},
            "landmarks": face.landmarks,
            "confidence": face.confidence,
            "quality": face.quality,
            "how": face.membership.how,
            "similarity": face.membership.similarity,
            "vectors": vectors.get(face.pk, {}),
            "crop": str(face.crop),
        }


def _vectors(person: Person) -> dict[int, dict[str, list[float]]]:
    """By face: the name of a space, and the numbers there."""
    rows = FaceVector.objects.filter(face__membership__part__cluster__person=person)
    raw = Func("vector", function="halfvec_send", output_field=BinaryField())
    columns = rows.annotate(raw=raw).values_list("face_id", "space__name", "raw")
    found: dict[int, dict[str, list[float]]] = {}
    for face, space, numbers in columns.iterator(_AT_ONCE):
        found.setdefault(face, {})[space] = unpack([bytes(numbers)])[0].tolist()
    return found


def _add_picture(archive: zipfile.ZipFile, crop: str, face: int) -> str | None:
    """Its name in the archive. None: the file is not there."""
    try:
        with default_storage.open(crop) as picture:
            data = picture.read()
    except (OSError, ValueError):
        return None
    archive.writestr(name := f"faces/{face}.jpg", data, zipfile.ZIP_STORED)
    return name
