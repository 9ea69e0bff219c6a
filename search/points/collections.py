"""What is in a collection: vectors that were made here of photos and faces, and what is brought."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import or_
from typing import Any, Self

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable

import faces.vectors
import photos.services
import search.nearest
from faces.models import Face, FaceVector
from inference.roles import FACE_EMBEDDER, IMAGE_ENCODER
from photos.models import Owner, Photo, Reference, Space
from photos.nearest_sql import Library, Table
from search.errors import CollectionMissing
from search.models import ImageVector, Point, PointVector
from search.points.numbers import OURS, PER_PHOTO
from search.points.sources import Rows, Shown, Source, of_faces, of_photos
from search.spaces import image_space, searched_space_with

IMAGES = Point.Collection.IMAGES
_ROLES = {IMAGES: IMAGE_ENCODER, Point.Collection.FACES: FACE_EMBEDDER}
_PHOTOS, _FACES = search.nearest.TABLE, faces.vectors.TABLE
_POINTS = Table(PointVector, of="point_id")
# Whether a `space` has vectors that services have brought: written down, as each search asks it.
_BROUGHT = f"""EXISTS (
    SELECT FROM {_POINTS.name} AS brought
    WHERE brought.owner_id = %(owner_id)s AND brought.space_id = space.id
)"""  # one of our tables


@dataclass(frozen=True)
class Lot:
    """Points whose vectors lie in one table, of `things`."""

    library: Library
    things: Rows
    show: Callable[[], Shown]

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """All that may be seen. To say it takes as long as a query, so it is done when needed."""
        return tuple(each.within(**self._ours) for each in self.show().sources)

    def shown(self, keys: Sequence[int], wanted: Q, told: Collection[str]) -> list[dict[str, Any]]:
        """Those whose vectors are of `keys`: as Shown.of()."""
        return self.show().of(keys, wanted, told, **self._ours)

    def among(self, wanted: Q) -> Library:
        """Without the vectors of points that are not `wanted`."""
        found = [Q(pk__in=each.rows.filter(wanted).values(self.of)) for each in self.sources]
        return replace(self.library, among=self.things.filter(reduce(or_, found)))

    @property
    def of(self) -> str:
        """The column that says what a vector is of."""
        return self.library.table.of

    @property
    def _ours(self) -> dict[str, int]:
        return {"owner_id": self.library.owner.pk, "space_id": self.library.space.pk}


@dataclass(frozen=True)
class Told:
    """How points of photos and faces are shown. `job`: as of_photos()."""

    job: Combinable

    def of(self, collection: Point.Collection) -> Shown:
        return self._photos if collection == IMAGES else self._faces

    @cached_property
    def _photos(self) -> Shown:
        return Shown(_PHOTOS.of, of_photos(ImageVector.objects.all(), self.job))

    @cached_property
    def _faces(self) -> Shown:
        return Shown(_FACES.of, of_faces(FaceVector.objects.all(), self.job))


@dataclass(frozen=True)
class Place:
    """A collection of one owner, in the space of today."""

    owner: Owner
    collection: Point.Collection
    space: Space
    ours: Lot  # of photos and faces: read only
    brought: Lot  # by services
    has_brought: bool  # whether there is any of that, as this is made

    @classmethod
    def of(cls, owner: Owner, name: str, told: Told) -> Self:
        """
        Raises:
            CollectionMissing: there is no such collection.
        """
        collection, space, has_brought = _known(owner, name)
        things: Rows = Photo.objects.all() if collection == IMAGES else Face.objects.all()
        made = Library(_PHOTOS if collection == IMAGES else _FACES, owner, space)
        ours = Lot(made, things, lambda: told.of(collection))
        put = Library(_POINTS, owner, space)
        theirs = Lot(put, Point.objects.all(), lambda: _brought(put, collection))
        return cls(owner, collection, space, ours, theirs, has_brought)

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


def _brought(library: Library, collection: Point.Collection) -> Shown:
    """Points whose numbers are not those of photos and faces."""
    number = OuterRef("point__number")
    taken = Exists(_taken(library.owner, collection, library.space, number))
    vectors = PointVector.objects.filter(owner=library.owner, space=library.space)
    brought = vectors.filter(~taken, point__collection=collection)
    rows = brought.annotate(
        key=F("point__number"), number=F("point__number"), payload=F("point__payload")
    )
    return Shown(_POINTS.of, (Source(rows),))


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


def space_of(collection: Point.Collection) -> Space | None:
    """Whose vectors `collection` has today; None: there are none yet."""
    if collection == IMAGES:
        return image_space()
    return photos.services.current_space(_ROLES[collection].name)


def _known(owner: Owner, name: str) -> tuple[Point.Collection, Space, bool]:
    """With its space, and whether services have brought vectors of the owner into that."""
    if name not in Point.Collection.values:
        known = " and ".join(Point.Collection.values)
        raise CollectionMissing(f"Collection `{name[:100]}` doesn't exist: there are {known}.")
    collection = Point.Collection(name)
    if collection == IMAGES and (found := searched_space_with(_BROUGHT, owner_id=owner.pk)):
        return collection, *found
    brought = PointVector.objects.filter(owner=owner, space=OuterRef("pk"))
    spaces = photos.services.spaces_of(_ROLES[collection].name)
    space = spaces.annotate(has_brought=Exists(brought)).first()
    if space is None:
        raise CollectionMissing(
            f"Collection `{name}` doesn't exist yet: it begins with the first photo that is "
            "processed here, as its model says how long vectors are."
        )
    return collection, space, space.has_brought
