"""What is most like a vector, among those of one owner: exactly, or by the HNSW index.

The index misses the more, the larger it is, and the fewer of its rows are wanted. So it is asked
for more rows than are, and read on until these have come by.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from inference.arrays import Array
from photos.errors import VectorUnfit
from photos.estimates import estimated
from photos.models import Space
from photos.nearest_sql import (
    AT_ONCE,
    Condition,
    Library,
    as_near_sql,
    each_within,
    nearest_sql,
    texts_of,
    values_of,
    within,
)
from photos.vectors import units

# Up to here to compare with all is as fast as to read on in the index, among a million, and right.
EXACT_UP_TO = 50_000
_KNOWN_FOR_S = 600
_LEAST_READ = 150  # rows of the index, or as many as are wanted and again as many, up to this
_SURE = 100  # of these, so many are as good as exact
_QUICK = 2_000  # vectors: to compare with so many takes no longer
_LISTED = 0.4  # of as many keys as are compared with, those that may have to be looked up first
SETTINGS = {
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.ef_search": f"{AT_ONCE}",
    "hnsw.max_scan_tuples": "40000",
    "hnsw.scan_mem_multiplier": "16",
}
# Local, as what is sent at once is one transaction: so the index is read in one round trip.
_SET = "".join(f"SET LOCAL {name} = '{value}'; " for name, value in SETTINGS.items())

Row = tuple[int, int, float]  # the probe's number, from 1; whose vector it is; their cosine


@dataclass(frozen=True)
class Neighbour:
    """What has a vector that is like another one."""

    of: int  # its primary key
    cosine: float  # -1 to 1


def neighbours(
    library: Library,
    probes: Array,
    *,
    limit: int,
    exact_up_to: int = EXACT_UP_TO,
    least: float | None = None,
) -> list[list[Neighbour]]:
    """For each of `probes` (n, d), what has the `limit` most similar vectors, best first.

    As many as there are, up to `limit`, however few of all vectors they be. Exact where the owner
    has, or `among` leaves, up to `exact_up_to` of them, or some more where the limit is high. Else
    by the HNSW index, which may miss some. What is equally similar comes in the order of its keys.

    What has a smaller cosine than `least` may be left out: where little of all vectors is as like,
    nothing else has to be looked at.

    Raises:
        VectorUnfit: one of `probes` has no direction, or not one of the space.
    """
    probes = _checked(probes, library.space)
    found: list[list[Neighbour]] = [[] for _ in probes]
    try:
        rows = _rows(library, probes, limit, exact_up_to, least)
    except EmptyResultSet:  # `among` has nothing, as Django knows without the database
        return found
    for number, key, cosine in rows:
        found[number - 1].append(Neighbour(key, cosine))
    return found


def _checked(probes: Array, space: Space) -> Array:
    """Of length 1: of much larger or smaller numbers a half vector has none."""
    if probes.shape[1] != space.dimension:
        raise VectorUnfit(
            f"A vector of {probes.shape[1]} numbers can't be compared with those of "
            f"{space.name}, which have {space.dimension}."
        )
    return units(probes)


def _rows(
    library: Library, probes: Array, limit: int, exact_up_to: int, least: float | None
) -> list[Row]:
    read = max(_LEAST_READ, limit + min(limit, _LEAST_READ))
    few = int(exact_up_to * sqrt(read / _LEAST_READ))  # where either way takes as long
    if least is not None and not _is_small(library, min(few, _QUICK)):
        near = _as_near(library, probes, least)
        if near is not None:
            return _exactly(library, each_within(library).one_of(library, near), probes, limit)
    if not isinstance(library.among, Sequence) and _is_small(library, few):
        return _exactly(library, within(library), probes, limit)
    keys = _few(library, few)
    if keys is not None:
        return _exactly(library, Condition().one_of(library, keys), probes, limit)
    rows = _by_index(library, probes, read, limit)
    of_each = Counter(number for number, _, _ in rows)
    if all(of_each[number] >= limit for number in range(1, len(probes) + 1)):
        return rows
    return _exactly(library, within(library), probes, limit)  # the index was left too early


def _as_near(library: Library, probes: Array, least: float) -> set[int] | None:
    """The keys of all of `library` that is as near one of `probes` as `least`, a cosine; where it
    is a query, of all of the owner's.

    None where there is more than the index gives at once, be it somebody else's.
    """
    with connection.cursor() as cursor:
        values = (least, least, library.owner.pk, texts_of(probes))
        cursor.execute(_SET + as_near_sql(library), values)
        rows = _last(cursor)
    if max(count for count, _ in rows) > _SURE:
        return None
    near = {key for _, keys in rows for key in keys or ()}
    return near.intersection(library.among) if isinstance(library.among, Sequence) else near


def _is_small(library: Library, limit: int) -> bool:
    """Whether at most `limit` vectors of the owner come into question: of keys, so many; else so
    many as the owner has. Counted now and then: that takes as long as a search, and each way of
    searching is right for more of them, and for fewer."""
    if isinstance(library.among, Sequence):
        return len(library.among) <= limit
    about = f"vectors:{library.table.name}:{library.space.pk}:{library.owner.pk}:{limit}"
    small: bool | None = cache.get(about)
    if small is None:
        every = library.table.model._default_manager  # noqa: SLF001  # Django's documented API
        rows = every.filter(owner=library.owner, space=library.space)
        small = rows[: limit + 1].count() <= limit
        cache.set(about, small, _KNOWN_FOR_S)
    return small


def _few(library: Library, most: int) -> Collection[int] | None:
    """The keys of what `among` has; None if there are more than `most`, and nobody listed them.

    To list them takes as long as to compare with all of them, or longer.
    """
    if library.among is None:
        return None
    if not isinstance(library.among, QuerySet):
        return library.among
    most = int(_LISTED * most)
    if estimated(library.among) > most:
        return None
    keys = list(library.among.order_by().values_list("pk", flat=True)[: most + 1])
    return keys if len(keys) <= most else None


def _exactly(library: Library, condition: Condition, probes: Array, limit: int) -> list[Row]:
    with connection.cursor() as cursor:
        sql = nearest_sql(library, condition, order="{} + 0, stored.id")
        cursor.execute(sql, values_of(library, condition, probes, limit, limit))
        return list(cursor.fetchall())


def _by_index(library: Library, probes: Array, read: int, limit: int) -> list[Row]:
    condition = each_within(library)
    with connection.cursor() as cursor:
        sql = _SET + nearest_sql(library, condition, order="{}")
        cursor.execute(sql, values_of(library, condition, probes, read, limit))
        return _last(cursor)


def _last(cursor: Any) -> list[Any]:
    """The rows of the last statement: of each setting there is an empty answer before it."""
    cursor.set_result(-1)
    return list(cursor.fetchall())
