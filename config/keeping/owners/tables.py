"""What an archive of an owner has: which rows, in which order, and how a row is known again.

An archive is a ZIP: `owner.json` first (what it is), then a file of JSON lines for each of TABLES,
`vectors/TABLE.jsonl`, `people.json` (as docs/portability.md has it), `clusters.jsonl`, and
`files/SHA256/NAME` for each file of each photo. Keys are the archive's own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, QuerySet

from faces.models import Face, FaceVector
from photos.models import Analysis, Owner, Photo, Place, Reference
from search.models import (
    Caption,
    DetectedObject,
    DifferentPhotos,
    ImageVector,
    PhotoTag,
    SavedSearch,
    TextLine,
)

FORMAT = "kindred-owner"
VERSION = 1
ABOUT, PEOPLE, CLUSTERS, ERASED = "owner.json", "people.json", "clusters.jsonl", "erased.jsonl"
_BOX = ("x", "y", "width", "height")


@dataclass(frozen=True)
class Table:
    """Rows that go along."""

    model: type[Model]
    of: Callable[[Owner], QuerySet[Any]]
    same: tuple[str, ...]  # columns by which a row is known to be there; the first one has an index
    refers: Mapping[str, str] = field(default_factory=dict)  # columns, and whose keys are in them
    made: tuple[str, ...] = ()  # columns that the importing side says itself

    @property
    def columns(self) -> list[Any]:
        """All but the key, and what the database or the importing side makes."""
        fields = self.model._meta.concrete_fields  # noqa: SLF001  # Django documents it
        return [
            each
            for each in fields
            if not each.generated and each.attname not in {"owner_id", *self.made}
        ]


def _of_photo(model: type[Model], *same: str) -> Table:
    def of(owner: Owner) -> QuerySet[Any]:
        return model._default_manager.filter(photo__owner=owner)  # noqa: SLF001  # documented

    return Table(model, of, ("photo_id", *same), {"photo_id": "photos"})


TABLES: Mapping[str, Table] = {
    "photos": Table(
        Photo,
        Photo.objects.of,
        ("sha256",),
        {"place_id": "places"},
        made=("created_at",),
    ),
    "references": Table(
        Reference,
        lambda owner: Reference.objects.filter(owner=owner),
        ("external_id",),
        {"photo_id": "photos"},
    ),
    "objects": _of_photo(DetectedObject, "recipe", "label", *_BOX, "confidence"),
    "text": _of_photo(TextLine, "recipe", "position"),
    "tags": _of_photo(PhotoTag, "recipe", "key"),
    "captions": _of_photo(Caption, "recipe", "language"),
    "faces": _of_photo(Face, *_BOX),
    "analyses": _of_photo(Analysis, "operation", "recipe"),  # after all that was found
    "different": Table(
        DifferentPhotos,
        DifferentPhotos.objects.of,
        ("first_id", "second_id"),
        {"first_id": "photos", "second_id": "photos"},
    ),
    "searches": Table(  # they name people
        SavedSearch, lambda owner: SavedSearch.objects.filter(owner=owner), ("name",)
    ),
}
VECTORS: Mapping[str, tuple[type[Model], str]] = {  # each with what its vectors are of
    "photos": (ImageVector, "photo_id"),
    "faces": (FaceVector, "face_id"),
}


def places_of(owner: Owner) -> list[Place]:
    """Those of the owner's photos, after those that they lie within."""
    found: dict[int, Place] = {}
    left = set(Photo.objects.of(owner).exclude(place=None).values_list("place", flat=True))
    while left:
        some = {place.pk: place for place in Place.objects.filter(pk__in=left)}
        found = some | found
        left = {each.within_id for each in some.values() if each.within_id} - found.keys()
    return sorted(found.values(), key=lambda place: _depth(place, found))


def _depth(place: Place, known: Mapping[int, Place]) -> int:
    depth = 0
    while place.within_id is not None:
        place, depth = known[place.within_id], depth + 1
    return depth
