"""Files whose content follows from their key."""

import os
import uuid
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


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
