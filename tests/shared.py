"""What takes long to make, and is made once for all processes that run the tests together."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from fcntl import LOCK_EX, LOCK_SH, LOCK_UN, flock
from pathlib import Path
from typing import IO

import pytest


def folder_of_all(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this run of the tests; its processes have theirs in it."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@contextmanager
def shared(folder: Path, make: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """What `make` gives: made by the first process that names `folder`, and told to the others.

    It lives as long as anyone is inside the block: who made it waits for the others at its end.
    """
    folder.mkdir(exist_ok=True)
    told = folder / "told"
    with (folder / "making").open("w") as making, (folder / "users").open("w") as users:
        flock(making, LOCK_EX)
        with ExitStack() as ours:
            if not told.exists():
                told.write_text(ours.enter_context(make()))
                ours.callback(_end, told, making, users)
            flock(users, LOCK_SH)
            flock(making, LOCK_UN)
            yield told.read_text()


def _end(told: Path, making: IO[str], users: IO[str]) -> None:
    """Wait until the others have left. Who comes meanwhile makes it anew."""
    flock(making, LOCK_EX)
    told.unlink()
    flock(users, LOCK_EX)
