"""Having the processes of a program count in files, which all can read.

Source: the multiprocess mode of prometheus_client.
"""

import os
import socket
from pathlib import Path

from prometheus_client import values

HOST = socket.gethostname().replace("_", "-")  # machines may share a folder
_KINDS = ("counter", "histogram", "gauge_livesum")  # of files
_ROOM = 2**20  # bytes of a file: some thousands of series


def begin(folder: Path) -> None:
    """Before a program's first process counts: what its last run on this machine left goes."""
    for file in folder.glob("*.db"):
        if is_over(file):
            file.unlink(missing_ok=True)


def is_over(file: Path) -> bool:
    """The process that wrote it has ended, as far as this machine can know."""
    host, _, pid = file.stem.rpartition("_")[2].rpartition("-")
    return host == HOST and not Path(f"/proc/{pid}").exists()


def share(folder: Path) -> None:
    """All that is made from now on, in this process and its children, counts below `folder`."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    named = values.MultiProcessValue(_Named(folder))  # type: ignore[no-untyped-call]  # its own
    values.ValueClass = named


class _Named:
    """Names a process, and makes room for its files: who writes beyond a full disk is killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pid = 0

    def __call__(self) -> str:
        name = f"{HOST}-{os.getpid()}"
        if self._pid != os.getpid():
            self._pid = os.getpid()
            for kind in _KINDS:
                with (self._folder / f"{kind}_{name}.db").open("ab") as file:
                    os.posix_fallocate(file.fileno(), 0, _ROOM)
        return name
