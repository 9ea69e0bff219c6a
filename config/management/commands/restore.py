"""`manage.py restore FOLDER`: everything as a backup has it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.keeping import backup, restore
from config.keeping.backup import Snapshot
from config.keeping.errors import KeepingError
from jobs.management.bars import bar
from photos.errors import StoreUnavailable


class Command(BaseCommand):
    help = (
        "Have the database and all files as a backup has them, and nobody back who was erased "
        "since. Stop the service first. What was stopped is run again."
    )
    requires_migrations_checks = False
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="as `backup` was given it")
        parser.add_argument("--snapshot", metavar="MOMENT", help="default: the newest")
        parser.add_argument(
            "--replace", action="store_true", help="what is in the database now may be lost"
        )

    def handle(self, *, folder: Path, snapshot: str | None, replace: bool, **_options: Any) -> None:
        chosen = _chosen(folder, snapshot)
        try:
            with bar("files") as tell:
                done = restore.restore(chosen, replace=replace, tell=tell)
        except (KeepingError, StoreUnavailable) as exc:
            raise CommandError(str(exc)) from exc
        except OSError as exc:
            raise CommandError(f"{exc.filename or folder}: {exc.strerror}.") from exc
        self.stdout.write(
            f"Restored: {chosen.path} ({done.files} files). "
            f"Erased once more: {done.erased}. Now see that all is whole: manage.py audit"
        )


def _chosen(folder: Path, name: str | None) -> Snapshot:
    there = backup.snapshots(folder)
    found = [each for each in there if name in {None, each.name}]
    if not found:
        known = ", ".join(each.name for each in there) or "none"
        raise CommandError(f"There is no such backup in {folder}; there are: {known}.")
    return found[-1]
