"""The values that an indexed column has: one step a value, however many rows there are."""

from typing import Any

from django.db import connection, models
from psycopg.sql import SQL, Composable, Identifier, Literal

from photos.models import Analysis, Owner, Photo

# Each value is the first one in the index after the value before it: PostgreSQL has no plan for
# DISTINCT that leaves out the rows between. Source: "Loose indexscan" in the PostgreSQL wiki.
_STEPS = SQL("""
    WITH RECURSIVE seen(value) AS (
        (SELECT {column} FROM {table} WHERE {which} ORDER BY {column} USING {less} LIMIT 1)
        UNION ALL
        SELECT (
            SELECT {column} FROM {table} WHERE {which} AND {column} {more} seen.value
            ORDER BY {column} USING {less} LIMIT 1
        ) FROM seen WHERE seen.value IS NOT NULL
    )
    SELECT value FROM seen WHERE value IS NOT NULL LIMIT {limit}
""")


def values(model: type[models.Model], field: str, *, limit: int) -> list[str]:
    """The first `limit` values of a field that begins an index, sorted. One query."""
    return _steps(model, field, SQL("true"), "", limit)


def recipes(operation: str, *, limit: int) -> list[str]:
    """The first `limit` recipes by which `operation` was ever done, sorted. One query."""
    which = SQL("operation = {}").format(Literal(operation))
    return _steps(Analysis, "recipe", which, "~", limit)  # as its index, varchar_pattern_ops


def places(owner: Owner, *, limit: int) -> list[int]:
    """The first `limit` places that photos of `owner` were taken at, by their keys. One query."""
    which = SQL("owner_id = {} AND place_id IS NOT NULL").format(Literal(owner.pk))
    return _steps(Photo, "place_id", which, "", limit)


def _steps(
    model: type[models.Model], field: str, which: Composable, ends: str, limit: int
) -> list[Any]:
    """`ends`: what the names of the index's operators begin and end with."""
    query = _STEPS.format(
        column=Identifier(field),
        table=Identifier(model._meta.db_table),  # noqa: SLF001  # public in Django, whatever its name
        which=which,
        less=SQL(f"{ends}<{ends}"),
        more=SQL(f"{ends}>{ends}"),
        limit=Literal(limit),
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [value for (value,) in cursor.fetchall()]
