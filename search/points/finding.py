"""Reading points: by likeness, by id, page by page, and how many there are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import Q

from inference.arrays import Array
from photos.nearest import EXACT_UP_TO, Neighbour, neighbours
from search.errors import PointMissing
from search.points.collections import Lot, Place
from search.points.sources import Rows

Record = dict[str, Any]  # what Found.of() makes a point of

_SPARE = 10  # vectors beside those that are wanted, as some may be of points that are not shown
_ALL = 10**12  # vectors: more than an owner has


@dataclass(frozen=True)
class Found:
    """A point. Payload and vector are there if they were asked for."""

    number: int
    payload: Mapping[str, Any]
    vector: Sequence[float] | None
    cosine: float | None  # to what was searched for, -1 to 1

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        vector, cosine = row.get("vector"), row.get("cosine")
        return cls(
            number=row["number"],
            payload=row.get("payload", {}),
            vector=None if vector is None else [float(each) for each in vector],
            cosine=None if cosine is None else min(1.0, max(-1.0, cosine)),
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
    place: Place,
    asked: Search,
    *,
    payloads: bool = True,
    vectors: bool = False,
    exact_up_to: int = EXACT_UP_TO,
) -> list[Found]:
    """The points most like a vector, best first. Where they are as like, their order stays.

    Exact among as many as `exact_up_to`; among more, some may be missed unless that is asked for.
    """
    exact_up_to = _ALL if asked.exact else exact_up_to
    told = [name for name, is_told in (("payload", payloads), ("vector", vectors)) if is_told]
    rows = _near(place.ours, asked, told, exact_up_to)
    if place.has_brought:  # mostly there is nothing
        rows += _near(place.brought, asked, told, exact_up_to)
        rows.sort(key=lambda row: -row["cosine"])
    page = rows[asked.offset : asked.offset + asked.limit]
    return [Found.of(row) for row in page if asked.least is None or row["cosine"] >= asked.least]


def _near(lot: Lot, asked: Search, told: Collection[str], exact_up_to: int) -> list[Record]:
    """The best points of `lot`, for Found.of(): as many as are wanted, and perhaps some more.

    Not all that has a vector may be seen: of what is hidden there is mostly little.
    """
    library = lot.among(asked.wanted) if asked.wanted else lot.library
    wanted = asked.offset + asked.limit
    many = wanted + _SPARE
    while True:
        [near] = neighbours(library, asked.vector[None], limit=many, exact_up_to=exact_up_to)
        rows = _points(lot, near, asked.wanted, told)
        if len(rows) >= wanted or len(near) < many:
            return rows
        many *= 4


def _points(lot: Lot, near: list[Neighbour], wanted: Q, told: Collection[str]) -> list[Record]:
    """Of what is `near`, best first."""
    if not near:
        return []
    of, places = lot.of, {each.of: (place, each.cosine) for place, each in enumerate(near)}
    rows = lot.shown(list(places), wanted, told)
    rows.sort(key=lambda row: (places[row[of]][0], row["number"]))
    return [row | {"cosine": places[row[of]][1]} for row in rows]


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


def _columns(rows: Rows, *more: str, vectors: bool) -> Rows:
    return rows.values(*more, "number", "payload", *(["vector"] if vectors else []))
