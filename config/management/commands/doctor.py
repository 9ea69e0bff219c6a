"""`manage.py doctor`: what is wrong, and how to mend it."""

import json
from collections import Counter
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.monitoring.checks.findings import Finding, Level
from config.monitoring.looking import ALL

_SIGNS = {Level.FINE: "ok   ", Level.WARNING: "look ", Level.WRONG: "WRONG"}


class Command(BaseCommand):
    help = (
        "Say in plain words what is wrong, and how to mend it. Ends with 1 where photos are not "
        "processed, or somebody may get in who should not; with --strict also where somebody "
        "should look."
    )
    requires_system_checks = ()  # some look at the database, which may be what is wrong

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument("--strict", action="store_true", help="warnings count as well")

    def handle(self, *, strict: bool, **options: Any) -> None:
        found = [check() for check in ALL]
        if options["json"]:
            self.stdout.write(json.dumps([asdict(each) for each in found], indent=2))
        else:
            for each in found:
                self._say(each)
        counts = Counter(each.level for each in found)
        if counts[Level.WRONG] or (strict and counts[Level.WARNING]):
            raise CommandError(
                f"{counts[Level.WRONG]} wrong, {counts[Level.WARNING]} to be looked at.",
                returncode=1,
            )

    def _say(self, each: Finding) -> None:
        self.stdout.write(f"{_SIGNS[each.level]} {each.name}: {each.says}")
        if each.mend:
            self.stdout.write(f"      {each.mend}")
