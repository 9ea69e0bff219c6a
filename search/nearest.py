"""Which photos of an owner look most like a vector."""

from dataclasses import dataclass

from django.db.models import QuerySet

from inference.arrays import Array
from photos.models import Owner, Space
from photos.nearest import neighbours
from photos.nearest_sql import Library, Table
from search.among import Photos
from search.models import ImageVector

TABLE = Table(ImageVector, of="photo_id")
MAX_LIMIT = 1_000  # of more, the index would have to be read in whole


@dataclass(frozen=True)
class Hit:
    photo: int
    cosine: float  # -1 to 1


def nearest(
    owner: Owner,
    space: Space,
    vector: Array,
    *,
    photos: Photos | None = None,
    limit: int,
    least: float | None = None,
) -> list[Hit]:
    """The owner's `limit` photos that look most like `vector` (d,), best first.

    Of those in `photos` alone, where these are given: filter them by Exists(), as a photo that
    joins make two of is looked up twice; keys have to be the owner's. What is promised of how many
    and how exact, and what `least` is, see photos.nearest.

    Raises:
        VectorUnfit: `vector` is none of the space.
        ValueError: `limit` is not 1 to MAX_LIMIT.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise ValueError(f"limit is {limit}: it has to be 1 to {MAX_LIMIT}.")
    among = photos.filter(owner=owner) if isinstance(photos, QuerySet) else photos
    library = Library(TABLE, owner, space, among)
    [near] = neighbours(library, vector[None], limit=limit, least=least)
    return [Hit(each.of, each.cosine) for each in near]
