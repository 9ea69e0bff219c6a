"""`manage.py backup FOLDER`: everything, while the service runs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.keeping import backup
from config.keeping.errors import KeepingError
from jobs.management.bars import bar


class Command(BaseCommand):
    help = (
        "Write a backup of the database and all files into a folder, where older ones may be: only "
        "what is new is copied. The service may run meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--keep", type=int, metavar="N", help="delete all but the newest N when it is done"
        )
        parser.add_argument(
            "--verify", action="store_true", help="only read the newest one there, all of it"
        )

    def handle(self, *, folder: Path, keep: int | None, verify: bool, **_options: Any) -> None:
        if keep is not None and keep < 1:
            raise CommandError("--keep: give 1 or more.")
        try:
            if verify:
                self._verify(folder)
            else:
                self._back_up(folder, keep)
        except KeepingError as exc:
            raise CommandError(str(exc)) from exc
        except OSError as exc:
            raise CommandError(f"{exc.filename or folder}: {exc.strerror}.") from exc

    def _verify(self, folder: Path) -> None:
        there = backup.snapshots(folder)
        if not there:
            raise CommandError(f"There is no backup in {folder}.")
        with bar("reading") as tell:
            backup.verify(there[-1], tell)
        self.stdout.write(f"{there[-1].path} is what was written.")

    def _back_up(self, folder: Path, keep: int | None) -> None:
        with bar("files") as tell:
            snapshot = backup.back_up(folder, tell)
        files = snapshot.about["files"]
        self.stdout.write(
            f"Written: {snapshot.path} ({files['count']} files, {files['bytes']} bytes)"
        )
        if keep is not None:
            self.stdout.write(f"Old ones deleted: {backup.thin_out(folder, keep)}")
