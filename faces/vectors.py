"""Vectors of faces: in bulk, and by likeness."""

from django.db.models import QuerySet

import photos.vectors
from faces.models import FaceVector
from inference.arrays import Array
from photos.models import Owner, Space
from photos.nearest import EXACT_UP_TO, Neighbour, neighbours
from photos.nearest_sql import Library, Table

TABLE = Table(FaceVector, of="face_id")


def load(vectors: QuerySet[FaceVector]) -> tuple[list[int], Array]:
    """Ids of the faces, and their vectors (n, d) float32, in the same order."""
    return photos.vectors.load(vectors, of=TABLE.of)


def nearest(
    owner: Owner, probes: Array, space: Space, *, limit: int, exact_up_to: int = EXACT_UP_TO
) -> list[list[Neighbour]]:
    """For each of `probes` (n, d), the owner's `limit` most similar faces, best first."""
    library = Library(TABLE, owner, space)
    return neighbours(library, probes, limit=limit, exact_up_to=exact_up_to)
