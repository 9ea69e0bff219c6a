"""The photos of a folder, and what they are called."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# What people call a photo, readable here or not: one that is not shows up with its error.
ENDINGS = {
    *(".avif", ".bmp", ".gif", ".heic", ".heif", ".jfif", ".jpe"),
    *(".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"),
}


class FolderError(Exception):
    """A folder that cannot be used; the message says why, for people to read."""


@dataclass(frozen=True)
class Photo:
    """A file, and its name as people know it: the path from their folder."""

    name: str
    path: Path


def photos_of(folder: Path) -> list[Photo]:
    """All files below `folder` that are called like a photo, in the order of their names.

    Hidden ones are left out, and links to folders are not followed. A folder that may not be
    read counts as a photo that cannot be.

    Raises:
        FolderError: there is no such folder, or no photo in it.
    """
    if not folder.is_dir():
        raise FolderError(f"{folder} is not a folder.")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise FolderError(f"{folder} may not be read.")
    photos = [Photo(_name(path, folder), path) for path in sorted(_files(folder))]
    if not photos:
        raise FolderError(f"There is no photo in {folder} ({', '.join(sorted(ENDINGS))}).")
    return photos


def _files(folder: Path) -> Iterator[Path]:
    closed: list[Path] = []
    for parent, folders, files in os.walk(folder, onerror=lambda exc: closed.append(_of(exc))):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in files if _is_photo(name))
    yield from closed


def _of(error: OSError) -> Path:
    return Path(str(error.filename))


def _is_photo(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in ENDINGS


def _name(path: Path, folder: Path) -> str:
    """As text: the bytes of a file's name may be none."""
    name = path.relative_to(folder).as_posix()
    return os.fsencode(name).decode(errors="replace")
