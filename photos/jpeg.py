"""JPEG, the format of nearly all photos, decoded in half of pillow's time by OpenCV.

OpenCV has no limits that we can set for one photo, so they are checked on the bytes: whichever
frame of the file its decoder may come to, that frame has been looked at here.
"""

import re

import cv2
import numpy as np

from inference.arrays import RGB
from photos.errors import ImageTooLarge, ImageTruncated

FORMATS = frozenset({"JPEG", "MPO"})  # pillow's names; MPO has more pictures behind the first
MODES = frozenset({"L", "RGB"})  # pillow's; of CMYK it knows more than OpenCV does
MAX_SCANS = 100  # progressive photos have about 10; each is a pass over all pixels
FRAME = re.compile(  # marker, length, bits per sample, height, width, number of components
    rb"\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf]\0[\x0b\x0e\x11\x14][\x08\x0c\x10](..)(..)[\x01-\x04]",
    re.DOTALL,
)
SCAN = re.compile(
    rb"\xff\xda\0(?:\x08\x01|\x0a\x02|\x0c\x03|\x0e\x04)"
)  # marker, length, components


def decode(data: bytes, size: tuple[int, int], max_pixels: int) -> RGB:
    """The pixels of a photo that pillow found to be of `size`, (width, height).

    Raises:
        ImageTooLarge: it has too many pixels, or passes over them.
        ImageTruncated: it is damaged.
    """
    _check(data, max_pixels)
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as exc:
        raise ImageTruncated("The photo is damaged.") from exc
    if pixels is None or pixels.shape != (size[1], size[0], 3):
        raise ImageTruncated("The photo is cut off or damaged.")
    return np.asarray(pixels, np.uint8)


def _check(data: bytes, max_pixels: int) -> None:
    for height, width in FRAME.findall(data):
        if int.from_bytes(height) * int.from_bytes(width) > max_pixels:
            raise ImageTooLarge(f"The photo has more than {max_pixels / 1e6:g} million pixels.")
    if len(SCAN.findall(data)) > MAX_SCANS:
        raise ImageTooLarge(f"The photo has more than {MAX_SCANS} passes over its pixels.")
