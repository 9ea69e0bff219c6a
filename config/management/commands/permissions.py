"""`manage.py permissions`: write docs/permissions.md."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.access.listing import as_markdown

FILE = Path(settings.BASE_DIR) / "docs" / "permissions.md"


class Command(BaseCommand):
    help = "Write the table of permissions into docs/permissions.md, as the service reads it."

    def handle(self, **options: Any) -> None:
        FILE.write_text(as_markdown(), "utf-8")
        self.stdout.write(f"Written: {FILE}")
