"""`manage.py disclose_person`: all that is known of somebody, for them to read."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from faces.models import Person
from jobs.disclosure import disclose


class Command(BaseCommand):
    help = "Write all that is known of a person into a ZIP: a page to read, JSON, and pictures."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("person", type=int, help="the person's id")
        parser.add_argument("--to", type=Path, required=True, help="the ZIP; must not be there yet")

    def handle(self, *, person: int, to: Path, **_options: Any) -> None:
        row = Person.objects.select_related("owner").filter(pk=person).first()
        if row is None:
            raise CommandError(f"There is no person {person}.")
        try:
            with to.open("xb") as file:
                disclose(row, file)
        except FileExistsError as exc:
            raise CommandError(f"--to: {to} is there already: choose another name.") from exc
        except OSError as exc:
            raise CommandError(f"--to: {to} can't be written: {exc.strerror}.") from exc
        self.stdout.write(f"Written: {to}")
