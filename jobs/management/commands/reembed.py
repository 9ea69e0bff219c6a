"""`manage.py reembed`: photos follow the model that sees them, and are searched where all have."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs import reembedding
from search.errors import SearchError
from search.reembedding import TOLD, drop, failures, progress
from search.spaces import change


class Command(BaseCommand):
    help = (
        "After another image encoder was activated, photos are embedded anew by themselves. This "
        "says how far that is, and asks the workers once more: what was cancelled goes on, and "
        "photos that could not follow are tried again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        only = parser.add_mutually_exclusive_group()
        only.add_argument("--dry-run", action="store_true", help="only say how far it is")
        only.add_argument(
            "--switch-now",
            action="store_true",
            help="search in the new space without the photos that can't follow",
        )
        only.add_argument("--drop-old", metavar="SPACE", help="forget the vectors of this space")

    def handle(
        self, *, dry_run: bool, switch_now: bool, drop_old: str | None, **options: Any
    ) -> None:
        try:
            if drop_old is not None:
                self._drop(drop_old)
            elif switch_now:
                self._switch()
            elif not dry_run:
                self._ask()
        except SearchError as exc:
            raise CommandError(str(exc)) from exc
        self._show()

    def _ask(self) -> None:
        following = change()
        jobs = reembedding.ask_anew(following) if following else []
        self.stdout.write(f"{len(jobs)} jobs were asked for.")

    def _switch(self) -> None:
        following = change()
        if following:
            reembedding.switch(following, without_failed=True)

    def _drop(self, name: str) -> None:
        gone = 0
        for count in drop(name):
            gone += count
            self.stdout.write(f"{gone} vectors have gone")

    def _show(self) -> None:
        now = progress()
        self.stdout.write(f"Photos are searched in {now.current or 'no space: there are none'}.")
        if now.next is None:
            return
        self.stdout.write(
            f"They follow into {now.next}: {now.done}/{now.photos} ({now.percent} %), "
            f"{now.failed} can't."
        )
        for each in failures()[:TOLD]:
            self.stdout.write(f"  photo {each.photo_id}: {each.code}: {each.detail}")
