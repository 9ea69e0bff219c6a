"""Face vectors in PostgreSQL: in bulk, by likeness, and their indexes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import BinaryField, Func, QuerySet

from faces.models import FaceVector
from inference.arrays import Array
from photos.models import Owner, Space

# Up to here an exact scan of an owner's vectors is as fast as a filtered HNSW scan, and right.
EXACT_UP_TO = 50_000
_MORE_FOR_S = 600
_HEADER = 4  # bytes before the numbers of a half vector: its dimension, and two unused ones


@dataclass(frozen=True)
class Neighbour:
    """A face that is like another one."""

    face: int
    cosine: float  # -1 to 1


def load(vectors: QuerySet[FaceVector]) -> tuple[list[int], Array]:
    """Ids of the faces, and their vectors (n, d) float32, in the same order."""
    raw = Func("vector", function="halfvec_send", output_field=BinaryField())
    rows = list(vectors.annotate(raw=raw).values_list("face_id", "raw"))
    return [face for face, _ in rows], unpack([bytes(row) for _, row in rows])


def unpack(rows: list[bytes]) -> Array:
    """Vectors (n, d) float32 from PostgreSQL's binary form of half vectors."""
    if not rows:
        return np.zeros((0, 0), np.float32)
    numbers = np.frombuffer(b"".join(rows), dtype=">f2").reshape(len(rows), -1)
    return numbers[:, _HEADER // 2 :].astype(np.float32)


def nearest(
    owner: Owner, probes: Array, space: Space, *, limit: int, exact_up_to: int = EXACT_UP_TO
) -> list[list[Neighbour]]:
    """For each of `probes` (n, d), the owner's `limit` most similar faces, best first.

    Exact for owners of up to `exact_up_to` faces. Above that through the HNSW index, which
    may miss some: it is read on until enough rows of this owner have come by.
    """
    asked = {"probes": [written(p) for p in probes], "owner": owner.pk, "limit": limit}
    find = _exactly if _at_most(owner, space, exact_up_to) else _by_index
    found: list[list[Neighbour]] = [[] for _ in probes]
    for number, face, cosine in find(space, asked):
        found[number - 1].append(Neighbour(face, cosine))
    return [sorted(near, key=lambda neighbour: -neighbour.cosine) for near in found]


def _exactly(space: Space, asked: dict[str, Any]) -> list[tuple[int, int, float]]:
    with connection.cursor() as cursor:
        cursor.execute(_nearest_sql(space, exact=True), asked)
        return list(cursor.fetchall())


def _by_index(space: Space, asked: dict[str, Any]) -> list[tuple[int, int, float]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL hnsw.iterative_scan = relaxed_order")
        cursor.execute("SET LOCAL hnsw.ef_search = 200")
        cursor.execute(_nearest_sql(space, exact=False), asked)
        return list(cursor.fetchall())


def _nearest_sql(space: Space, *, exact: bool) -> str:
    """`+ 0` keeps the planner from the HNSW index. Numbers are ours, so they can stand in it:
    a partial index is only used where the planner sees its condition. `OFFSET 0` has the text
    of a probe read once, and not again for each row that it is compared with."""
    kind = f"halfvec({int(space.dimension)})"
    distance = f"stored.vector::{kind} <=> probe.vector"
    return f"""
        SELECT probe.number, near.face_id, 1 - near.distance
        FROM (
            SELECT number, written::{kind} AS vector
            FROM unnest(%(probes)s::text[]) WITH ORDINALITY AS given (written, number)
            OFFSET 0
        ) AS probe
        CROSS JOIN LATERAL (
            SELECT stored.face_id, {distance} AS distance
            FROM faces_facevector stored
            WHERE stored.owner_id = %(owner)s AND stored.space_id = {int(space.pk)}
            ORDER BY {f"({distance}) + 0" if exact else distance}
            LIMIT %(limit)s
        ) near
    """  # noqa: S608  # integers of our own rows, checked by int()


def _at_most(owner: Owner, space: Space, limit: int) -> bool:
    """Whether the owner has no more vectors. That there are more holds for a while: counting them
    takes longer than a search through the index, and that is right for fewer as well."""
    more = f"faces.vectors:{space.pk}:{owner.pk}:{limit}"
    if cache.get(more):
        return False
    some = FaceVector.objects.filter(owner=owner, space=space)[: limit + 1]
    if some.count() <= limit:
        return True
    cache.set(more, True, _MORE_FOR_S)  # noqa: FBT003  # a value, not a flag
    return False


def written(vector: Array) -> str:
    """As PostgreSQL reads it."""
    return "[" + ",".join(map(str, vector.tolist())) + "]"
