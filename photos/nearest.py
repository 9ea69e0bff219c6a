"""What is most like a vector, among those of one owner: exactly, or by the HNSW index.

The index misses the more, the larger it is, and the fewer of its rows are wanted. So it is asked
for more rows than are, and read on until these have come by.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import QuerySet

from inference.arrays import Array
from photos.errors import VectorUnfit
from photos.estimates import estimated
from photos.models import Owner, Space
from photos.vectors import units, written

# Up to here to compare with all is as fast as to read on in the index, among a million, and right.
EXACT_UP_TO = 50_000
_KNOWN_FOR_S = 600
_LEAST_READ = 150  # rows of the index, or as many as are wanted and again as many, up to this
_LISTED = 0.4  # of as many keys as are compared with, those that may have to be looked up first
SETTINGS = {
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.ef_search": "200",
    "hnsw.max_scan_tuples": "40000",
    "hnsw.scan_mem_multiplier": "16",
}
# Local, as what is sent at once is one transaction: so the index is read in one round trip.
_SET = "".join(f"SET LOCAL {name} = '{value}'; " for name, value in SETTINGS.items())

Row = tuple[int, int, float]  # the probe's number, from 1; whose vector it is; their cosine


@dataclass(frozen=True)
class Table:
    """Unit vectors, each with its `owner`, its `space`, and what it is of."""

    model: type[models.Model]
    of: str  # the column that has it, such as face_id

    @property
    def name(self) -> str:
        return str(self.model._meta.db_table)  # noqa: SLF001  # Django's documented API


@dataclass(frozen=True)
class Library:
    """An owner's vectors in a space: all, or those of what `among` has: rows, or their keys."""

    table: Table
    owner: Owner
    space: Space
    among: QuerySet[Any] | Sequence[int] | None = None


@dataclass(frozen=True)
class Neighbour:
    """What has a vector that is like another one."""

    of: int  # its primary key
    cosine: float  # -1 to 1


def neighbours(
    library: Library, probes: Array, *, limit: int, exact_up_to: int = EXACT_UP_TO
) -> list[list[Neighbour]]:
    """For each of `probes` (n, d), what has the `limit` most similar vectors, best first.

    As many as there are, up to `limit`, however few of all vectors they be. Exact where the owner
    has, or `among` leaves, up to `exact_up_to` of them, or some more where the limit is high. Else
    by the HNSW index, which may miss some. What is equally similar comes in the order of its keys.

    Raises:
        VectorUnfit: one of `probes` has no direction, or not one of the space.
    """
    probes = _checked(probes, library.space)
    found: list[list[Neighbour]] = [[] for _ in probes]
    try:
        rows = _rows(library, probes, limit, exact_up_to)
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


def _rows(library: Library, probes: Array, limit: int, exact_up_to: int) -> list[Row]:
    read = max(_LEAST_READ, limit + min(limit, _LEAST_READ))
    few = int(exact_up_to * sqrt(read / _LEAST_READ))  # where either way takes as long
    given = isinstance(library.among, Sequence)
    if not given and _is_small(library, few):
        return _exactly(library, _within(library), probes, limit)
    keys = _few(library, few)
    if keys is not None:
        one_of = _Condition(f"stored.{library.table.of} = ANY(%s::bigint[])", [keys])
        return _exactly(library, one_of, probes, limit)
    rows = _by_index(library, probes, read, limit)
    of_each = Counter(number for number, _, _ in rows)
    if all(of_each[number] >= limit for number in range(1, len(probes) + 1)):
        return rows
    return _exactly(library, _within(library), probes, limit)  # the index was left too early


def _is_small(library: Library, limit: int) -> bool:
    """Whether the owner has at most `limit` vectors. Counted now and then: that takes as long as
    a search, and each way of searching is right for more of them, and for fewer."""
    about = f"vectors:{library.table.name}:{library.space.pk}:{library.owner.pk}:{limit}"
    small: bool | None = cache.get(about)
    if small is None:
        every = library.table.model._default_manager  # noqa: SLF001  # Django's documented API
        rows = every.filter(owner=library.owner, space=library.space)
        small = rows[: limit + 1].count() <= limit
        cache.set(about, small, _KNOWN_FOR_S)
    return small


def _few(library: Library, most: int) -> list[int] | None:
    """The keys of what `among` has; None if there are more than `most`, and nobody listed them.

    To list them takes as long as to compare with all of them, or longer.
    """
    if library.among is None:
        return None
    if not isinstance(library.among, QuerySet):
        return list(library.among)
    most = int(_LISTED * most)
    if estimated(library.among) > most:
        return None
    keys = list(library.among.order_by().values_list("pk", flat=True)[: most + 1])
    return keys if len(keys) <= most else None


@dataclass(frozen=True)
class _Condition:
    """What the row `stored` has to fulfil."""

    sql: str = "TRUE"
    values: Sequence[Any] = ()


def _within(library: Library) -> _Condition:
    """That it is of what `among` has, which the planner may find out as it likes."""
    if not isinstance(library.among, QuerySet):
        return _Condition()
    wanted, values = _keys(library.among)
    return _Condition(f"stored.{library.table.of} IN ({wanted})", values)


def _each_within(library: Library) -> _Condition:
    """The same, for a row after the other as the index gives them: `OFFSET 0` keeps the planner
    from a join of all of them."""
    if not isinstance(library.among, QuerySet):
        return _Condition()
    wanted, values = _keys(library.among)
    found = f"SELECT FROM ({wanted}) AS wanted (key) WHERE key = stored.{library.table.of} OFFSET 0"
    return _Condition(f"EXISTS ({found})", values)


def _keys(among: QuerySet[Any]) -> tuple[str, Sequence[Any]]:
    """
    Raises:
        EmptyResultSet: there are none.
    """
    sql, values = among.order_by().values("pk").query.sql_with_params()
    return sql, values


def _exactly(library: Library, condition: _Condition, probes: Array, limit: int) -> list[Row]:
    with connection.cursor() as cursor:
        sql = _sql(library, condition, order="{} + 0, stored.id")
        cursor.execute(sql, _values(library, condition, probes, limit, limit))
        return list(cursor.fetchall())


def _by_index(library: Library, probes: Array, read: int, limit: int) -> list[Row]:
    condition = _each_within(library)
    with connection.cursor() as cursor:
        sql = _SET + _sql(library, condition, order="{}")
        cursor.execute(sql, _values(library, condition, probes, read, limit))
        while cursor.nextset():  # of each setting there is an empty answer, and rows come last
            pass
        return list(cursor.fetchall())


def _sql(library: Library, condition: _Condition, *, order: str) -> str:
    """In an `order` of `{}`, the distance: by anything but that alone, the planner does not take
    the HNSW index.

    Numbers are ours, so they can stand in it: a partial index is only used where the planner sees
    its condition. `OFFSET 0` has the text of a probe read once, and not again for each row that it
    is compared with.
    """
    kind, of = f"halfvec({int(library.space.dimension)})", library.table.of
    distance = f"(stored.vector::{kind} <=> probe.vector)"
    return f"""
        SELECT probe.number, near.{of}, near.cosine
        FROM (
            SELECT number, written::{kind} AS vector
            FROM unnest(%s::text[]) WITH ORDINALITY AS given (written, number)
            OFFSET 0
        ) AS probe
        CROSS JOIN LATERAL (
            SELECT {of}, cosine
            FROM (
                SELECT stored.{of}, 1 - {distance} AS cosine
                FROM {library.table.name} AS stored
                WHERE stored.owner_id = %s AND stored.space_id = {int(library.space.pk)}
                    AND {condition.sql}
                ORDER BY {order.format(distance)}
                LIMIT %s
            ) AS read
            ORDER BY cosine DESC, {of}
            LIMIT %s
        ) AS near
        ORDER BY probe.number, near.cosine DESC, near.{of}
    """  # noqa: S608  # names of our tables, integers of our rows, and what Django made


def _values(
    library: Library, condition: _Condition, probes: Array, read: int, limit: int
) -> list[Any]:
    """`limit` of those that are `read` are wanted: the index gives them in about their order."""
    given = [written(probe) for probe in probes]
    return [given, library.owner.pk, *condition.values, read, limit]
