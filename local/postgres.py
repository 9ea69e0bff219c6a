"""A PostgreSQL with pgvector of our own, from the programs inside a wheel, shared by its users.

    python -m local.postgres up | down | status | remove | psql [-- ARGUMENT ...]

Whoever uses it holds a shared lock on `users.lock`. The last to leave stops it, unless `up` left
the marker `keep`. The kernel drops the lock of a user who is killed. Starting and stopping happen
under `start.lock`, so that a newcomer never meets a server that is about to go.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from functools import cached_property
from pathlib import Path
from typing import Self
from urllib.parse import quote

from local import LocalError
from local.postgres_programs import SHELTER, home_of
from local.postgres_server import SUPERUSER, Server, clean_environment

FOLDER = Path(__file__).resolve().parents[1] / "var" / "postgres"
DATABASE = "kindred"


class Postgres:
    """The server whose data lie in `folder`, running or not."""

    def __init__(self, folder: Path = FOLDER, *, shelter: Path = SHELTER) -> None:
        self.folder = folder.resolve()
        self._shelter = shelter

    @cached_property
    def server(self) -> Server:
        home = home_of(self.folder, self._shelter).resolve()
        return Server(home, self._shelter)

    @property
    def socket_dir(self) -> Path:
        return self.server.socket_dir

    @property
    def keep(self) -> Path:
        """The marker that lets the server run on when its last user leaves."""
        return self.server.home / "keep"

    def url(self, database: str = DATABASE) -> str:
        """For DATABASE_URL. The host is a parameter: django-environ decodes it only there."""
        return f"postgresql://{SUPERUSER}@/{quote(database)}?host={quote(str(self.socket_dir))}"

    def start(self) -> None:
        """Have it answer. Doing it twice, or in many processes at once, changes nothing.

        Raises:
            LocalError: it cannot; with the end of the server's own log.
        """
        with self._starting():
            self.server.start()

    def stop(self) -> None:
        """Have it gone, whoever uses it. What was committed stays."""
        with self._starting():
            self.server.stop()

    @contextmanager
    def used(self) -> Iterator[Self]:
        """Have it answer inside the block, and stopped after it if nobody else uses it."""
        with self._opened("users.lock") as users:
            with self._starting():
                self.server.start()
                flock(users, LOCK_SH)
            try:
                yield self
            finally:
                with self._starting():
                    if _is_last(users) and not self.keep.exists():
                        self.server.stop()

    def up(self) -> None:
        """Have it answer, and run on when we end."""
        with self._starting():
            self.server.start()
            self.keep.touch()

    def down(self) -> None:
        """Take back `up`: stop it now.

        Raises:
            LocalError: it is in use; its last user will stop it.
        """
        with self._opened("users.lock") as users, self._starting():
            self.keep.unlink(missing_ok=True)
            if not _is_last(users):
                raise LocalError("PostgreSQL is in use; it stops when its last user leaves.")
            self.server.stop()

    def remove(self) -> None:
        """Stop it, and delete all its databases. Raises LocalError if it is in use."""
        self.down()
        for folder in (self.socket_dir, self.server.home, self.folder):
            shutil.rmtree(folder, ignore_errors=True)

    def create_database(self, name: str = DATABASE) -> None:
        """Make an empty database. Raises LocalError if there is one of that name."""
        self.sql(f"CREATE DATABASE {_quoted(name)}")

    def drop_database(self, name: str = DATABASE) -> None:
        """Have no database of that name, even if it is in use."""
        self.sql(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")

    def databases(self) -> list[str]:
        names = "SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY datname"
        return self.sql(names).splitlines()

    def sql(self, statement: str, *, database: str = SUPERUSER) -> str:
        """Run one statement; gives a line for each row, with `|` between its columns.

        Raises:
            LocalError: with the server's own words.
        """
        plain = ("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1")
        where = (*self.server.address, "-d", database)
        ran = self.server.run("psql", *plain, *where, "-c", statement)
        if ran.returncode:
            raise LocalError(ran.stderr.strip())
        return ran.stdout.rstrip("\n")

    def status(self) -> str:
        """A sentence."""
        if not self.server.ready():
            return f"PostgreSQL is not running; its data are in {self.server.data}."
        lasting = "until `down`" if self.keep.exists() else "while it is used"
        return f"PostgreSQL is running {lasting}: {self.url()}"

    def become_psql(self, arguments: Sequence[str]) -> None:
        """Turn this process into PostgreSQL's terminal. Does not return."""
        where = (*self.server.address, "-d", DATABASE)
        words = [str(self.server.programs / "psql"), *where, *arguments]
        os.execve(words[0], words, clean_environment())  # noqa: S606  # needs no shell

    @contextmanager
    def _opened(self, name: str) -> Iterator[int]:
        path = self.server.home / name
        try:
            lock = os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
        except OSError as exc:
            raise LocalError(f"{path} cannot be opened: {exc.strerror}.") from exc
        try:
            yield lock
        finally:
            os.close(lock)

    @contextmanager
    def _starting(self) -> Iterator[None]:
        with self._opened("start.lock") as lock:
            flock(lock, LOCK_EX)
            yield


def _is_last(users: int) -> bool:
    """Whether nobody else holds the lock. Nobody can come meanwhile: `start.lock` is ours."""
    try:
        flock(users, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _quoted(identifier: str) -> str:
    return '"{}"'.format(identifier.replace('"', '""'))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.postgres", description=__doc__)
    parser.add_argument("order", choices=("up", "down", "status", "remove", "psql"))
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("rest", nargs="*", help="for psql, after --")
    given = parser.parse_args(arguments)
    try:
        _obey(given.order, Postgres(given.folder), given.rest)
    except LocalError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


def _obey(order: str, postgres: Postgres, rest: Sequence[str]) -> None:
    match order:
        case "up":
            postgres.up()
            if DATABASE not in postgres.databases():
                postgres.create_database()
        case "down":
            postgres.down()
        case "remove":
            postgres.remove()
            return
        case "psql":
            postgres.become_psql(rest)
    sys.stdout.write(f"{postgres.status()}\n")


if __name__ == "__main__":
    sys.exit(main())
