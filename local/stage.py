"""Where the demo plays: a database and a folder of its own, for one at a time."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from local import LocalError

DATABASE = "kindred_demo"


@dataclass(frozen=True)
class Stage:
    """What a demo leaves in `folder`: photos and faces, logs, and its results."""

    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        """Where the service keeps its files, as `config/settings.py` reads it."""
        files = {"MEDIA_ROOT": "media", "INTAKE_ROOT": "intake"}
        return {name: str(self.folder / folder) for name, folder in files.items()}

    @property
    def report(self) -> Path:
        return self.folder / "report.json"

    @property
    def sheet(self) -> Path:
        return self.folder / "people.png"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Have it alone inside the block; being killed gives it back.

        Raises:
            LocalError: somebody else has it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a") as lock:
            try:
                flock(lock, LOCK_EX | LOCK_NB)
            except BlockingIOError as exc:
                raise LocalError(
                    "Another demo is running, or `make up DEMO=1` shows its results: "
                    "wait for it or stop it, then try again."
                ) from exc
            yield

    def clear(self) -> None:
        """Have nothing of an earlier demo in it."""
        for folder in (self.logs, *map(Path, self.settings.values())):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (self.report, self.sheet):
            file.unlink(missing_ok=True)
