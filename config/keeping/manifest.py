"""What a backup has: one line of JSON for each file, sorted; written and read bit by bit."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from config.keeping.errors import BackupDamaged
from config.keeping.places import Kept

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Entry:
    """A file of a backup, and the digest of its content."""

    kept: Kept
    sha256: str

    @property
    def line(self) -> str:
        return json.dumps({**asdict(self.kept), "sha256": self.sha256}, ensure_ascii=False) + "\n"


def read(manifest: Path) -> Iterator[Entry]:
    """
    Raises:
        BackupDamaged: a line is none of a backup's, or leads out of its folder.
    """
    with manifest.open(encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            yield _entry(line)


def _entry(line: str) -> Entry:
    try:
        said = json.loads(line)
        sha256 = said.pop("sha256")
        kept = Kept(**said)
        parts = kept.path.split("/")
    except (ValueError, TypeError, AttributeError, KeyError) as exc:
        raise BackupDamaged(f"The manifest has a line that is none: {line[:80]}") from exc
    if not _SHA256.fullmatch(sha256) or {"", ".", ".."} & set(parts):
        raise BackupDamaged(f"The manifest names a file that can't be: {kept.path[:80]!r}")
    return Entry(kept, sha256)


def digest_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


class Before:
    """The manifest of the last backup, beside which a new one is written in the same order."""

    def __init__(self, manifest: Path | None) -> None:
        self._entries = read(manifest) if manifest else iter(())
        self._next: Entry | None = next(self._entries, None)

    def digest(self, kept: Kept) -> str | None:
        """Of the same file, if it has not changed since. Ask in order."""
        while self._next and self._next.kept.order < kept.order:
            self._next = next(self._entries, None)
        same = self._next and self._next.kept == kept
        return self._next.sha256 if self._next and same else None
