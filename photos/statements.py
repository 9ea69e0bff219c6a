"""What our own statements want beyond Django: to be planned once, to give rows of joined tables."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Self

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, models


@contextmanager
def prepared() -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
    """A cursor whose statements PostgreSQL parses and plans once for each connection.

    For those that each photo costs: it halves what they take. The text of a statement must not
    vary with its values, which the server binds.
    """
    database = connections[DEFAULT_DB_ALIAS]  # once: `connection` looks it up for each word
    database.validate_no_broken_transaction()
    database.ensure_connection()
    kind = _Logged if database.queries_logged else psycopg.Cursor
    with database.wrap_database_errors, kind(database.connection) as cursor:
        database.connection.prepare_threshold = 0  # Django's own cursors never prepare
        yield cursor


class _Logged(psycopg.Cursor[tuple[Any, ...]]):
    """One whose statements are in `connection.queries`, as those of Django's cursors are."""

    def execute(self, query: Any, *args: Any, **options: Any) -> Self:
        connection.queries_log.append({"sql": str(query), "time": ""})
        return super().execute(query, *args, **options)


class Joined:
    """Tables, by their names in a statement that gives rows of them side by side.

    without: fields, of whichever of the tables, that are left out. Who asks for one has it read.
    """

    def __init__(self, *, without: Collection[str] = (), **tables: type[models.Model]) -> None:
        self._without, self._tables = without, tables

    @property
    def columns(self) -> str:
        """What to select."""
        return ", ".join(
            f'{name}."{field.column}"'
            for name, model in self._tables.items()
            for field in self._fields(model)
        )

    def read(self, row: tuple[Any, ...]) -> list[Any]:
        """One object of each table, from a row of `columns`."""
        objects, first = [], 0
        for model, names, converters in self._models:
            values = list(row[first : first + len(names)])
            for place, convert in converters:
                values[place] = convert(values[place], None, connection)
            objects.append(model.from_db(DEFAULT_DB_ALIAS, names, values))
            first += len(names)
        return objects

    @cached_property
    def _models(self) -> list[tuple[type[models.Model], list[str], list[tuple[int, Any]]]]:
        """Each with its columns, and those that are not as the database has them."""
        return [
            (model, [each.attname for each in fields], _converters(fields))
            for model in self._tables.values()
            for fields in [self._fields(model)]
        ]

    def _fields(self, model: type[models.Model]) -> list[Any]:
        fields = model._meta.concrete_fields  # noqa: SLF001  # Django documents it
        return [field for field in fields if field.name not in self._without]


def _converters(fields: list[Any]) -> list[tuple[int, Any]]:
    return [
        (place, field.from_db_value)
        for place, field in enumerate(fields)
        if hasattr(field, "from_db_value")
    ]
