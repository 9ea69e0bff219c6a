"""`manage.py worker_token`: let a remote worker in, or no more."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.models import WorkerToken
from jobs.remote import tokens
from photos.models import Owner


class Command(BaseCommand):
    help = "Make a token for a remote worker, and show it once; or revoke one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the token is called, such as my-nas")
        parser.add_argument(
            "--owner", metavar="SUBJECT", help="the worker sees this owner's photos alone"
        )
        parser.add_argument("--revoke", action="store_true", help="let it open nothing any more")

    def handle(self, *, name: str, owner: str | None, revoke: bool, **options: Any) -> None:
        if revoke:
            self.revoke(name)
            return
        if WorkerToken.objects.filter(name=name).exists():
            raise CommandError(f"There is a token {name!r} already: choose another name.")
        _, secret = tokens.issue(name, _owner(owner))
        self.stderr.write("The worker's token, which is not shown again:")
        self.stdout.write(secret)

    def revoke(self, name: str) -> None:
        token = WorkerToken.objects.filter(name=name).first()
        if token is None:
            raise CommandError(f"There is no token {name!r}.")
        tokens.revoke(token)
        self.stdout.write(f"The token {name!r} opens nothing from now on.")


def _owner(subject: str | None) -> Owner | None:
    if subject is None:
        return None
    owner = Owner.objects.filter(subject=subject).first()
    if owner is None:
        raise CommandError(f"There is no owner {subject!r}.")
    return owner
