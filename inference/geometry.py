"""Geometry of photos and faces: pure functions on arrays. Points are x, y; x goes right, y down."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

import cv2
import numpy as np

from inference.arrays import RGB, Array

GREY = 114  # what fills a letterbox
MAX_RATIO = 16  # of a photo's sides, where only its middle is looked at
CROP_SIDE = 112  # of an aligned face, in pixels
# Where the eyes, the nose and the corners of the mouth are in an aligned face.
# Source: ArcFace (Deng et al. 2019), as used by InsightFace.
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655],
     [70.7299, 92.2041]],
    dtype=np.float32,
)  # fmt: skip


@dataclass(frozen=True)
class Box:
    """A rectangle, in pixels from the top left corner of a picture."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def area(self) -> float:
        return self.width * self.height

    @classmethod
    def from_array(cls, row: Array) -> Self:
        """From x, y, width, height (4,), as a detector gives them."""
        return cls(*map(float, row))

    @classmethod
    def between(cls, left: float, top: float, right: float, bottom: float) -> Self:
        """A box by its edges; edges in the wrong order leave no area."""
        return cls(left, top, max(0.0, right - left), max(0.0, bottom - top))

    def clipped(self, width: float, height: float) -> "Box":
        """What of the box lies in a picture of this size."""
        return Box.between(
            min(max(self.x, 0.0), width),
            min(max(self.y, 0.0), height),
            min(max(self.right, 0.0), width),
            min(max(self.bottom, 0.0), height),
        )

    def moved(self, x: float, y: float) -> "Box":
        return Box(self.x + x, self.y + y, self.width, self.height)

    def scaled(self, x: float, y: float) -> "Box":
        """The box in a picture that is `x` times as wide and `y` times as high."""
        return Box(self.x * x, self.y * y, self.width * x, self.height * y)

    def iou(self, other: "Box") -> float:
        """Intersection over union: 0 apart, 1 the same."""
        return float(overlaps([self], [other])[0, 0])


def overlaps(boxes: Sequence[Box], others: Sequence[Box]) -> Array:
    """Intersection over union of each of `boxes` with each of `others`: (n, m), 0 to 1."""
    ours, theirs = _edges(boxes)[:, None], _edges(others)[None]
    common = np.minimum(ours[..., 2:], theirs[..., 2:]) - np.maximum(ours[..., :2], theirs[..., :2])
    intersection = common.clip(min=0).prod(axis=-1)
    union = _areas(ours) + _areas(theirs) - intersection
    shares: Array = np.divide(intersection, union, out=np.zeros_like(union), where=union > 0)
    return shares


def nms(boxes: Sequence[Box], scores: Array, *, max_iou: float) -> list[int]:
    """Which of `boxes` stay, best first, when none may overlap a better one by more than `max_iou`.

    Source: greedy non-maximum suppression, Felzenszwalb et al. 2010.
    """
    overlap = overlaps(boxes, boxes)
    kept: list[int] = []
    for row in np.argsort(-scores, kind="stable").tolist():
        if (overlap[row, kept] <= max_iou).all():
            kept.append(row)
    return kept


@dataclass(frozen=True)
class Letterbox:
    """How a picture was fitted into a square: scaled, then moved."""

    scale_x: float
    scale_y: float
    left: float
    top: float

    def to_photo(self, points: Array) -> Array:
        """Points (..., 2) of the square -> the same points of the picture, float32."""
        moved = points - np.array([self.left, self.top])
        scaled: Array = moved / np.array([self.scale_x, self.scale_y])
        return scaled.astype(np.float32)

    def box_to_photo(self, box: Box) -> Box:
        return box.moved(-self.left, -self.top).scaled(1 / self.scale_x, 1 / self.scale_y)


class Fit(StrEnum):
    """How a photo of any shape becomes the input of a model."""

    LETTERBOX = "letterbox"  # whole, in its own shape, on grey
    STRETCH = "stretch"  # whole, in the input's shape
    CROP = "crop"  # its middle


def fitted(
    image: RGB, height: int, width: int, how: Fit, filled: float = 1.0
) -> tuple[RGB, Letterbox]:
    """`image`, of any size, as (height, width, 3), and how points come back from there.

    What is letterboxed takes as much of the sides as `filled` says, 0 to 1.
    """
    cut_x, cut_y = _ends(image) if how is Fit.CROP else (0, 0)
    image = image[cut_y : image.shape[0] - cut_y, cut_x : image.shape[1] - cut_x]
    rows, columns = image.shape[:2]
    scale_x, scale_y = width / columns, height / rows
    if how is not Fit.STRETCH:
        fits = filled * min(scale_x, scale_y) if how is Fit.LETTERBOX else max(scale_x, scale_y)
        scale_x = scale_y = fits
    size = max(1, round(columns * scale_x)), max(1, round(rows * scale_y))
    shrinks = cv2.INTER_AREA if max(scale_x, scale_y) < 1 else cv2.INTER_LINEAR
    scaled = np.asarray(cv2.resize(image, size, interpolation=shrinks), dtype=np.uint8)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    back = Letterbox(size[0] / columns, size[1] / rows, left, top)
    if how is Fit.LETTERBOX:
        square = np.full((height, width, 3), GREY, np.uint8)
        square[top : top + size[1], left : left + size[0]] = scaled
        return square, back
    uncut = replace(back, left=left - cut_x * back.scale_x, top=top - cut_y * back.scale_y)
    return scaled[-top : -top + height, -left : -left + width], uncut


def _ends(image: RGB) -> tuple[int, int]:
    """What of the ends of a very long photo, on each side, is not worth scaling: x, y."""
    height, width = image.shape[:2]
    most = MAX_RATIO * min(height, width)
    return max(0, width - most) // 2, max(0, height - most) // 2


def shrunk(image: RGB, longer_px: int) -> RGB:
    """`image` with a longer side of `longer_px` at most, in its own shape."""
    scale = longer_px / max(image.shape[:2])
    if scale >= 1:
        return image
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def letterbox(image: RGB, side: int, filled: float = 1.0) -> tuple[RGB, Letterbox]:
    """Fit `image`, of any size, into a square of `side` pixels, keeping its shape, on grey.

    `filled`: how much of the side its longer one takes, 0 to 1.
    """
    return fitted(image, side, side, Fit.LETTERBOX, filled)


def similarity(source: Array, target: Array) -> Array:
    """The matrix (2, 3) that turns, scales and moves `source` (n, 2) closest to `target`.

    Least squares, without mirroring; points that are all the same are not scaled. With points
    as complex numbers, turning and scaling is one factor: what is solved is factor * s = t.
    Source: Umeyama 1991, in two dimensions.
    """
    s, t = (points.astype(np.float64) @ [1, 1j] for points in (source, target))
    s_mean, t_mean = s.mean(), t.mean()
    spread = np.vdot(s - s_mean, s - s_mean).real
    factor = np.vdot(s - s_mean, t - t_mean) / spread if spread > 0 else 1
    move = t_mean - factor * s_mean
    return np.array([[factor.real, -factor.imag, move.real], [factor.imag, factor.real, move.imag]])


def align(image: RGB, landmarks: Array, size: int = CROP_SIDE) -> RGB:
    """The face with `landmarks` (5, 2), upright and centred, as (size, size, 3)."""
    matrix = similarity(landmarks, TEMPLATE * (size / CROP_SIDE))
    crop = cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR)
    return np.asarray(crop, dtype=np.uint8)


def _edges(boxes: Sequence[Box]) -> Array:
    """Left, top, right, bottom: (n, 4) float64."""
    rows = [(box.x, box.y, box.right, box.bottom) for box in boxes]
    return np.array(rows, np.float64).reshape(-1, 4)


def _areas(edges: Array) -> Array:
    size: Array = edges[..., 2:] - edges[..., :2]
    areas: Array = size.prod(axis=-1)
    return areas
