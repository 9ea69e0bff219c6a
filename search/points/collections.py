"""What is in a collection: vectors that were made here of photos and faces, and what is brought."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Self

from django.db.models import (
    BigIntegerField,
    Exists,
    ExpressionWrapper,
    F,
    Model,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import JSONObject

import photos.services
from faces.models import FaceVector
from inference.roles import FACE_EMBEDDER
from photos.models import Owner, Reference, Space
from search.errors import CollectionMissing
from search.models import ImageVector, Point, PointVector
from search.points.numbers import MOST_FACES, OURS, PER_PHOTO
from search.spaces import image_space

IMAGES = Point.Collection.IMAGES
Rows = QuerySet[Any]
_LANDMARKS = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
_CLUSTER = "face__membership__part__cluster"
# Who is not to be found by likeness, or not to be seen.
_LEFT_OUT = (
    "face__ignored",
    f"{_CLUSTER}__ignored",
    f"{_CLUSTER}__hidden",
    f"{_CLUSTER}__person__ignored",
    f"{_CLUSTER}__person__hidden",
    f"{_CLUSTER}__person__unrecognised",
)


@dataclass(frozen=True)
class Source:
    """Vectors of one table, each with the `number` and the `payload` of its point.

    `number` is `(key + base) * per`, and what is less than `per`. Keys have an index.
    """

    rows: Rows
    base: int = 0
    per: int = 1

    def of(self, numbers: Collection[int]) -> Rows:
        keys = {number // self.per - self.base for number in numbers}
        return self.rows.filter(key__in=keys, number__in=numbers)

    def since(self, number: int) -> Rows:
        """From that one on, in order."""
        first = number // self.per - self.base
        return self.rows.filter(key__gte=first, number__gte=number).order_by("key", "number")


@dataclass(frozen=True)
class Place:
    """A collection of one owner, in the space of today."""

    owner: Owner
    collection: Point.Collection
    space: Space
    ours: tuple[Source, ...]  # of photos and faces: read only
    brought: Source  # by services

    @classmethod
    def of(cls, owner: Owner, name: str, job: Combinable) -> Self:
        """`job`: the id of the job that looked last at the photo which is a row's `seen`.

        Raises:
            CollectionMissing: there is no such collection.
        """
        collection, space = _known(name)
        of_photos = collection == IMAGES
        table: type[Model] = ImageVector if of_photos else FaceVector
        vectors = table._default_manager.filter(owner=owner, space=space)  # noqa: SLF001  # documented
        ours = _images(vectors, job) if of_photos else _faces(vectors, job)
        brought = PointVector.objects.filter(
            owner=owner, space=space, point__collection=collection
        ).annotate(key=F("point__number"), number=F("point__number"), payload=F("point__payload"))
        place = cls(owner, collection, space, ours, Source(brought))
        ours_first = ~Exists(place.taken(OuterRef("point__number")))
        return replace(place, brought=Source(brought.filter(ours_first)))

    @property
    def sources(self) -> tuple[Source, ...]:
        return (*self.ours, self.brought)

    @property
    def end(self) -> int:
        """Numbers from here on are of photos and faces without a number of the caller's."""
        return OURS if self.collection == IMAGES else OURS * PER_PHOTO

    def taken(self, number: Combinable) -> QuerySet[Reference]:
        """What makes a caller's `number` that of a photo or a face, whether it is shown or not."""
        named = Reference.objects.filter(owner=self.owner)
        if self.collection == IMAGES:
            return named.filter(number=number, photo__vectors__space=self.space)
        return named.filter(
            number=number / PER_PHOTO,
            photo__faces__numbered__number=number % PER_PHOTO,
            photo__faces__vectors__space=self.space,
        )


def space_of(collection: Point.Collection) -> Space | None:
    """Whose vectors `collection` has today; None: there are none yet."""
    if collection == IMAGES:
        return image_space()
    return photos.services.current_space(FACE_EMBEDDER.name)


def _known(name: str) -> tuple[Point.Collection, Space]:
    if name not in Point.Collection.values:
        known = " and ".join(Point.Collection.values)
        raise CollectionMissing(f"Collection `{name[:100]}` doesn't exist: there are {known}.")
    space = space_of(Point.Collection(name))
    if space is None:
        raise CollectionMissing(
            f"Collection `{name}` doesn't exist yet: it begins with the first photo that is "
            "processed here, as its model says how long vectors are."
        )
    return Point.Collection(name), space


def _images(vectors: Rows, job: Combinable) -> tuple[Source, ...]:
    return tuple(
        Source(
            source.rows.annotate(
                seen=F("photo"),
                number=_big(F("key") + source.base),
                payload=JSONObject(
                    job_id=job, media_store_id=F("media"), task_type=Value("image_embedding")
                ),
            ),
            base=source.base,
        )
        for source in _by_photo(vectors, "photo")
    )


def _faces(vectors: Rows, job: Combinable) -> tuple[Source, ...]:
    """Of a photo with very many, not all have a number."""
    shown = vectors.filter(face__numbered__number__lt=MOST_FACES)
    for mark in _LEFT_OUT:
        shown = shown.exclude(**{mark: True})
    box = {name: f"face__{name}" for name in ("x", "y", "width", "height")}
    marks = {name: KeyTransform(place, "face__landmarks") for place, name in enumerate(_LANDMARKS)}
    return tuple(
        Source(
            source.rows.annotate(
                seen=F("face__photo"),
                number=_big((F("key") + source.base) * PER_PHOTO + F("face__numbered__number")),
                payload=JSONObject(
                    job_id=job,
                    media_store_id=F("media"),
                    task_type=Value("face_embedding"),
                    face_index=F("face__numbered__number"),
                    bbox=JSONObject(**box),
                    landmarks=JSONObject(**marks),
                    confidence=F("face__confidence"),
                ),
            ),
            base=source.base,
            per=PER_PHOTO,
        )
        for source in _by_photo(shown, "face__photo")
    )


def _by_photo(vectors: Rows, photo: str) -> tuple[Source, Source]:
    """Those of photos that callers have numbers for, once for each, and the others.

    `media`: what the caller calls the photo.
    """
    numbers = Reference.objects.filter(photo=OuterRef(photo), number__isnull=False)
    named = vectors.annotate(
        key=F(f"{photo}__references__number"), named_by=F(f"{photo}__references__owner")
    ).filter(key__isnull=False, named_by=F("owner"))
    names = Reference.objects.filter(photo=OuterRef(photo)).order_by("pk")
    unnamed = vectors.filter(~Exists(numbers)).annotate(
        key=F(photo), media=Subquery(names.values("external_id")[:1])
    )
    return Source(named.annotate(media=F("key"))), Source(unnamed, base=OURS)


def _big(number: Combinable) -> Combinable:
    """Django takes the sum of a key and a number for one that needs 4 bytes."""
    return ExpressionWrapper(number, BigIntegerField())
