"""Pictures in all formats, as files have them."""

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from inference.arrays import RGB
from photos.images import Decoded, decode

MAX_PIXELS = 1_000_000


def gradient(width: int = 64, height: int = 48) -> RGB:
    """Pixels that survive lossy formats, and differ in all four corners."""
    across = np.linspace(0, 250, width, dtype=np.uint8)[None, :].repeat(height, axis=0)
    down = np.linspace(0, 250, height, dtype=np.uint8)[:, None].repeat(width, axis=1)
    return np.dstack([across, down, np.full_like(down, 90)])


def encode(image: Image.Image | RGB, file_format: str, **options: Any) -> bytes:
    file = BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(file, file_format, **options)
    return file.getvalue()


def read(data: bytes) -> Decoded:
    return decode(data, max_pixels=MAX_PIXELS)
