"""Having everything as a backup has it; and nobody back who was erased since."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection, connections

from config.keeping import places, programs
from config.keeping.backup import DUMP, Snapshot, Tell, copy_new, verify
from config.keeping.errors import DatabaseInUse
from config.keeping.manifest import Entry
from jobs import reapplying
from jobs.steps import Progress

_TOLD_EACH = 100  # files
# Made by us in a new schema; and what only a superuser may say.
_LEFT_OUT = (" SCHEMA - public ", " COMMENT - EXTENSION ", " COMMENT - SCHEMA public ")
_TABLES = """
SELECT count(*) FROM pg_class
WHERE relkind IN ('r', 'p') AND relnamespace NOT IN (
    SELECT oid FROM pg_namespace WHERE nspname LIKE 'pg\\_%' OR nspname = 'information_schema'
)
"""
_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_SCHEMAS = """
SELECT quote_ident(nspname) FROM pg_namespace
WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' ORDER BY nspname
"""


@dataclass(frozen=True)
class Restored:
    snapshot: Snapshot
    files: int
    erased: int  # entries of the ledger that the backup did not know


def restore(
    snapshot: Snapshot, *, replace: bool = False, tell: Tell = lambda progress: None
) -> Restored:
    """Have the files and the database of `snapshot`, which is looked at first.

    Files come before rows; the database is replaced in one transaction, brought up to date, and
    erased from once more what was erased since. Killed in between, it is run again.

    Raises:
        BackupDamaged: the backup is not what was written; nothing was changed.
        DatabaseInUse: there is something in the database, or somebody works with it.
        KeepingError: PostgreSQL does not take it; the database is as it was.
        StoreUnavailable: the ledger can't be read: restore again when it can.
    """
    verify(snapshot, tell)
    _check_free(replace=replace)
    count = sum(1 for _ in _files(snapshot, tell))
    _load(snapshot.path / DUMP)
    call_command("migrate", interactive=False, verbosity=0)
    copy_new(snapshot.folder / "erasures", Path(storages["erasures"].path("")))
    erased = sum(1 for _ in reapplying.reapply())
    return Restored(snapshot, count, erased)


def _check_free(*, replace: bool) -> None:
    if _one(_TABLES) and not replace:
        raise DatabaseInUse(
            "The database is not empty: what is in it would be lost. Say --replace if it may be."
        )
    if others := _one(_OTHERS):
        raise DatabaseInUse(
            f"{others} others are connected to the database: stop the service and its workers."
        )


def _one(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        (number,) = cursor.fetchone() or (0,)
    return int(number)


def _files(snapshot: Snapshot, tell: Tell) -> Iterator[Entry]:
    """Put each where it was. What is there already, as it was, is left alone."""
    total, roots = snapshot.about["files"]["count"], places.folders()
    for number, entry in enumerate(snapshot.entries(), start=1):
        if root := roots.get(entry.kept.place):
            _put(snapshot.content(entry.sha256), root / entry.kept.path, entry)
            yield entry
        if number % _TOLD_EACH == 0 or number == total:
            tell(Progress(number, total))


def _put(content: Path, target: Path, entry: Entry) -> None:
    kept = entry.kept
    try:
        there = target.stat()
        if (there.st_size, there.st_mtime_ns) == (kept.size, kept.mtime_ns):
            return
    except FileNotFoundError:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.{entry.sha256[:32]}")
    shutil.copyfile(content, unfinished)
    unfinished.chmod(0o600)
    os.utime(unfinished, ns=(kept.mtime_ns, kept.mtime_ns))
    unfinished.replace(target)


def _load(dump: Path) -> None:
    """Replace all schemas of the database by those of `dump`, in one transaction."""
    plain = ("--no-psqlrc", "--quiet", "--single-transaction", "-v", "ON_ERROR_STOP=1")
    loader: list[str | Path] = [programs.program("psql"), *plain, *programs.where()]
    with connection.cursor() as cursor:
        cursor.execute(_SCHEMAS)
        schemas = [name for (name,) in cursor.fetchall()]
    for order in (*(f"DROP SCHEMA {name} CASCADE" for name in schemas), "CREATE SCHEMA public"):
        loader += ["-c", order]
    with tempfile.TemporaryDirectory() as folder:
        statements = _statements(dump, Path(folder))
        environment = programs.environment()
        connections.close_all()  # what is prepared there is of tables that go
        _pipe(statements, [*loader, "-f", "-"], environment)


def _statements(dump: Path, folder: Path) -> list[str | Path]:
    """The program that writes what of `dump` is to be loaded."""
    listed = programs.run("pg_restore", ["--list", dump]).splitlines(keepends=True)
    wanted = folder / "wanted"
    wanted.write_text("".join(line for line in listed if not _is_left_out(line)), "utf-8")
    options = ("--no-owner", "--no-privileges", "--use-list", wanted, "--file", "-")
    return [programs.program("pg_restore"), *options, dump]


def _is_left_out(line: str) -> bool:
    return any(words in line for words in _LEFT_OUT)


def _pipe(statements: list[str | Path], loader: list[str | Path], env: dict[str, str]) -> None:
    """Have `loader` do all `statements`, or none.

    Raises:
        KeepingError: one of both has failed; the database is as it was.
    """
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(statements, stdout=subprocess.PIPE, stderr=said) as source,  # noqa: S603  # programs of PostgreSQL
        subprocess.Popen(loader, env=env, stdin=subprocess.PIPE, stdout=said, stderr=said) as psql,  # noqa: S603  # the same
    ):
        assert source.stdout and psql.stdin  # noqa: S101, PT018  # as they were asked for
        with suppress(BrokenPipeError):  # psql tells why
            shutil.copyfileobj(source.stdout, psql.stdin)
        source.stdout.close()
        if source.wait():
            psql.kill()  # before it hears of the end, which would be a commit
        with suppress(BrokenPipeError):
            psql.stdin.close()
        code = psql.wait()
        said.seek(0)
        programs.check("psql", code, said.read())
