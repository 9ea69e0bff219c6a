"""Which rows are nearest to a vector: exactly, or through the index where there are very many."""

from typing import Any

from django.db import connection, transaction
from django.db.models import FloatField, Value
from django.db.models.functions import Cast
from pgvector.django import CosineDistance, HalfVectorField

from inference.arrays import Array
from photos.models import Space
from photos.vectors import written
from search.points.collections import Rows

# Up to here an exact scan is as fast as one of the index that has to look for its rows, and right.
EXACT_UP_TO = 50_000
EF_SEARCH = 200
_SPARE = 50  # rows beside those that are wanted: the index gives them in nearly their order


def nearest(
    rows: Rows, vector: Array, space: Space, *, limit: int, exact_up_to: int | None
) -> list[dict[str, Any]]:
    """The `limit` of `rows` most like `vector`, best first, each with its `cosine`, -1 to 1.

    `rows` gives dictionaries, and has a `vector` of `space` and a `number`. Exact for as many as
    `exact_up_to`, or always. Beyond, some may be missed.
    """
    kind = HalfVectorField(dimensions=space.dimension)
    probe = Cast(Value(written(vector)), kind)
    distance = CosineDistance(Cast("vector", kind), probe)
    if exact_up_to is None or rows[: exact_up_to + 1].count() <= exact_up_to:
        apart = distance + Value(0.0, FloatField())  # which the index can't answer
        found = list(rows.annotate(distance=apart).order_by("distance", "number")[:limit])
    else:
        found = _by_index(rows.annotate(distance=distance).order_by("distance")[: limit + _SPARE])
    for row in found:
        row["cosine"] = max(-1.0, 1 - row.pop("distance"))
    return sorted(found, key=lambda row: -row["cosine"])[:limit]


def _by_index(rows: Rows) -> list[dict[str, Any]]:
    """Read on until enough rows that are wanted have come by."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL hnsw.iterative_scan = relaxed_order")
        cursor.execute(f"SET LOCAL hnsw.ef_search = {EF_SEARCH}")
        return list(rows)
