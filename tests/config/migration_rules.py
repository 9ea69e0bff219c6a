"""What a migration may not do while workers of the release before are still running.

Our own rather than a library: those that there are ask a database for the SQL of each migration,
and know neither `db_default` nor our reasons.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.apps.registry import Apps
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
)
from django.db import migrations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.state import ProjectState
from django.db.models.fields import NOT_PROVIDED

# The release before, by the last migration of each app; those above come first on the way back.
# docs/upgrades.md has the same. When there is a new release, this becomes the one before that.
BEFORE = {
    "jobs": "0012_kind_of_duplicates",
    "search": "0008_searched_space",
    "faces": "0010_edit_reason",
    "photos": "0012_place_with_date",
    "config": "zero",
}
_RENAMES = (migrations.RenameField, migrations.RenameModel, migrations.AlterModelTable)
_TOGETHER = (migrations.AlterUniqueTogether, migrations.AlterIndexTogether)
_CONCURRENT = (AddIndexConcurrently, RemoveIndexConcurrently)
_BUILT = "its index locks out who writes"
# In SQL: what may lie behind it is as with the operations of Django.
_SQL = {
    r"\bDROP\s+(COLUMN|TABLE)\b": "the release before still reads it",
    r"\bRENAME\b": "the release before does not know the new name",
    r"\b(CREATE(\s+UNIQUE)?|DROP)\s+INDEX\s+(?!CONCURRENTLY\b)": _BUILT,
    r"\bSET\s+NOT\s+NULL\b": "all rows are looked at while nobody writes",
    r"\bALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE\b": "the table is written anew",
    r"\bADD\s+CONSTRAINT\b(?![^;]*\bNOT\s+VALID\b)": "a constraint is looked at for all rows",
}
# Of a field: what has rules of its own, or is no matter of the database's.
_APART = frozenset({"db_index", "unique", "null", "default", "db_default"})


def broken(migration: Migration, before: ProjectState) -> list[str]:
    """The rules that `migration` breaks, each in a few words. `before`: tables as it finds them."""
    operations = list(_flat(migration.operations))
    made = {each.name.lower() for each in operations if isinstance(each, migrations.CreateModel)}
    steps = _steps(migration.operations, migration.app_label, before.clone())
    found = [word for each, state in steps for word in _broken(each, state, made)]
    if migration.atomic and any(isinstance(each, _CONCURRENT) for each in operations):
        found.append("an index is built concurrently in a transaction")
    return found + list(_mixed(operations))


def _flat(operations: Iterable[Any]) -> Iterator[Any]:
    """What the database is to do."""
    for each in operations:
        if isinstance(each, migrations.SeparateDatabaseAndState):
            yield from _flat(each.database_operations)
        else:
            yield each


def _steps(
    operations: Iterable[Any], app: str, state: ProjectState
) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """The same, each with the models by their names as they are until then. Changes `state`."""
    for each in operations:
        if isinstance(each, migrations.SeparateDatabaseAndState):
            yield from _steps(each.database_operations, app, state.clone())
        else:
            yield each, {name: model for (of, name), model in state.models.items() if of == app}
        each.state_forwards(app, state)


def _broken(operation: Any, models: Mapping[str, Any], made: set[str]) -> Iterator[str]:
    """`made`: tables that are new, which nobody uses yet."""
    table = str(getattr(operation, "model_name", getattr(operation, "name", ""))).lower()
    match operation:
        case migrations.RunPython() | migrations.RunSQL():
            yield from _broken_by_code(operation)
        case migrations.RemoveField() | migrations.DeleteModel():
            yield f"{table}: the release before still reads it"
        case _ if isinstance(operation, _RENAMES):
            yield "the release before does not know the new name"
        case _ if table not in made:
            yield from _broken_by_change(operation, table, models)


def _broken_by_code(operation: Any) -> Iterator[str]:
    if not operation.reversible:
        yield "it can't be taken back"
    if isinstance(operation, migrations.RunSQL):
        sql = _text(operation.sql)
        yield from (why for what, why in _SQL.items() if re.search(what, sql, re.IGNORECASE))


def _text(sql: Any) -> str:
    """What RunSQL runs: a text, or a list of texts and of texts with their values."""
    if isinstance(sql, str):
        return sql
    return ";".join(each if isinstance(each, str) else each[0] for each in sql)


def _broken_by_change(operation: Any, table: str, models: Mapping[str, Any]) -> Iterator[str]:
    """Of a table that others use meanwhile."""
    where = f"{table}.{getattr(operation, 'name', '')}"
    match operation:
        case migrations.AddField():
            yield from _broken_by_field(where, operation.field)
        case migrations.AlterField():
            old = models[table].fields[operation.name]
            yield from _broken_by_altering(where, old, operation.field)
        case migrations.AddIndex() | migrations.RemoveIndex():
            if not isinstance(operation, _CONCURRENT):
                yield f"{table}: {_BUILT}: build it concurrently"
        case migrations.AddConstraint() if not isinstance(operation, AddConstraintNotValid):
            yield f"{table}: a constraint is looked at for all rows: add it as not valid first"
        case _ if isinstance(operation, _TOGETHER):
            yield f"{table}: {_BUILT}: build it concurrently, and take it over"


def _broken_by_field(where: str, field: Any) -> Iterator[str]:
    if not field.null and field.db_default is NOT_PROVIDED and not field.many_to_many:
        yield f"{where}: the release before adds rows without it: give it a db_default, or null"
    if _is_indexed(field):
        yield f"{where}: {_BUILT}: add it later, concurrently"
    if getattr(field, "db_constraint", False) and not field.many_to_many:
        yield f"{where}: its constraint locks both tables: add it later, as not valid first"


def _broken_by_altering(where: str, old: Any, new: Any) -> Iterator[str]:
    if old.null and not new.null:
        yield f"{where}: all rows are looked at, and the release before may leave it empty"
    if _is_indexed(old) != _is_indexed(new):
        yield f"{where}: {_BUILT}: change it concurrently"
    if _column(old) != _column(new):
        yield f"{where}: the table may be written anew: add another column"


def _is_indexed(field: Any) -> bool:
    return bool(field.unique or field.db_index) and not field.many_to_many


def _column(field: Any) -> Any:
    """What the database knows of a field, but for what has rules of its own."""
    _, kind, positional, named = field.deconstruct()
    unknown = _APART.union(field.non_db_attrs) - {"db_column"}
    return kind, positional, {name: value for name, value in named.items() if name not in unknown}


def _mixed(operations: Iterable[Any]) -> Iterator[str]:
    """Data and tables change in migrations of their own: one would hold the other's locks."""
    kinds = {isinstance(each, migrations.RunPython) for each in operations}
    if len(kinds) > 1:
        yield "data and tables change in one transaction"


def since(before: Mapping[str, str], known: Mapping[tuple[str, str], Migration]) -> list[Migration]:
    """Those of our apps that came after `before`: the last one of each app in a release."""
    last = {app: "" if name == "zero" else name for app, name in before.items()}
    return [
        migration
        for (app, name), migration in sorted(known.items())
        if app in last and name > last[app]
    ]


def targets(before: Mapping[str, str]) -> list[tuple[str, str | None]]:
    """`before` as an executor of migrations takes it."""
    return [(app, None if name == "zero" else name) for app, name in before.items()]


def release(before: Mapping[str, str], loader: MigrationLoader) -> Apps:
    """The models of the release whose last migrations are `before`, as its own code sees them."""
    last = [(app, name) for app, name in targets(before) if name]
    return loader.project_state(last).apps
