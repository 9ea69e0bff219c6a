"""Tells what was noted of changes and exports, and forgets what is old."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import audit
from config.models import AuditEntry

_SHOWN = 100


class Command(BaseCommand):
    help = "Print the newest entries of the audit log as lines of JSON, or prune it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=int, default=_SHOWN, help="entries that are printed")
        parser.add_argument(
            "--prune-days", type=float, help="delete what is older; nothing is printed then"
        )

    def handle(self, *, limit: int, prune_days: float | None, **_options: Any) -> None:
        if prune_days is not None:
            if prune_days < 0:
                raise CommandError("--prune-days: give a number of days, 0 or more.")
            self.stdout.write(f"Deleted: {audit.prune(prune_days)}")
            return
        if limit < 1:
            raise CommandError("--limit: give 1 or more.")
        for entry in reversed(AuditEntry.objects.order_by("-pk")[:limit].values()):
            self.stdout.write(json.dumps(entry, default=str))
