"""Where the files are that belong to the rows, and walking over them in one order."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.storage import storages

from faces.matchers import ROLE


@dataclass(frozen=True)
class Kept:
    """A file: in which folder of folders() it is, and its path there."""

    place: str
    path: str
    size: int
    mtime_ns: int

    @property
    def order(self) -> tuple[str, tuple[str, ...]]:
        return self.place, tuple(self.path.split("/"))


def folders() -> Mapping[str, Path]:
    """What a backup has. Heads that were trained lie among the other models, which are built."""
    return {
        "heads": Path(settings.MODEL_REPOSITORY),
        "intake": Path(storages["intake"].path("")),
        "media": Path(storages["default"].path("")),
        "results": Path(storages["results"].path("")),
        "trainings": Path(settings.TRAININGS_ROOT),
    }


def walk() -> Iterator[Kept]:
    """All files, sorted by Kept.order. What goes meanwhile may be left out."""
    for place, root in sorted(folders().items()):
        wanted = _is_head if place == "heads" else _any
        for path, stat in _files(root, "", wanted):
            yield Kept(place, path, stat.st_size, stat.st_mtime_ns)


def _any(_name: str) -> bool:
    return True


def _is_head(name: str) -> bool:
    return name.startswith(f"{ROLE}.")


def _files(
    root: Path, inside: str, wanted: Callable[[str], bool]
) -> Iterator[tuple[str, os.stat_result]]:
    try:
        with os.scandir(root / inside) as found:
            entries = sorted((each for each in found if wanted(each.name)), key=lambda e: e.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        path = f"{inside}{entry.name}"
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(root, f"{path}/", _any)
            elif entry.is_file(follow_symlinks=False):
                yield path, entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
