"""`manage.py api_key`: let a service in, or no more."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.access import keys
from config.access.keys import Terms
from config.access.scopes import EVERYDAY, Scope
from config.models import ApiKey
from photos.models import Owner


class Command(BaseCommand):
    help = "Make an API key, and show it once; or rotate or revoke one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the key is called, such as backup")
        parser.add_argument("--user", required=True, help="as whom it acts: a Django user's name")
        parser.add_argument(
            "--owner", metavar="SUBJECT", help="whose photos it is for, if not the user's"
        )
        parser.add_argument(
            "--scopes",
            nargs="+",
            choices=Scope.values,
            default=sorted(EVERYDAY),
            help="what it may be used for (%(default)s)",
        )
        parser.add_argument("--days", type=float, help="it ends after as many; left out: never")
        act = parser.add_mutually_exclusive_group()
        act.add_argument(
            "--rotate", action="store_true", help="a new secret, and no more the old one"
        )
        act.add_argument("--revoke", action="store_true", help="let it open nothing any more")

    def handle(self, *, name: str, user: str, rotate: bool, revoke: bool, **options: Any) -> None:
        whose = User.objects.filter(username=user).first()
        if whose is None:
            raise CommandError(f"There is no user {user!r}.")
        known = ApiKey.objects.filter(user=whose, name=name, revoked_at=None).first()
        if known is None and (rotate or revoke):
            raise CommandError(f"{user!r} has no key {name!r}.")
        if known and revoke:
            keys.revoke([known])
            self.stdout.write(f"The key {name!r} opens nothing from now on.")
            return
        if known and not rotate:
            raise CommandError(f"{user!r} has a key {name!r} already: --rotate it, or revoke it.")
        secret = keys.rotate(known) if known else keys.issue(_terms(name, whose, **options))[1]
        self.stderr.write("The key, which is not shown again:")
        self.stdout.write(secret)


def _terms(
    name: str, user: User, *, owner: str | None, scopes: list[str], days: float | None, **_: Any
) -> Terms:
    whose = Owner.objects.filter(subject=owner).first() if owner else None
    if owner and whose is None:
        raise CommandError(f"There is no owner {owner!r}.")
    ends = timezone.now() + timedelta(days=days) if days else None
    return Terms(name, user, frozenset(map(Scope, scopes)), owner=whose, expires_at=ends)
