"""Which part of a photo a region is: as pixels of the upright photo, and as files say it."""

import math
from dataclasses import astuple, dataclass
from typing import Self

from inference.geometry import Box

MAX_REGIONS = 200  # of a photo
MAX_NAME = 200  # letters
SAME_SHAPE = 0.01  # by which a ratio of sides may differ: a small picture has rounded ones
DIGITS = 2  # of a pixel
# How the upright photo comes from the stored one, by EXIF orientation: whether x and y are
# swapped first, then whether left and right, and whether top and bottom.
TURNS = {
    1: (False, False, False),
    2: (False, True, False),
    3: (False, True, True),
    4: (False, False, True),
    5: (True, False, False),
    6: (True, True, False),
    7: (True, True, True),
    8: (True, False, True),
}

Size = tuple[float, float]  # width, height


@dataclass(frozen=True)
class Region:
    """Who is where. `box` is in pixels of the upright photo."""

    name: str
    box: Box

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > MAX_NAME:
            raise ValueError(f"A name has 1 to {MAX_NAME} letters, this one {len(self.name)}.")
        if not all(map(math.isfinite, astuple(self.box))) or self.box.area <= 0:
            raise ValueError(f"{self.box} is no box with an area.")


@dataclass(frozen=True)
class Frame:
    """The picture that the numbers in a file are of, as shares of its sides, 0 to 1."""

    width: float  # of the upright photo, in pixels
    height: float
    orientation: int  # EXIF, 1 to 8, that the picture is stored in

    @classmethod
    def named(cls, applied: Size | None, upright: Size, orientation: int) -> Self | None:
        """The frame of regions that were applied to a picture of size `applied`, if known.

        That is the stored picture, as the guidelines say, be it smaller or larger. Some programs
        mean what they showed, the upright one: we know by its sides. Any other shape is that of
        another picture (this one was cut, or turned, since): None, for no place in it is known.
        """
        stored = cls(*upright, orientation)
        if applied is None or _same_shape(applied, stored.stored_size):
            return stored
        return cls(*upright, 1) if _same_shape(applied, upright) else None

    @property
    def stored_size(self) -> Size:
        swapped, *_ = TURNS[self.orientation]
        return (self.height, self.width) if swapped else (self.width, self.height)

    def to_upright(self, shares: Box) -> Box:
        """`shares` of the stored picture in pixels of the upright one, as far as they are in it."""
        swapped, *mirrored = TURNS[self.orientation]
        turned = _mirrored(_swapped(shares) if swapped else shares, *mirrored)
        box = turned.scaled(self.width, self.height).clipped(self.width, self.height)
        x, y = round(box.x, DIGITS), round(box.y, DIGITS)
        return Box(x, y, round(box.right - x, DIGITS), round(box.bottom - y, DIGITS))

    def from_upright(self, box: Box) -> Box:
        swapped, *mirrored = TURNS[self.orientation]
        turned = _mirrored(box.scaled(1 / self.width, 1 / self.height), *mirrored)
        return _swapped(turned) if swapped else turned


def _same_shape(one: Size, other: Size) -> bool:
    return math.isclose(one[0] * other[1], one[1] * other[0], rel_tol=SAME_SHAPE)


def _swapped(shares: Box) -> Box:
    return Box(shares.y, shares.x, shares.height, shares.width)


def _mirrored(shares: Box, across: bool, down: bool) -> Box:  # noqa: FBT001  # a row of TURNS
    x = 1 - shares.right if across else shares.x
    y = 1 - shares.bottom if down else shares.y
    return Box(x, y, shares.width, shares.height)
