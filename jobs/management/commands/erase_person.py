"""`manage.py erase_person`: delete somebody for good, and show what is left of them: nothing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rest_framework.renderers import JSONRenderer

from faces.errors import PersonMissing
from faces.models import Erasure, Person
from jobs.erasure import erase
from jobs.serializers.people import ErasureSerializer


class Command(BaseCommand):
    help = (
        "Erase a person: the name, the faces with vectors and pictures, and what jobs, events and "
        "edits say of them. That can't be undone. Prints the receipt."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("person", type=int, help="the person's id")
        parser.add_argument("--confirm", metavar="NAME", required=True, help="the person's name")
        parser.add_argument("--json", action="store_true", help="the receipt as JSON")

    def handle(self, *, person: int, confirm: str, json: bool, **options: Any) -> None:
        row = Person.objects.select_related("owner").filter(pk=person).first()
        if row is None:
            raise CommandError(f"There is no person {person}.")
        if row.name != confirm:
            raise CommandError(f"--confirm: person {person} is not called {confirm!r}.")
        try:
            self._show(erase(row.owner, row.pk), as_json=json)
        except PersonMissing as exc:
            raise CommandError(str(exc)) from exc

    def _show(self, erasure: Erasure, *, as_json: bool) -> None:
        receipt = ErasureSerializer(erasure).data
        if as_json:
            self.stdout.write(JSONRenderer().render(receipt).decode())
            return
        for name, value in receipt.items():
            self.stdout.write(f"{name}: {value}")
