"""A backup of everything, while the service runs.

The database first, as it is at one moment; then the files. A file is written before its row, and
goes after it, so that what the rows of that moment name is there: but for what was deleted since,
which is not to come back anyhow.

    FOLDER/files/AB/SHA256            contents, each once, of all backups in the folder
    FOLDER/snapshots/MOMENT/          backup.json, database.dump, files.jsonl
    FOLDER/erasures/                  the ledger (jobs/ledger.py), as it was at the last backup
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.storage import storages
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from config.keeping import manifest, places, programs
from config.keeping.errors import BackupDamaged, KeepingError
from config.keeping.manifest import Before, Entry, digest_of
from jobs.steps import Progress

FORMAT = "kindred-backup"
VERSION = 1
ABOUT, DUMP, FILES = "backup.json", "database.dump", "files.jsonl"
_CHUNK = 2**20
_TOLD_EACH = 100  # files
_NEW = ".new-"

Tell = Callable[[Progress], None]


@dataclass(frozen=True)
class Snapshot:
    """One backup in a folder of backups."""

    folder: Path  # of all of them
    name: str

    @property
    def path(self) -> Path:
        return self.folder / "snapshots" / self.name

    @property
    def about(self) -> dict[str, Any]:
        """
        Raises:
            BackupDamaged: it is none, or of a version that is not known here.
        """
        try:
            said: dict[str, Any] = json.loads((self.path / ABOUT).read_text("utf-8"))
        except (OSError, ValueError) as exc:
            raise BackupDamaged(f"{self.path / ABOUT} can't be read.") from exc
        if said.get("format") != FORMAT or said.get("version") != VERSION:
            raise BackupDamaged(f"{self.path} is no backup of a version that is known here.")
        return said

    def entries(self) -> Iterator[Entry]:
        return manifest.read(self.path / FILES)

    def content(self, sha256: str) -> Path:
        return content_of(self.folder, sha256)


def content_of(folder: Path, sha256: str) -> Path:
    return folder / "files" / sha256[:2] / sha256


def snapshots(folder: Path) -> list[Snapshot]:
    """The whole ones, oldest first."""
    found = (folder / "snapshots").glob(f"*/{ABOUT}")
    names = sorted(path.parent.name for path in found if not path.parent.name.startswith("."))
    return [Snapshot(folder, name) for name in names]


def back_up(folder: Path, tell: Tell = lambda progress: None) -> Snapshot:
    """Write a new backup into `folder`, and look whether it is what was written.

    Contents that are there already are not copied again. Killed in between, it leaves the backups
    before as they are.

    Raises:
        KeepingError: it can't be written, or another one is being written there.
    """
    with _alone(folder):
        before = snapshots(folder)
        name = f"{timezone.now():%Y%m%dT%H%M%S%fZ}"
        new = folder / "snapshots" / f"{_NEW}{name}"
        _clear(folder)
        new.mkdir(parents=True)
        about = {"format": FORMAT, "version": VERSION, "made_at": timezone.now().isoformat()}
        about["database"] = _dump(new / DUMP)
        about["files"] = _copy_all(folder, new, before[-1] if before else None, tell)
        _copy_ledger(folder)
        os.sync()
        _verify_new(folder, new)
        (new / ABOUT).write_text(json.dumps(about, indent=1), "utf-8")
        os.sync()
        new.rename(folder / "snapshots" / name)
    return Snapshot(folder, name)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise KeepingError(f"Another backup is being written to {folder}.") from exc
        yield


def _clear(folder: Path) -> None:
    """Remove what killed backups have left."""
    for left in (folder / "snapshots").glob(f"{_NEW}*"):
        shutil.rmtree(left)
    for unfinished in (folder / "files").glob(f"{_NEW}*"):
        unfinished.unlink()


def _dump(file: Path) -> dict[str, Any]:
    """The database at one moment. What is read back is what counts."""
    options = ("--format=custom", "--no-owner", "--no-privileges", "--no-unlogged-table-data")
    programs.run("pg_dump", [*options, "--file", file, *programs.where()])
    programs.run("pg_restore", ["--list", file])
    applied = MigrationRecorder(connection).applied_migrations()
    last = {app: max(name for each, name in applied if each == app) for app, _ in applied}
    return {
        "sha256": digest_of(file),
        "size": file.stat().st_size,
        "server": programs.major_of_server(),
        "migrations": last,
    }


def _copy_all(folder: Path, new: Path, last: Snapshot | None, tell: Tell) -> dict[str, Any]:
    """Put all files into the pool, and their names into the manifest."""
    before, count, size = Before(last.path / FILES if last else None), 0, 0
    expected = last.about["files"]["count"] if last else 0
    with (
        (new / FILES).open("w", encoding="utf-8", errors="surrogateescape") as listed,
        (new / "copied").open("w") as copied,
    ):
        for kept in places.walk():
            digest = before.digest(kept)
            if digest is None or not content_of(folder, digest).exists():
                digest = None
                with suppress(FileNotFoundError):  # it went meanwhile
                    digest = _copy(places.folders()[kept.place] / kept.path, folder)
                    copied.write(f"{digest}\n")
            if digest is None:
                continue
            listed.write(Entry(kept, digest).line)
            count, size = count + 1, size + kept.size
            if count % _TOLD_EACH == 0:
                tell(Progress(count, max(expected, count)))
    return {"count": count, "bytes": size, "sha256": digest_of(new / FILES)}


def _copy(file: Path, folder: Path) -> str:
    """Have the content in the pool. Returns its digest."""
    unfinished = folder / "files" / f"{_NEW}{os.getpid()}"
    unfinished.parent.mkdir(mode=0o700, exist_ok=True)
    digest = hashlib.sha256()
    with file.open("rb") as read, unfinished.open("wb") as written:
        while chunk := read.read(_CHUNK):
            digest.update(chunk)
            written.write(chunk)
    place = content_of(folder, digest.hexdigest())
    place.parent.mkdir(mode=0o700, exist_ok=True)
    unfinished.replace(place)
    return digest.hexdigest()


def _copy_ledger(folder: Path) -> None:
    copy_new(Path(storages["erasures"].path("")), folder / "erasures")


def copy_new(source: Path, target: Path) -> int:
    """Copy entries of the ledger that `target` does not have. Returns how many that are."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = [file for file in sorted(source.glob("*.json")) if not (target / file.name).exists()]
    for file in new:
        unfinished = target / f"{_NEW}{file.name}"
        shutil.copyfile(file, unfinished)
        unfinished.replace(target / file.name)
    return len(new)


def _verify_new(folder: Path, new: Path) -> None:
    with (new / "copied").open() as lines:
        for line in lines:
            check_content(content_of(folder, line.strip()), line.strip())
    (new / "copied").unlink()


def check_content(file: Path, sha256: str) -> None:
    """
    Raises:
        BackupDamaged: it is not there, or not what was written.
    """
    try:
        found = digest_of(file)
    except OSError as exc:
        raise BackupDamaged(f"{file} can't be read.") from exc
    if found != sha256:
        raise BackupDamaged(f"{file} is not what was written: its disk may be failing.")


def verify(snapshot: Snapshot, tell: Tell = lambda progress: None) -> None:
    """Read all of a backup, and compare it with what was written.

    Raises:
        BackupDamaged: a part is not what it was.
    """
    about = snapshot.about
    check_content(snapshot.path / DUMP, about["database"]["sha256"])
    check_content(snapshot.path / FILES, about["files"]["sha256"])
    total = about["files"]["count"]
    for number, entry in enumerate(snapshot.entries(), start=1):
        check_content(snapshot.content(entry.sha256), entry.sha256)
        if number % _TOLD_EACH == 0 or number == total:
            tell(Progress(number, total))


def thin_out(folder: Path, keep: int) -> int:
    """Delete all backups but the newest `keep`, and contents that no other needs: how many went."""
    with _alone(folder):
        there = snapshots(folder)
        old = there[: max(0, len(there) - keep)]
        for snapshot in old:
            shutil.rmtree(snapshot.path)
        if old:
            kept = {bytes.fromhex(e.sha256) for each in snapshots(folder) for e in each.entries()}
            for file in (folder / "files").glob("*/*"):
                if bytes.fromhex(file.name) not in kept:
                    file.unlink()
    return len(old)
