"""`manage.py retention WHAT`: how long owners keep what they have, and letting go of the rest."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.forms.models import model_to_dict

from config.keeping import retention
from config.keeping.retention import RULES, Applied
from config.models import Retention
from photos.models import Owner

_WORDS = {
    "photos": "photos, since they came here, with all that was found in them",
    "unnamed_faces": "faces of nobody who has a name, since they were found",
    "searches": "notes of searches",
    "reads": "entries of the audit log",
}


class Command(BaseCommand):
    help = "Say how long owners keep what, and let go of what is older. Off until it is set."

    def add_arguments(self, parser: CommandParser) -> None:
        whats = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
        whats.add_parser("show", help="the rules of all owners")
        setting = whats.add_parser("set", help="the rules of one owner")
        setting.add_argument("--owner", metavar="SUBJECT", required=True)
        for name in RULES:
            flag, words = f"--{name.replace('_', '-')}", f"{_WORDS[name]}; 0: for ever"
            setting.add_argument(flag, type=int, metavar="DAYS", help=words)
        run = whats.add_parser("run", help="let go of what is too old, now")
        run.add_argument("--owner", metavar="SUBJECT", help="default: everybody's")
        run.add_argument("--dry-run", action="store_true", help="only count")
        run.add_argument("--json", action="store_true", help="a line of JSON for each owner")

    def handle(self, *, what: str, **given: Any) -> None:
        match what:
            case "set":
                self._set(_owner(given["owner"]), given)
            case "run":
                self._run(_owner(given["owner"]) if given["owner"] else None, given)
        if what != "run":
            for row in Retention.objects.select_related("owner").order_by("pk"):
                self.stdout.write(f"{row.owner.subject}: {_told(row)}")

    def _set(self, owner: Owner, given: dict[str, Any]) -> None:
        days = {name: given[name] for name in RULES if given[name] is not None}
        if any(each < 0 for each in days.values()):
            raise CommandError("Give whole days, 1 or more; 0: for ever.")
        values = {name: each or None for name, each in days.items()}
        Retention.objects.update_or_create(owner=owner, defaults=values)

    def _run(self, owner: Owner | None, given: dict[str, Any]) -> None:
        dry_run = given["dry_run"]
        found = retention.count(owner) if dry_run else retention.apply(owner, limit_s=float("inf"))
        for applied in found:
            told = {"owner": applied.owner.subject, "dry_run": dry_run, "gone": dict(applied.gone)}
            self.stdout.write(
                json.dumps(told) if given["json"] else _words(applied, dry_run=dry_run)
            )


def _owner(subject: str) -> Owner:
    row = Owner.objects.filter(subject=subject).first()
    if row is None:
        raise CommandError(f"There is no owner {subject!r}.")
    return row


def _told(row: Retention) -> str:
    kept = {name: days for name, days in model_to_dict(row).items() if name in RULES and days}
    return ", ".join(f"{name} {days} days" for name, days in kept.items()) or "all for ever"


def _words(applied: Applied, *, dry_run: bool) -> str:
    counts = ", ".join(f"{name} {number}" for name, number in applied.gone.items()) or "nothing"
    return f"{applied.owner.subject}: {counts} {'would go' if dry_run else 'gone'}"
