"""`manage.py write_sidecars`: the names of faces, beside the files of photos."""

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from faces.portability.sidecars import Outcome, write
from photos.models import Owner, Photo


class Command(BaseCommand):
    help = (
        "Write who is in the photos of a folder into XMP sidecars beside them, for other programs. "
        "Photos are known by their content, whatever they are called, and are not changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--owner", metavar="SUBJECT", required=True)
        parser.add_argument("--folder", type=Path, required=True, help="where the photos are")
        parser.add_argument("--photo", type=int, metavar="ID", help="this one alone")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be written")

    def handle(
        self, *, owner: str, folder: Path, photo: int | None, dry_run: bool, **options: Any
    ) -> None:
        row = Owner.objects.filter(subject=owner).first()
        if row is None:
            raise CommandError(f"There is no owner {owner!r}.")
        if not folder.is_dir():
            raise CommandError(f"--folder: {folder} is no folder.")
        chosen = Photo.objects.of(row)
        if photo is not None and not (chosen := chosen.filter(pk=photo)):
            raise CommandError(f"--photo: {owner} has no photo {photo}.")
        outcomes = Counter[Outcome]()
        for each in write(chosen, folder, dry_run=dry_run):
            outcomes[each.outcome] += 1
            if each.outcome in {Outcome.WRITTEN, Outcome.INVALID}:
                self.stdout.write(f"{each.path}: {each.outcome}{each.why and f' ({each.why})'}")
        self.stdout.write(", ".join(f"{outcomes[each]} {each}" for each in Outcome))
        if outcomes[Outcome.INVALID]:
            raise CommandError("Some sidecars can't be read: mend them, or put them aside.")
