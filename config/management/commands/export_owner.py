"""`manage.py export_owner`: all of an owner's, as an archive."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.keeping.owners.exporting import export_owner
from photos.models import Owner


class Command(BaseCommand):
    help = (
        "Write photos, faces with vectors, people, names, clusters, tags, texts, corrections and "
        "saved searches of an owner into a ZIP. `import_owner` reads it, elsewhere too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--owner", metavar="SUBJECT", required=True)
        parser.add_argument("--to", type=Path, required=True, help="the ZIP; must not be there yet")

    def handle(self, *, owner: str, to: Path, **_options: Any) -> None:
        row = Owner.objects.filter(subject=owner).first()
        if row is None:
            raise CommandError(f"There is no owner {owner!r}.")
        new = to.with_name(f".{to.name}.new")
        try:
            if to.exists():
                raise CommandError(f"--to: {to} is there already: choose another name.")
            with new.open("wb") as file:
                new.chmod(0o600)
                missing = export_owner(row, file)
            new.replace(to)
        except OSError as exc:
            raise CommandError(f"--to: {to} can't be written: {exc.strerror}.") from exc
        finally:
            new.unlink(missing_ok=True)
        self.stdout.write(f"Written: {to}; {missing} files were not there")
