"""`manage.py import_people`: names from another library go to the same faces of the same photos."""

import json as json_
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from faces.errors import FaceError
from faces.portability.document import read
from faces.portability.importing import Imported, import_people
from photos.models import Owner


class Command(BaseCommand):
    help = (
        "Read what `export_people` has written. What was said here goes before what is read. "
        "All of it is one edit, which can be undone; doing it twice changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--owner", metavar="SUBJECT", required=True)
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")
        parser.add_argument("--json", action="store_true", help="say it as JSON")

    def handle(self, *, file: Path, owner: str, dry_run: bool, json: bool, **options: Any) -> None:
        row = Owner.objects.filter(subject=owner).first()
        if row is None:
            raise CommandError(f"There is no owner {owner!r}.")
        try:
            with file.open("rb") as document:
                report = import_people(row, read(document), dry_run=dry_run)
        except OSError as exc:
            raise CommandError(f"{file}: {exc.strerror}.") from exc
        except FaceError as exc:
            raise CommandError(str(exc)) from exc
        self._show(report, as_json=json)

    def _show(self, report: Imported, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json_.dumps(asdict(report)))
            return
        for conflict in report.conflicts:
            self.stdout.write(conflict)
        if left := report.conflict_count - len(report.conflicts):
            self.stdout.write(f"... and {left} more conflicts")
        self.stdout.write(
            f"{report.people_created} people made, {report.people_known} known; "
            f"{report.faces_given} faces given, {report.faces_known} known; "
            f"{report.photos_missing} photos and {report.faces_missing} faces are not here; "
            f"{report.rejections} rejections, {report.pairs} pairs."
        )
        if report.edit:
            self.stdout.write(f"It is edit {report.edit}, by which it can be undone.")
