"""New photos made of others: another part, another light, so that no two are the same."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

SIDE = 640  # pixels of the longer side
_LEAST = 0.7  # of each side, that is kept
_LIGHT = (0.85, 1.15)
_QUALITY = 85


class Variants:
    """Of the photos in `files`: the same ones for the same numbers."""

    def __init__(self, files: Sequence[Path], *, side: int = SIDE) -> None:
        pictures = (cv2.imread(str(file)) for file in files)
        self._originals = [_fit(picture, side) for picture in pictures if picture is not None]

    def jpeg(self, number: int) -> bytes:
        random = np.random.default_rng(number)
        original = self._originals[number % len(self._originals)]
        height, width = original.shape[:2]
        kept = random.uniform(_LEAST, 1, 2) * (height, width)
        top, left = (random.random(2) * ((height, width) - kept)).astype(int)
        part = original[top : top + int(kept[0]), left : left + int(kept[1])]
        lit = np.clip(part * random.uniform(*_LIGHT), 0, 255).astype(np.uint8)
        return cv2.imencode(".jpg", lit, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()


def _fit(picture: np.ndarray, side: int) -> np.ndarray:
    scale = min(1.0, side / max(picture.shape[:2]))
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
