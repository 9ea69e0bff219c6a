"""`manage.py audit`: whether all is whole. (`audit_log` tells who did what.)"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.keeping import audit
from config.keeping.audit import Found


class Command(BaseCommand):
    help = (
        "Look whether rows, files, counts and vectors fit each other; --fix mends what can be made "
        "anew. What is left is told with what to do, and the exit code is 1. "
        "(Who did what: audit_log.)"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fix", action="store_true", help="mend what is safe to mend")
        parser.add_argument(
            "--quick", action="store_true", help="do not read every original to compare its digest"
        )
        parser.add_argument("--json", action="store_true", help="as JSON, with all counts of rows")

    def handle(self, *, fix: bool, quick: bool, json: bool, **_options: Any) -> None:
        every = []
        for found in audit.audit(fix=fix, quick=quick):
            every.append(found)
            if not json:
                self.stdout.write(_words(found, fix=fix))
        if json:
            self.stdout.write(_as_json(every))
        if left := sum(each.left for each in every):
            raise CommandError(
                f"{left} could not be mended." if fix else f"{left} found: --fix mends what it can."
            )


def _words(found: Found, *, fix: bool) -> str:
    if not found.found:
        return f"{found.name}: all right"
    lines = [f"{found.name}: {found.found} {found.says}"]
    if fix:
        lines.append(f"  mended: {found.mended}")
    if found.left:
        lines += [f"  such as {', '.join(found.examples)}", f"  {found.otherwise}"]
    return "\n".join(lines)


def _as_json(every: list[Found]) -> str:
    told = {
        each.name: {
            "found": each.found,
            "mended": each.mended,
            "left": each.left,
            "examples": each.examples if each.left else [],
        }
        for each in every
    }
    whole = not any(each.left for each in every)
    return json.dumps({"whole": whole, "checks": told, "rows": audit.totals()}, indent=1)
