"""The statements by which photos.nearest looks for vectors, and what they are of."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from django.db import models
from django.db.models import QuerySet

from inference.arrays import Array
from photos.models import Owner, Space
from photos.vectors import written

AT_ONCE = 200  # rows that the index gives without being read on: ef_search


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
class Condition:
    """What the row `stored` has to fulfil."""

    sql: str = "TRUE"
    values: Sequence[Any] = ()

    def one_of(self, library: Library, keys: Collection[int]) -> Self:
        """And be of one of `keys`."""
        mine = f"stored.{library.table.of} = ANY(%s::bigint[])"
        return replace(self, sql=f"{mine} AND {self.sql}", values=[listed(keys), *self.values])


def listed(keys: Collection[int]) -> str:
    """As PostgreSQL reads an array: a list takes ten times as long to be written down."""
    return f"{{{','.join(map(str, keys))}}}"


def within(library: Library) -> Condition:
    """That it is of what `among` has, which the planner may find out as it likes."""
    if not isinstance(library.among, QuerySet):
        return Condition()
    wanted, values = _keys(library.among)
    return Condition(f"stored.{library.table.of} IN ({wanted})", values)


def each_within(library: Library) -> Condition:
    """The same, for a row after the other as the index gives them: `OFFSET 0` keeps the planner
    from a join of all of them."""
    if not isinstance(library.among, QuerySet):
        return Condition()
    wanted, values = _keys(library.among)
    found = f"SELECT FROM ({wanted}) AS wanted (key) WHERE key = stored.{library.table.of} OFFSET 0"
    return Condition(f"EXISTS ({found})", values)


def _keys(among: QuerySet[Any]) -> tuple[str, Sequence[Any]]:
    """
    Raises:
        EmptyResultSet: there are none.
    """
    sql, values = among.order_by().values("pk").query.sql_with_params()
    return sql, values


def nearest_sql(library: Library, condition: Condition, *, order: str) -> str:
    """In an `order` of `{}`, the distance: by anything but that alone, the planner does not take
    the HNSW index.

    Numbers are ours, so they can stand in it: a partial index is only used where the planner sees
    its condition. `OFFSET 0` has the text of a probe read once, and not again for each row that it
    is compared with.
    """
    of, distance = library.table.of, _distance(library)
    return f"""
        SELECT probe.number, near.{of}, near.cosine
        FROM {_probes(library)}
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


def as_near_sql(library: Library) -> str:
    """How much of the index's nearest is as near, and what of it is the owner's."""
    of, distance = library.table.of, _distance(library)
    return f"""
        SELECT count(*) FILTER (WHERE cosine >= %s),
            array_agg({of}) FILTER (WHERE cosine >= %s AND owner_id = %s)
        FROM {_probes(library)}
        CROSS JOIN LATERAL (
            SELECT stored.{of}, stored.owner_id, 1 - {distance} AS cosine
            FROM {library.table.name} AS stored
            WHERE stored.space_id = {int(library.space.pk)}
            ORDER BY {distance}
            LIMIT {AT_ONCE}
        ) AS near
        GROUP BY probe.number
    """  # noqa: S608  # as above


def _probes(library: Library) -> str:
    """Vectors, by their numbers from 1 on, of texts that are a value."""
    return f"""(
            SELECT number, written::{_kind(library)} AS vector
            FROM unnest(%s::text[]) WITH ORDINALITY AS given (written, number)
            OFFSET 0
        ) AS probe"""  # noqa: S608  # as above


def _distance(library: Library) -> str:
    return f"(stored.vector::{_kind(library)} <=> probe.vector)"


def _kind(library: Library) -> str:
    return f"halfvec({int(library.space.dimension)})"


def texts_of(probes: Array) -> str:
    """As PostgreSQL reads an array of texts, none of which has a quotation mark in it."""
    texts = ",".join(f'"{written(probe)}"' for probe in probes)
    return f"{{{texts}}}"


def values_of(
    library: Library, condition: Condition, probes: Array, read: int, limit: int
) -> list[Any]:
    """`limit` of those that are `read` are wanted: the index gives them in about their order."""
    return [texts_of(probes), library.owner.pk, *condition.values, read, limit]
