"""`manage.py metrics`: what Prometheus would read, and the table of the document."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.monitoring import document, exposition


class Command(BaseCommand):
    help = "Show what Prometheus would read. --document writes the table of docs/monitoring.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--document", action="store_true", help="write the table of all metrics"
        )

    def handle(self, **options: Any) -> None:
        if options["document"]:
            document.FILE.write_text(document.as_markdown(), "utf-8")
        else:
            self.stdout.write(exposition.text().decode())
