"""What is in a collection: vectors that were made here of photos and faces, and what is brought."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import or_
from typing import Self

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable

import faces.vectors
import photos.services
import search.nearest
from faces.models import Face
from inference.roles import FACE_EMBEDDER
from photos.models import Owner, Photo, Reference, Space
from photos.nearest import Library, Table
from search.errors import CollectionMissing
from search.models import Point, PointVector
from search.points.numbers import OURS, PER_PHOTO
from search.points.sources import Rows, Source, of_faces, of_photos
from search.spaces import image_space

IMAGES = Point.Collection.IMAGES
_PHOTOS, _FACES = search.nearest.TABLE, faces.vectors.TABLE
_POINTS = Table(PointVector, of="point_id")


@dataclass(frozen=True)
class Lot:
    """Points whose vectors lie in one table, of `things`."""

    library: Library
    things: Rows
    show: Callable[[], tuple[Source, ...]]

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """All that may be seen. To say it takes as long as a query, so it is done when needed."""
        return self.show()

    def rows_of(self, keys: Collection[int]) -> list[Rows]:
        """By what their vectors are of."""
        return [each.rows.filter(**{f"{self.of}__in": keys}) for each in self.sources]

    def among(self, wanted: Q) -> Library:
        """Without the vectors of points that are not `wanted`."""
        found = [Q(pk__in=each.rows.filter(wanted).values(self.of)) for each in self.sources]
        return replace(self.library, among=self.things.filter(reduce(or_, found)))

    @property
    def of(self) -> str:
        """The column that says what a vector is of."""
        return self.library.table.of


@dataclass(frozen=True)
class Place:
    """A collection of one owner, in the space of today."""

    owner: Owner
    collection: Point.Collection
    space: Space
    ours: Lot  # of photos and faces: read only
    brought: Lot  # by services

    @classmethod
    def of(cls, owner: Owner, name: str, job: Combinable) -> Self:
        """`job`: as of_photos().

        Raises:
            CollectionMissing: there is no such collection.
        """
        collection, space = _known(name)
        things: Rows = Photo.objects.all()
        table, show = _PHOTOS, of_photos
        if collection != IMAGES:
            things, table, show = Face.objects.all(), _FACES, of_faces
        made = Library(table, owner, space)
        ours = Lot(made, things, lambda: show(_vectors(made), job))
        put = Library(_POINTS, owner, space)
        theirs = Lot(put, Point.objects.all(), lambda: (_brought(put, collection),))
        return cls(owner, collection, space, ours, theirs)

    @property
    def sources(self) -> tuple[Source, ...]:
        return (*self.ours.sources, *self.brought.sources)

    @property
    def end(self) -> int:
        """Numbers from here on are of photos and faces without a number of the caller's."""
        return OURS if self.collection == IMAGES else OURS * PER_PHOTO

    def taken(self, number: Combinable) -> QuerySet[Reference]:
        """What makes a caller's `number` that of a photo or a face, whether it is shown or not."""
        return _taken(self.owner, self.collection, self.space, number)


def _brought(library: Library, collection: Point.Collection) -> Source:
    """Points whose numbers are not those of photos and faces."""
    number = OuterRef("point__number")
    taken = Exists(_taken(library.owner, collection, library.space, number))
    brought = _vectors(library).filter(~taken, point__collection=collection)
    return Source(
        brought.annotate(
            key=F("point__number"), number=F("point__number"), payload=F("point__payload")
        )
    )


def _taken(
    owner: Owner, collection: Point.Collection, space: Space, number: Combinable
) -> QuerySet[Reference]:
    named = Reference.objects.filter(owner=owner)
    if collection == IMAGES:
        return named.filter(number=number, photo__vectors__space=space)
    return named.filter(
        number=number / PER_PHOTO,
        photo__faces__numbered__number=number % PER_PHOTO,
        photo__faces__vectors__space=space,
    )


def _vectors(library: Library) -> Rows:
    every = library.table.model._default_manager  # noqa: SLF001  # Django's documented API
    return every.filter(owner=library.owner, space=library.space)


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
