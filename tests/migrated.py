"""What all migrations make, kept from one run of the tests to the next: they take long.

Each test database is a copy of it. It is made anew where a migration, or what one may read, is not
as it was.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from hashlib import sha256
from pathlib import Path

from local.postgres import Postgres

ROOT = Path(__file__).resolve().parents[1]
READ = ("locks/service.lock", "*/migrations/*.py", "*/models.py", "*/models/**/*.py", "*/roles.py")
_PREFIX = "kindred_migrated_"


class Migrated:
    """The database that is copied, whether it is there or not."""

    def __init__(self, postgres: Postgres, root: Path = ROOT, *, prefix: str = _PREFIX) -> None:
        self._postgres, self._prefix = postgres, prefix
        self.name = f"{prefix}{_digest(root)}"

    def is_there(self) -> bool:
        return self.name in self._postgres.databases()

    def keep(self, database: str) -> None:
        """Have a copy of `database`, to which nobody is connected, and of no other."""
        for each in self._postgres.databases():
            if each.startswith(self._prefix):
                self._postgres.drop_database(each)
        unfinished = f"unfinished_{self.name}"
        self._postgres.drop_database(unfinished)
        self._postgres.sql(f'CREATE DATABASE "{unfinished}" TEMPLATE "{database}"')
        self._postgres.sql(f'ALTER DATABASE "{unfinished}" RENAME TO "{self.name}"')


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Whoever comes meanwhile finds what was made."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "migrated.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        yield


def _digest(root: Path) -> str:
    digest = sha256()
    for path in sorted({path for pattern in READ for path in root.glob(pattern)}):
        digest.update(f"{path.relative_to(root)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
