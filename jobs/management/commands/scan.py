"""`manage.py scan`: the photos of a folder on this machine."""

import signal
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from jobs.errors import QueueFull
from jobs.scanning import Order, Scanned, scan
from photos.models import Owner
from photos.operations import ALL, OPERATIONS

_SETTLE_S = 5.0  # in which nobody has written to a file that is taken while one watches


class Command(BaseCommand):
    help = (
        "Take the new photos of a folder in, with their sidecars. Files are known by their names "
        "below it and by their content: doing it again sends what is new since. Nothing in the "
        "folder is changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--owner", metavar="SUBJECT", required=True)
        parser.add_argument(
            "--operations", nargs="+", choices=[ALL, *OPERATIONS], default=[ALL], help="(all)"
        )
        parser.add_argument("--recheck", action="store_true", help="read all files again")
        parser.add_argument(
            "--every", type=float, metavar="SECONDS", help="look again and again, until stopped"
        )

    def handle(
        self, *, folder: Path, owner: str, every: float | None, recheck: bool, **options: Any
    ) -> None:
        row = Owner.objects.filter(subject=owner).first()
        if row is None:
            raise CommandError(f"There is no owner {owner!r}.")
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder.")
        if every is not None and every <= 0:
            raise CommandError("--every: give seconds.")
        order = Order(
            folder.resolve(),
            settings.MAX_PHOTO_BYTES,
            tuple(options["operations"]),
            recheck,
            _SETTLE_S if every else 0.0,
        )
        if every is None:
            self._look(row, order)
        else:
            self._watch(row, order, every)

    def _look(self, owner: Owner, order: Order) -> None:
        found = Scanned()
        try:
            for step in scan(owner, order, now=timezone.now()):
                found = step
                if _has_any(found):
                    self.stdout.write(
                        _sentence(found), ending="\r" if self.stdout.isatty() else "\n"
                    )
        except QueueFull as exc:
            raise CommandError(f"{exc} Ask again for the rest. {_sentence(found)}") from exc
        for problem in found.problems:
            self.stderr.write(problem)
        if not _has_any(found):
            self.stdout.write("There is no photo in it.")

    def _watch(self, owner: Owner, order: Order, every: float) -> None:
        """Only what changes is said."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        said = ""
        while not stop.is_set():
            found = Scanned()
            try:
                for step in scan(owner, order, now=timezone.now()):
                    found = step
                    if stop.is_set():
                        return
            except QueueFull as exc:
                self.stderr.write(str(exc))
            if said != (said := _sentence(found)):
                self.stdout.write(said)
                self.stdout.flush()
            stop.wait(every)


def _has_any(found: Scanned) -> bool:
    return any(each for each in asdict(found).values() if isinstance(each, int))


def _sentence(found: Scanned) -> str:
    return (
        f"{found.new} new, {found.known} known, {found.waiting} wait, "
        f"{found.failed} failed before, {found.young} are being written, "
        f"{found.left_out} left out, {found.sidecars} sidecars taken"
    )
