"""Reading points: by likeness, by id, page by page, and how many there are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from inference.arrays import Array
from search.errors import PointMissing
from search.points.collections import Place, Rows
from search.points.nearest import EXACT_UP_TO, nearest


@dataclass(frozen=True)
class Found:
    """A point. The vector is there if it was asked for."""

    number: int
    payload: Mapping[str, Any]
    vector: Sequence[float] | None
    cosine: float | None  # to what was searched for, -1 to 1

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Found":
        vector = row.get("vector")
        return cls(
            number=row["number"],
            payload=row["payload"],
            vector=None if vector is None else [float(each) for each in vector],
            cosine=row.get("cosine"),
        )


@dataclass(frozen=True, eq=False)
class Search:
    """What points are wanted by: the `limit` best ones after `offset` others."""

    vector: Array  # (d,) of length 1
    wanted: Q
    limit: int
    offset: int = 0
    least: float | None = None  # cosine, -1 to 1
    exact: bool = False


def search(
    place: Place, asked: Search, *, vectors: bool = False, exact_up_to: int = EXACT_UP_TO
) -> list[Found]:
    """The points most like a vector, best first, and by id where they are as like.

    Exact among as many as `exact_up_to`; among more, some may be missed unless that is asked for.
    """
    last = asked.offset + asked.limit
    found = [
        Found.of(row)
        for source in place.sources
        for row in nearest(
            _columns(source.rows.filter(asked.wanted), vectors=vectors),
            asked.vector,
            place.space,
            limit=last,
            exact_up_to=None if asked.exact else exact_up_to,
        )
        if asked.least is None or row["cosine"] >= asked.least
    ]
    found.sort(key=lambda point: (-(point.cosine or 0), point.number))
    return found[asked.offset : last]


def scroll(
    place: Place, wanted: Q, *, since: int, limit: int, vectors: bool = False
) -> tuple[list[Found], int | None]:
    """The points from the id `since` on, in order, and the id that the next page begins with."""
    pages = [source.since(since).filter(wanted)[: limit + 1] for source in place.sources]
    found = [Found.of(row) for page in pages for row in _columns(page, vectors=vectors)]
    found.sort(key=lambda point: point.number)
    return found[:limit], found[limit].number if len(found) > limit else None


def retrieve(place: Place, numbers: Collection[int], *, vectors: bool = False) -> dict[int, Found]:
    """Those of the points `numbers` that are there, by number."""
    rows = [source.of(numbers) for source in place.sources]
    found = [Found.of(row) for each in rows for row in _columns(each, vectors=vectors)]
    return {point.number: point for point in found}


def one(place: Place, number: int, *, vectors: bool = False) -> Found:
    """
    Raises:
        PointMissing: it is not there.
    """
    found = retrieve(place, [number], vectors=vectors)
    if number not in found:
        raise PointMissing(f"Point with id {number} does not exist in `{place.collection}`.")
    return found[number]


def count(place: Place, wanted: Q) -> int:
    return sum(source.rows.filter(wanted).count() for source in place.sources)


def _columns(rows: Rows, *, vectors: bool) -> Rows:
    return rows.values("number", "payload", *(["vector"] if vectors else []))
