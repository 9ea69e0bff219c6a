"""PostgreSQL's own programs: those of the wheel, or newer ones of the system."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from django.db import connection

from config.keeping.errors import KeepingError, ProgramMissing
from local import LocalError
from local.postgres_programs import wheel_programs
from local.postgres_server import clean_environment

_MAJOR = 10_000  # in a server's version
_LOCK_S = 30  # of waiting for somebody who still works with the database
_LINES = 5  # of a program's complaint


def major_of_server() -> int:
    connection.ensure_connection()
    return int(connection.connection.info.server_version // _MAJOR)


def program(name: str) -> Path:
    """One that understands the database's server.

    Raises:
        ProgramMissing: there is none.
    """
    needed = major_of_server()
    for found in _candidates(name):
        if _major(found) >= needed:
            return found
    raise ProgramMissing(f"Install the client programs of PostgreSQL {needed} or newer: {name}.")


def _candidates(name: str) -> list[Path]:
    found = [path] if (path := shutil.which(name)) else []
    try:
        return [wheel_programs() / name, *map(Path, found)]
    except LocalError:
        return [*map(Path, found)]


@cache
def _major(found: Path) -> int:
    """0: it does not run."""
    try:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)  # noqa: S603  # a program of PostgreSQL
    except (OSError, subprocess.SubprocessError):
        return 0
    number = re.search(r"\d+", said.stdout)
    return int(number[0]) if number else 0


def run(name: str, arguments: Sequence[str | Path]) -> str:
    """What it prints.

    Raises:
        KeepingError: it fails, in its own words.
    """
    ran = subprocess.run(  # noqa: S603  # a program of PostgreSQL
        [program(name), *arguments], env=environment(), capture_output=True, text=True, check=False
    )
    check(name, ran.returncode, ran.stderr)
    return ran.stdout


def check(name: str, code: int, said: str) -> None:
    """
    Raises:
        KeepingError: the program has failed.
    """
    if code:
        lines = said.strip().splitlines()[:_LINES]
        raise KeepingError("\n".join([f"{name} has failed:", *lines]))


def where() -> tuple[str, str]:
    """The option by which they find our database; its password is in environment() alone."""
    connection.ensure_connection()
    return "--dbname", connection.connection.info.dsn


def environment() -> dict[str, str]:
    connection.ensure_connection()
    password = connection.connection.info.password
    patient = f"-c lock_timeout={_LOCK_S}s"
    ours = clean_environment() | {"PGOPTIONS": patient}
    return ours | ({"PGPASSWORD": password} if password else {})
