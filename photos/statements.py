"""What our own statements want beyond Django: to be planned once, to give rows of joined tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection, models


@contextmanager
def prepared() -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
    """A cursor whose statements PostgreSQL parses and plans once for each connection.

    For those that each photo costs: it halves what they take. The text of a statement must not
    vary with its values, which the server binds.
    """
    connection.validate_no_broken_transaction()
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        connection.connection.prepare_threshold = 0  # Django's own cursors never prepare
        yield cursor


class Joined:
    """Tables, by their names in a statement that gives whole rows of them side by side."""

    def __init__(self, **tables: type[models.Model]) -> None:
        self._tables = tables

    @property
    def columns(self) -> str:
        """What to select."""
        return ", ".join(
            f'{name}."{field.column}"'
            for name, model in self._tables.items()
            for field in _fields(model)
        )

    def read(self, row: tuple[Any, ...]) -> list[Any]:
        """One object of each table, from a row of `columns`."""
        values = iter(row)
        return [_read(model, values) for model in self._tables.values()]


def _read(model: type[models.Model], values: Iterator[Any]) -> models.Model:
    fields = _fields(model)
    converted = [_converted(field, next(values)) for field in fields]
    return model.from_db(connection.alias, [field.attname for field in fields], converted)


def _converted(field: Any, value: Any) -> Any:
    convert = getattr(field, "from_db_value", None)
    return convert(value, None, connection) if convert else value


def _fields(model: type[models.Model]) -> tuple[Any, ...]:
    return tuple(model._meta.concrete_fields)  # noqa: SLF001  # Django documents it
