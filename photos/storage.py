"""Files whose content follows from their key, and how those who may see one come to it."""

import os
import uuid
from pathlib import Path

from django.conf import settings
from django.core import signing
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.urls import reverse

_SALT = "photos.signed"


class WholeFiles(FileSystemStorage):
    """A file is there as a whole, or not at all, and may be written again.

    It is written beside its place, and moved there when the disk has it: a reader never sees
    half of it, and being killed in between leaves the old one.
    """

    def _save(self, name: str, content: File[bytes]) -> str:
        own = f"{name}.{uuid.uuid4().hex}"
        unfinished = Path(self.path(super()._save(own, content)))  # type: ignore[misc]  # no stub
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(self.path(name))
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
