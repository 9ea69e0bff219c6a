"""What a migration may not do while workers of the release before are still running.

Our own rather than a library: those that there are ask a database for the SQL of each migration,
and know neither `db_default` nor our reasons.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations
from django.db.migrations.migration import Migration
from django.db.models.fields import NOT_PROVIDED

_RENAMES = (migrations.RenameField, migrations.RenameModel, migrations.AlterModelTable)
_CONCURRENT = (AddIndexConcurrently, RemoveIndexConcurrently)


def broken(migration: Migration) -> list[str]:
    """The rules that `migration` breaks, each in a few words."""
    tables = [each for each in migration.operations if isinstance(each, migrations.CreateModel)]
    made = {each.name.lower() for each in tables}
    found = [word for each in migration.operations for word in _broken(each, made)]
    if migration.atomic and any(isinstance(each, _CONCURRENT) for each in migration.operations):
        found.append("an index is built concurrently in a transaction")
    return found + list(_mixed(migration.operations))


def _broken(operation: Any, made: set[str]) -> Iterator[str]:
    """`made`: tables that are new, which nobody uses yet."""
    table = str(getattr(operation, "model_name", "")).lower()
    match operation:
        case migrations.AddField() if table not in made:
            yield from _broken_by_field(operation)
        case migrations.AddIndex() | migrations.RemoveIndex() if table not in made:
            if not isinstance(operation, _CONCURRENT):
                yield f"{table}: an index locks out who writes: build it concurrently"
        case migrations.AddConstraint() if table not in made:
            yield f"{table}: a constraint is looked at for all rows: add it as not valid first"
        case migrations.RemoveField() | migrations.DeleteModel():
            yield f"{table or getattr(operation, 'name', '')}: the release before still reads it"
        case migrations.RunPython() | migrations.RunSQL() if not operation.reversible:
            yield "it can't be taken back"
    if isinstance(operation, _RENAMES):
        yield "the release before does not know the new name"


def _broken_by_field(operation: migrations.AddField) -> Iterator[str]:
    field: Any = operation.field
    where = f"{operation.model_name}.{operation.name}"
    if not field.null and field.db_default is NOT_PROVIDED and not field.many_to_many:
        yield f"{where}: the release before adds rows without it: give it a db_default, or null"
    if field.unique or (field.db_index and field.remote_field is None):
        yield f"{where}: its index locks out who writes: add it later, concurrently"


def _mixed(operations: Iterable[Any]) -> Iterator[str]:
    """Data and tables change in migrations of their own: one would hold the other's locks."""
    kinds = {isinstance(each, migrations.RunPython) for each in operations}
    if len(kinds) > 1:
        yield "data and tables change in one transaction"


def since(before: Mapping[str, str], known: Mapping[tuple[str, str], Migration]) -> list[Migration]:
    """Those of our apps that came after `before`: the last one of each app in a release."""
    return [
        migration
        for (app, name), migration in sorted(known.items())
        if app in before and name > before[app]
    ]
