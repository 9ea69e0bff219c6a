"""`manage.py import_owner`: all that an archive of `export_owner` has."""

from dataclasses import asdict
from json import dumps
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

import photos.services
from config.keeping.errors import KeepingError
from config.keeping.owners.importing import Brought, import_owner
from faces.errors import FaceError


class Command(BaseCommand):
    help = (
        "Have with an owner all that an archive has: what is missing is added, nothing is taken "
        "away, and no model is asked. It may be stopped, and run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--owner", metavar="SUBJECT", required=True, help="made if need be")
        parser.add_argument("--json", action="store_true", help="say it as JSON")

    def handle(self, *, file: Path, owner: str, json: bool, **_options: Any) -> None:
        try:
            with file.open("rb") as archive:
                brought = import_owner(photos.services.owner_called(owner), archive)
        except OSError as exc:
            raise CommandError(f"{file}: {exc.strerror}.") from exc
        except (KeepingError, FaceError, PermissionDenied) as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(dumps(asdict(brought)) if json else _words(brought))


def _words(brought: Brought) -> str:
    rows = ", ".join(f"{name} {count}" for name, count in brought.rows.items() if count)
    people = brought.people
    more = f"{brought.vectors} vectors, {brought.clusters} clusters with faces."
    told = [f"Added: {rows or 'no rows'}; {brought.files} files, {more}"]
    if people and people.conflict_count:
        told += [f"{people.conflict_count} contradict what was said here:", *people.conflicts]
    return "\n".join(told)
