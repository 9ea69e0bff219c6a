"""Pictures for tests, made on the spot."""

import io
from functools import cache

import numpy as np
from PIL import Image

from inference.arrays import RGB


def noise(*, width: int = 64, height: int = 48, seed: int = 0) -> RGB:
    """Pixels (height, width, 3) without meaning; another seed gives other ones."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return np.asarray(pixels, dtype=np.uint8)


@cache
def jpeg(*, width: int = 64, height: int = 48, seed: int = 0) -> bytes:
    file = io.BytesIO()
    Image.fromarray(noise(width=width, height=height, seed=seed)).save(file, "JPEG")
    return file.getvalue()
