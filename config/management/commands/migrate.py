"""Django's `migrate`, which says before it begins where there is no way back."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.management import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections
from django.db.migrations.exceptions import AmbiguityError
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration

Target = tuple[str, str | None]
# What can't be taken back once there are rows: (app, migration) -> why.
NO_WAY_BACK: Mapping[tuple[str, str], str] = {
    ("photos", "0004_analysis_without_space"): (
        "before it, what was done on a photo was kept with the space of one model of faces, which "
        "nobody knows of what was done since."
    ),
}
_HOW = "Restore a backup from before the upgrade, or begin with an empty database."


class Command(Migrate):
    """Refuses to go back where rows would be lost or stand in the way, and has changed nothing."""

    def handle(self, *args: Any, **options: Any) -> None:
        if options["app_label"] and options["migration_name"] and not options["prune"]:
            self._check(options["database"], options["app_label"], options["migration_name"])
        with _seldom_collecting():
            super().handle(*args, **options)

    def _check(self, database: str, app: str, name: str) -> None:
        executor = MigrationExecutor(connections[database])
        for step in _taken_back(executor, app, name):
            if why := NO_WAY_BACK.get((step.app_label, step.name)):
                raise CommandError(
                    f"There is no way back from {step.app_label}.{step.name}: {why} {_HOW} "
                    "Nothing was changed."
                )


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Garbage is looked for after more objects than usual.

    Each step draws the classes of all models anew, and these stay: on an empty database looking for
    garbage among them was a seventh of the time.
    """
    usual = gc.get_threshold()
    gc.set_threshold(100 * usual[0], *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _taken_back(executor: MigrationExecutor, app: str, name: str) -> list[Migration]:
    """The migrations that would be taken back; none, where Django knows no such one."""
    try:
        found = None if name == "zero" else executor.loader.get_migration_by_prefix(app, name)
    except (AmbiguityError, KeyError):
        return []
    target: Target = (app, found.name if found else None)
    return [step for step, backwards in executor.migration_plan([target]) if backwards]
