"""`manage.py export_people`: who is in which photo, as a document."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from faces.portability.exporting import export
from photos.models import Owner


class Command(BaseCommand):
    help = (
        "Write the people of an owner, their faces, and what was said against it, as JSON. "
        "`import_people` reads it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--owner", metavar="SUBJECT", required=True)
        parser.add_argument("--to", type=Path, metavar="FILE", help="instead of showing it")

    def handle(self, *, owner: str, to: Path | None, **options: Any) -> None:
        row = Owner.objects.filter(subject=owner).first()
        if row is None:
            raise CommandError(f"There is no owner {owner!r}.")
        if to is None:
            self.stdout.ending = ""  # it has line ends of its own
            export(row, self.stdout)  # type: ignore[arg-type]  # it can be written to
            return
        new = to.with_name(f".{to.name}.new")
        try:
            with new.open("w", encoding="utf-8") as file:
                new.chmod(0o600)
                export(row, file)
            new.replace(to)
        except OSError as exc:
            raise CommandError(f"{to}: {exc.strerror}.") from exc
        finally:
            new.unlink(missing_ok=True)
