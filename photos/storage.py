"""Files whose content follows from their key, and how those who may see one come to it."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOSPC, ENOTDIR
from pathlib import Path

from django.conf import settings
from django.core import signing
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.urls import reverse

from photos.errors import StorageFull

_NO_ROOM = (ENOSPC, EDQUOT)
_NOT_THERE = (ENOENT, ENOTDIR, EISDIR, ENAMETOOLONG, ELOOP)  # nor ever will be, without somebody
_SALT = "photos.signed"


class WholeFiles(FileSystemStorage):
    """A file is there as a whole, or not at all, and may be written again.

    It is written beside its place, and moved there when the disk has it: a reader never sees
    half of it, and being killed in between leaves the old one. Where it can't be written, the disk
    has its room back.

    Raises:
        StorageFull: there is no room for it.
    """

    def _save(self, name: str, content: File[bytes]) -> str:
        unfinished = f"{name}.{uuid.uuid4().hex}"
        with _room(), _gone_if_broken(Path(self.path(unfinished))) as path:
            super()._save(unfinished, content)  # type: ignore[misc]  # no stub
            with path.open("rb") as file:
                os.fsync(file.fileno())
            path.replace(self.path(name))
        return name


class SignedFiles(WholeFiles):
    """Whoever has a file's address may see it, for `SIGNED_URL_S` seconds."""

    def url(self, name: str | None) -> str:
        return reverse("signed-file", kwargs={"signed": signing.dumps(name, salt=_SALT)})


def signed_key(signed: str) -> str:
    """The key of the file that an address of SignedFiles is of.

    Raises:
        signing.BadSignature: the address is not ours, or too old.
    """
    key: str = signing.loads(signed, salt=_SALT, max_age=settings.SIGNED_URL_S)
    return key


def lacks_room(exc: OSError) -> bool:
    """Whether a disk, or a quota, was full."""
    return exc.errno in _NO_ROOM


def lacks_file(exc: OSError) -> bool:
    """Whether there is no such file, or none can be called so. Else a disk fails."""
    return exc.errno in _NOT_THERE


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        if not lacks_room(exc):
            raise
        raise StorageFull("There is no room left for files. Try again later.") from exc


@contextmanager
def _gone_if_broken(path: Path) -> Iterator[Path]:
    try:
        yield path
    except BaseException:
        path.unlink(missing_ok=True)
        raise
