"""Databases of a test's own, and all that is in them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection

_DJANGOS = ("auth_", "django_")  # tables that Django fills anew after each migration

Rows = dict[str, dict[str, dict[str, Any]]]  # table -> key -> column -> value


@contextmanager
def database_of_our_own(*, with_tables: bool) -> Iterator[None]:
    """What the default connection leads to meanwhile: one without rows, and perhaps tables."""
    ours = str(connection.settings_dict["NAME"])
    own, like = f"{ours}_upgraded", ours if with_tables else "template0"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{own}" TEMPLATE "{like}"')
    connection.close()
    connection.settings_dict["NAME"] = own
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = ours
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{own}" WITH (FORCE)')
        connection.close()


def rows() -> Rows:
    """All that is in our own tables."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        ours = [name for name in names if not name.startswith(_DJANGOS)]
        found: Rows = {}
        for table in ours:
            key = connection.introspection.get_primary_key_column(cursor, table)
            cursor.execute(f'SELECT "{key}"::text, to_jsonb(one) FROM "{table}" AS one')  # noqa: S608  # our own tables
            found[table] = {key: json.loads(row) for key, row in cursor.fetchall()}
    return found


def changed(was: Rows, now: Rows) -> list[str]:
    """Tables of `was` that are gone, or have other rows, as far as their columns were there."""
    return [name for name, rows in was.items() if name not in now or _cut(now[name], rows) != rows]


def _cut(table: Mapping[str, Mapping[str, Any]], like: Mapping[str, Mapping[str, Any]]) -> Any:
    """The rows of `table`, with the columns alone that those of `like` have."""
    columns = set(next(iter(like.values()), {}))
    return {key: {each: row[each] for each in columns & row.keys()} for key, row in table.items()}
