"""`manage.py import_people`: names from another library go to the same faces of the same photos."""

import json as json_
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from faces.errors import FaceError
from faces.portability import elsewhere
from faces.portability.document import Document, read
from faces.portability.importing import Imported, import_people
from photos.models import Owner

OURS = "kindred"


class Command(BaseCommand):
    help = (
        "Read what `export_people` has written, or what another program says of the same photos "
        "(docs/portability.md). What was said here goes before what is read. "
        "All of it is one edit, which can be undone; doing it twice changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="+")
        parser.add_argument(
            "--from",
            dest="program",
            choices=[OURS, *elsewhere.PROGRAMS],
            default=OURS,
            help="whose files they are (default: %(default)s)",
        )
        parser.add_argument("--owner", metavar="SUBJECT", required=True)
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")
        parser.add_argument("--json", action="store_true", help="say it as JSON")

    def handle(
        self,
        *,
        file: list[Path],
        program: str,
        owner: str,
        dry_run: bool,
        json: bool,
        **options: Any,
    ) -> None:
        row = Owner.objects.filter(subject=owner).first()
        if row is None:
            raise CommandError(f"There is no owner {owner!r}.")
        try:
            report = import_people(row, _document(row, file, program), dry_run=dry_run)
        except OSError as exc:
            raise CommandError(f"{exc.filename}: {exc.strerror}.") from exc
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


def _document(owner: Owner, files: list[Path], program: str) -> Document:
    with ExitStack() as stack:
        opened = [stack.enter_context(file.open("rb")) for file in files]
        if program == OURS:
            if len(opened) > 1:
                raise CommandError("Give one document: each is an import of its own.")
            return read(opened[0])
        named = elsewhere.read(program, opened)
        return elsewhere.document(named, elsewhere.digests(owner))
