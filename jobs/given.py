"""JSON from outside, taken value by value: what is wrong with it is named by its place."""

import base64
import binascii
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inference.arrays import Array
from inference.geometry import Box
from jobs.errors import FindingsInvalid
from photos.errors import PhotoError
from photos.images import decode, has_only_pixels

_LENGTH_TOLERANCE = 0.01  # of a vector: half precision on a GPU
_EDGE_TOLERANCE = 0.01  # pixels: what rounding may move an edge
_JPEG_BYTES_PER_PIXEL = 4  # more than any real one has; its headers are in _JPEG_HEAD_BYTES
_JPEG_HEAD_BYTES = 2000


@dataclass(frozen=True)
class Given:
    """A value that somebody sent, and where it stood. Taking it as what it is not raises:

    Raises:
        FindingsInvalid: naming the place, what is wrong, and what to send.
    """

    value: Any
    place: str = ""

    def wrong(self, sentence: str) -> FindingsInvalid:
        return FindingsInvalid(f"{self.place}: {sentence}" if self.place else sentence)

    def members(self) -> dict[str, "Given"]:
        if not isinstance(self.value, Mapping):
            raise self.wrong("give an object.")
        return {name: Given(value, self._at(name)) for name, value in self.value.items()}

    def __getitem__(self, name: str) -> "Given":
        found = self.members().get(name)
        if found is None:
            raise Given(None, self._at(name)).wrong("it is missing.")
        return found

    def each(self, *, most: int) -> list["Given"]:
        if not isinstance(self.value, list):
            raise self.wrong("give a list.")
        if len(self.value) > most:
            raise self.wrong(f"{len(self.value)} are too many: give {most} at most.")
        return [Given(value, f"{self.place}[{n}]") for n, value in enumerate(self.value)]

    def number(self, least: float, most: float) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.wrong("give a number.")
        if not least <= self.value <= most:  # also refuses what is not finite
            raise self.wrong(f"give a number from {least:g} to {most:g}.")
        return float(self.value)

    def whole(self, least: int, most: int) -> int:
        if not isinstance(self.value, int):
            raise self.wrong("give a whole number.")
        return int(self.number(least, most))

    def fraction(self) -> float:
        return self.number(0, 1)

    def text(self, *, most: int) -> str:
        """Text that the database takes, of one letter at least."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.wrong("give some text.")
        if len(self.value) > most:
            raise self.wrong(f"give {most} letters at most.")
        if re.search("[\0\ud800-\udfff]", self.value):
            raise self.wrong("there is a letter that no text has: NUL, or half of a pair.")
        return self.value

    def one_of(self, known: Sequence[str] | Mapping[str, Any] | set[str]) -> str:
        if not isinstance(self.value, str) or self.value not in known:
            raise self.wrong("it is not known here.")
        return self.value

    def data(self, *, most: int) -> bytes:
        """Bytes in base64."""
        if not isinstance(self.value, str):
            raise self.wrong("give bytes in base64.")
        if len(self.value) > 4 * math.ceil(most / 3):
            raise self.wrong(f"give {most} bytes at most.")
        try:
            return base64.b64decode(self.value, validate=True)
        except (binascii.Error, ValueError) as exc:
            raise self.wrong("give bytes in base64.") from exc

    def vector(self, dimension: int) -> Array:
        """(dimension,) float32 of length 1, little endian in base64."""
        size = 4 * dimension
        data = self.data(most=size)
        if len(data) != size:
            raise self.wrong(f"give {dimension} numbers of 4 bytes.")
        numbers = np.frombuffer(data, "<f4").astype(np.float32)
        if not np.isfinite(numbers).all():
            raise self.wrong("there is a number that is not finite.")
        if abs(float(np.linalg.norm(numbers)) - 1) > _LENGTH_TOLERANCE:
            raise self.wrong("the vector is not of length 1.")
        return numbers

    def points(self, count: int, width: float, height: float, *, beyond: float = 0) -> Array:
        """(count, 2) float32 in a picture of this size, or so many times its size around it."""
        rows = self.each(most=count)
        if len(rows) != count:
            raise self.wrong(f"give {count} points.")
        low, high = -beyond, 1 + beyond
        points = [
            (x.number(low * width, high * width), y.number(low * height, high * height))
            for x, y in (row.pair() for row in rows)
        ]
        return np.array(points, np.float32)

    def pair(self) -> tuple["Given", "Given"]:
        row = self.each(most=2)
        if len(row) != 2:  # noqa: PLR2004  # a pair
            raise self.wrong("give two numbers: x, y.")
        return row[0], row[1]

    def box(self, width: float, height: float) -> Box:
        """A box of a pixel at least, inside of a picture of this size."""
        row = self.each(most=4)
        if len(row) != 4:  # noqa: PLR2004  # a box
            raise self.wrong("give four numbers: x, y, width, height.")
        x, y = row[0].number(0, width), row[1].number(0, height)
        box = Box(x, y, row[2].number(1, width), row[3].number(1, height))
        if box.right > width + _EDGE_TOLERANCE or box.bottom > height + _EDGE_TOLERANCE:
            raise self.wrong(f"the box is not inside the photo of {width:g} x {height:g} pixels.")
        return box.clipped(width, height)

    def jpeg(self, *, side: int) -> bytes:
        """A whole JPEG of `side` pixels at most, in base64, that carries nothing but pixels."""
        data = self.data(most=_JPEG_HEAD_BYTES + _JPEG_BYTES_PER_PIXEL * side**2)
        try:
            decoded = decode(data, max_pixels=side**2)
        except PhotoError as exc:
            raise self.wrong(str(exc)) from exc
        if decoded.format != "JPEG" or max(decoded.width, decoded.height) > side:
            raise self.wrong(f"give a JPEG whose sides have {side} pixels at most.")
        if not has_only_pixels(data):
            raise self.wrong("the JPEG carries more than pixels.")
        return data

    def _at(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name
