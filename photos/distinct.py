"""The values that an indexed column has: one step a value, however many rows there are."""

from typing import Any

from django.db import connection, models

from photos.models import Analysis, Owner, Photo

# Each value is the first one in the index after the value before it: PostgreSQL has no plan for
# DISTINCT that leaves out the rows between. Source: "Loose indexscan" in the PostgreSQL wiki.
_STEPS = """
    WITH RECURSIVE seen(value) AS (
        (SELECT {column} FROM {table} WHERE {which} ORDER BY {column} USING {less} LIMIT 1)
        UNION ALL
        SELECT (
            SELECT {column} FROM {table} WHERE {which} AND {column} {more} seen.value
            ORDER BY {column} USING {less} LIMIT 1
        ) FROM seen WHERE seen.value IS NOT NULL
    )
    SELECT value FROM seen WHERE value IS NOT NULL LIMIT %(limit)s
"""


def values(model: type[models.Model], field: str, *, limit: int) -> list[str]:
    """The first `limit` values of a field that begins an index, sorted. One query."""
    return _steps(model, field, "true", limit)


def recipes(operation: str, *, limit: int) -> list[str]:
    """The first `limit` recipes by which `operation` was ever done, sorted. One query."""
    which = "operation = %(of)s"
    return _steps(Analysis, "recipe", which, limit, of=operation, ends="~")  # varchar_pattern_ops


def places(owner: Owner, *, limit: int) -> list[int]:
    """The first `limit` places that photos of `owner` were taken at, by their keys. One query."""
    which = "owner_id = %(of)s AND place_id IS NOT NULL"
    return _steps(Photo, "place_id", which, limit, of=owner.pk)


def _steps(
    model: type[models.Model],
    column: str,
    which: str,
    limit: int,
    *,
    of: str | int | None = None,
    ends: str = "",
) -> list[Any]:
    """`of`: a value in `which`. `ends`: what the names of the index's operators begin and end
    with."""
    query = _STEPS.format(
        column=column,
        table=model._meta.db_table,  # noqa: SLF001  # public in Django, whatever its name
        which=which,
        less=f"{ends}<{ends}",
        more=f"{ends}>{ends}",
    )
    with connection.cursor() as cursor:
        cursor.execute(query, {"limit": limit, "of": of})
        return [value for (value,) in cursor.fetchall()]
