"""`manage.py reference`: write the pages of docs/ that are made from the code."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from config.reference.pages import write


class Command(BaseCommand):
    help = (
        "Write the pages of docs/ that are made from the code: operations, commands, error codes, "
        "metrics, permissions. For developers, after a change. Needs a database: some metrics are "
        "known by asking it."
    )

    def handle(self, **options: Any) -> None:
        try:
            connection.ensure_connection()
        except OperationalError as exc:
            raise CommandError(f"There is no database; `make reference` starts one. {exc}") from exc
        for name in write():
            self.stdout.write(f"docs/{name}")
