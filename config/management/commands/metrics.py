"""`manage.py metrics`: what Prometheus would read."""

from typing import Any

from django.core.management.base import BaseCommand

from config.monitoring import exposition


class Command(BaseCommand):
    help = "Show what Prometheus would read."

    def handle(self, **options: Any) -> None:
        self.stdout.write(exposition.text().decode())
