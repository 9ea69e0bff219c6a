"""`manage.py rollback_matcher`: compare faces by what they were compared by before."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs import training
from photos.errors import ServingError


class Command(BaseCommand):
    help = (
        "Compare faces by what they were compared by before the active head: the head before it, "
        "or the embedder alone. Names stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one line of JSON")

    def handle(self, *, json: bool, **options: Any) -> None:
        try:
            done = training.roll_back()
        except ServingError as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(_told(done, as_json=json))


def _told(done: training.RolledBack, *, as_json: bool) -> str:
    if as_json:
        return json.dumps(asdict(done))
    by = done.active or "the embedder alone"
    return f"Faces are compared by {by}; {done.photos} photo(s) are looked at again."
