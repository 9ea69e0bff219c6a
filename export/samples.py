"""Real photos as models get them, for comparing rewritten models with their originals."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image, ImageOps

from export.kinds import Array
from local.packages import fetch
from local.photos import INSIGHTFACE

GROUP = "insightface/data/images/t1.jpg"  # six people
FACES = (  # left, top and side of a square around each of them, in pixels
    (46, 258, 138),
    (730, 340, 138),
    (1112, 264, 128),
    (444, 260, 148),
    (262, 142, 122),
    (886, 52, 148),
)


def group(cache: Path) -> Image.Image:
    """A photo of six people; `cache` is where packages are kept."""
    with TemporaryDirectory() as folder:
        (path,) = fetch(INSIGHTFACE, [GROUP], Path(folder), cache=cache)
        with Image.open(path) as photo:
            return photo.convert("RGB")


def pictures(photo: Image.Image, side: int) -> Array:
    """The photo, its left half and its right half, with black bars: (3, side, side, 3) uint8."""
    middle = photo.width // 2
    left, right = (0, 0, middle, photo.height), (middle, 0, photo.width, photo.height)
    parts = [photo, photo.crop(left), photo.crop(right)]
    return np.stack([np.asarray(ImageOps.pad(part, (side, side))) for part in parts])


def faces(photo: Image.Image, side: int) -> Array:
    """The faces of the group, not aligned: (6, side, side, 3) uint8."""
    squares = [(left, top, left + size, top + size) for left, top, size in FACES]
    crops = [photo.resize((side, side), box=square) for square in squares]
    return np.stack([np.asarray(crop) for crop in crops])
