"""Regions of memory that we and a model server on the same machine both have.

A region is a file in /dev/shm that its client has locked. The lock ends with the process, however
that ends: what has no lock is dead.
"""

import errno
import fcntl
import mmap
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from inference.arrays import Array

FOLDER = Path("/dev/shm")  # noqa: S108  # where the server looks for regions
PREFIX = "kindred-input-"  # of the names of our regions, here and at the server
LEFT_FREE = 0.5  # of the folder: others need it too, such as PostgreSQL


@dataclass(frozen=True, eq=False)
class Region:
    """Memory of `size` bytes that others find under `name` in `folder`; locked while we live."""

    folder: Path
    name: str
    size: int
    memory: mmap.mmap
    file: int

    @classmethod
    def make(cls, size: int, folder: Path) -> Self:
        """
        Raises:
            OSError: there is no room for it, or no such folder.
        """
        _check_room(size, folder)
        name = f"{PREFIX}{secrets.token_hex(8)}"
        file = os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600)
        try:
            os.posix_fallocate(file, 0, size)  # or else writing into a full folder would kill us
            fcntl.flock(file, fcntl.LOCK_EX)  # before it has a name: no sweep ever finds it free
            # src_dir_fd plays no part but to have the link followed, to the file itself.
            os.link(f"/proc/self/fd/{file}", folder / name, src_dir_fd=file)
            return cls(folder, name, size, mmap.mmap(file, size), file)
        except OSError:
            os.close(file)
            raise

    def write(self, array: Array) -> None:
        np.ndarray(array.shape, array.dtype, buffer=self.memory)[...] = array

    def remove(self) -> None:
        """Have it gone. Only for one that no server has."""
        (self.folder / self.name).unlink(missing_ok=True)
        self.abandon()

    def abandon(self) -> None:
        """Leave it to the next sweep."""
        self.memory.close()
        os.close(self.file)


def dead(folder: Path) -> Iterator[Path]:
    """The regions in `folder` whose process is gone, or has abandoned them."""
    return filter(_is_dead, folder.glob(f"{PREFIX}*"))


def _check_room(size: int, folder: Path) -> None:
    disk = os.statvfs(folder)
    if disk.f_bavail * disk.f_frsize - size < LEFT_FREE * disk.f_blocks * disk.f_frsize:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _is_dead(file: Path) -> bool:
    """Whether the process that made the region `file` is gone, or has abandoned it."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:  # gone, or of somebody else
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
