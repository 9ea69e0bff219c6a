"""Who is in which photo, as other programs say it over their own API: a document of people of ours.

Immich: the answers of `POST /api/search/metadata` with `{"withPeople": true}`, or assets alone.
PhotoPrism: the answers of `GET /api/v1/photos/UID`. Files hold one of them, a list, or one a line.
Both know a photo by the SHA-1 of its original, which is looked up here among the owner's photos.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import file_digest
from typing import Any, BinaryIO

from faces.errors import DocumentInvalid, FaceError
from faces.people.naming import checked_name
from faces.portability.document import At, Document, SomeoneToBe, Theirs
from inference.geometry import Box
from photos.models import Owner, Photo

_SHA1_BYTES = 20


@dataclass(frozen=True, slots=True)
class Named:
    """A face, and who it is. Edges are fractions of the upright photo."""

    sha1: str
    name: str
    left: float
    top: float
    width: float
    height: float
    hidden: bool


@dataclass(frozen=True, slots=True)
class Upright:
    """A photo of ours: its content, and its size in pixels."""

    sha256: str
    width: int
    height: int


def read(program: str, files: Iterable[BinaryIO]) -> list[Named]:
    """
    Raises:
        DocumentInvalid: a file is none of that program's; the message says where.
    """
    found: list[Named] = []
    for entry, place in _entries(files):
        try:
            found += PROGRAMS[program](entry)
        except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as exc:
            raise DocumentInvalid(f"{place}: this is nothing of {program}: {exc!r}.") from exc
        except FaceError as exc:
            raise DocumentInvalid(f"{place}: {exc}") from exc
    return found


def digests(owner: Owner) -> dict[str, Upright]:
    """The owner's photos by the SHA-1 of their originals, which are all read for it."""
    found = {}
    for photo in Photo.objects.of(owner).order_by("pk").iterator():
        with photo.original.open("rb") as original:
            digest = file_digest(original, "sha1").hexdigest()
        found[digest] = Upright(photo.sha256, photo.width, photo.height)
    return found


def document(named: Iterable[Named], ours: Mapping[str, Upright]) -> Document:
    """What they said, of our photos: who has one name is one person.

    What is in no photo of ours keeps their digest, which nothing here has.
    """
    people: dict[str, SomeoneToBe] = {}
    faces: dict[tuple[str, str], Theirs] = {}  # nobody is in a photo twice
    for each in named:
        flags = frozenset({"hidden"} if each.hidden else ())
        someone = SomeoneToBe(len(people) + 1, each.name, (), "", flags, None)
        someone = people.setdefault(each.name, someone)
        theirs = Theirs(_at(each, ours.get(each.sha1)), someone.id, None)
        faces.setdefault((each.sha1, each.name), theirs)
    return Document(list(people.values()), list(faces.values()), [], [])


def _at(named: Named, photo: Upright | None) -> At:
    content, width, height = (
        (photo.sha256, photo.width, photo.height) if photo else (named.sha1, 1, 1)
    )
    box = Box(named.left * width, named.top * height, named.width * width, named.height * height)
    return At(content, box)


def _entries(files: Iterable[BinaryIO]) -> Iterator[tuple[Any, str]]:
    """What is in the files, one by one, and where it stood."""
    for number, file in enumerate(files, start=1):
        text = file.read()
        try:
            whole = json.loads(text)
        except ValueError:
            for line, part in enumerate(text.splitlines(), start=1):
                if part.strip():
                    place = f"file {number}, line {line}"
                    yield from ((each, place) for each in _several(_json(part, place)))
        else:
            yield from ((each, f"file {number}") for each in _several(whole))


def _json(text: bytes, place: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as exc:
        raise DocumentInvalid(f"{place}: this is no JSON: {exc}.") from exc


def _several(value: Any) -> list[Any]:
    """A list is what is in it; so is a page of Immich's search."""
    if isinstance(value, dict) and isinstance(value.get("assets"), dict):
        value = value["assets"].get("items")
    return value if isinstance(value, list) else [value]


def _of_immich(asset: Any) -> Iterator[Named]:
    """Boxes are pixels of a picture of the photo, whose size is said beside them."""
    if asset.get("type", "IMAGE") != "IMAGE":
        return
    sha1 = _sha1(base64.b64decode(asset["checksum"], validate=True))
    for person in asset.get("people") or []:
        if not person["name"].strip():
            continue
        for face in person.get("faces") or []:
            width, height = float(face["imageWidth"]), float(face["imageHeight"])
            left, right = (float(face[f"boundingBoxX{n}"]) / width for n in (1, 2))
            top, bottom = (float(face[f"boundingBoxY{n}"]) / height for n in (1, 2))
            if edges := _within(left, top, right - left, bottom - top):
                hidden = bool(person.get("isHidden"))
                yield Named(sha1, checked_name(person["name"]), *edges, hidden=hidden)


def _of_photoprism(photo: Any) -> Iterator[Named]:
    """Boxes are fractions already. What it calls invalid, or wants reviewed, is left out."""
    for file in photo["Files"]:
        for marker in file.get("Markers") or []:
            is_doubtful = marker.get("Invalid") or marker.get("Review")
            if marker["Type"] != "face" or is_doubtful or not marker.get("Name", "").strip():
                continue
            sha1 = _sha1(binascii.unhexlify(file["Hash"]))
            if edges := _within(*(float(marker[edge]) for edge in "XYWH")):
                yield Named(sha1, checked_name(marker["Name"]), *edges, hidden=False)


def _sha1(digest: bytes) -> str:
    if len(digest) != _SHA1_BYTES:
        raise ValueError("a checksum that is no SHA-1")
    return digest.hex()


def _within(
    left: float, top: float, width: float, height: float
) -> tuple[float, float, float, float] | None:
    """What of it is inside of the photo; None: nothing."""
    right, bottom = min(left + width, 1.0), min(top + height, 1.0)
    left, top = max(left, 0.0), max(top, 0.0)
    is_inside = left < right and top < bottom
    return (left, top, right - left, bottom - top) if is_inside else None


PROGRAMS: Mapping[str, Callable[[Any], Iterator[Named]]] = {
    "immich": _of_immich,
    "photoprism": _of_photoprism,
}
