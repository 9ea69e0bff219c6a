"""Lines of text as shapes: from a map of where text is to strips that can be read, in order.

Pure functions on arrays. A quad is four points x, y of a photo, clockwise: (4, 2) float32.
Source: the post-processing of Real-time Scene Text Detection with Differentiable Binarization,
Liao et al. 2020 (arXiv:1911.08947), with PaddleOCR's thresholds.
"""

from collections.abc import Sequence
from math import ceil

import cv2
import numpy as np

from inference.arrays import RGB, Array

STEP_PX = 32  # sides of the detector's input are multiples of this
TEXT_LEVEL = 76  # of 255: above it a pixel is text (0.3)
MIN_LIKELIHOOD = 0.5  # of a line: the mean of its pixels, 0 to 1
MAX_LINES = 1000  # a photo
MIN_CORE_PX = 3  # height of a line in the map, as it is found there
MIN_GROWN_PX = 5  # and as it is when grown
MIN_LINE_PX = 4  # of a line's width and height in the photo
GROWTH = 1.6  # the map has the cores of lines: their edges are moved out by this * area / perimeter
STEEP = 1.5  # a quad so many times higher than wide is a line that stands
SAME_ROW = 0.5  # lines whose middles are nearer than this share of a height are in one row
WIDTH_STEP_PX = 160  # strips of about the same length get one width, so that they share a batch
MIN_WIDTH_PX = 320  # of a strip: what recognisers are trained on
MAX_WIDTH_PX = 2560  # longer lines are squeezed
GREY = 127  # fills a strip up: next to what a recogniser takes for 0
_JOIN = np.ones((2, 2), np.uint8)  # closes gaps of one pixel


def fitted(image: RGB, longer_px: int) -> RGB:
    """`image` for the detector: its longer side is `longer_px`, both are multiples of STEP_PX."""
    scale = longer_px / max(image.shape[:2])
    rows, columns = (max(1, round(side * scale / STEP_PX)) for side in image.shape[:2])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    size = columns * STEP_PX, rows * STEP_PX
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)


def find_quads(probability: Array, width: int, height: int) -> list[Array]:
    """The lines in a map (h, w) uint8 of a photo of `width` x `height`, from their top left.

    One that stands is taken for text that runs downwards: it begins at its upper right.
    """
    mask = cv2.dilate((probability > TEXT_LEVEL).astype(np.uint8), _JOIN)
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    scale = np.array([width / mask.shape[1], height / mask.shape[0]])
    grown = [_grown(probability, contour) for contour in contours[:MAX_LINES]]
    quads = [_quad(corners * scale, width, height) for corners in grown if corners is not None]
    return [quad for quad in quads if min(size(quad)) >= MIN_LINE_PX]


def size(quad: Array) -> tuple[int, int]:
    """Width and height of the line, in whole pixels: the longer ones of its sides."""
    top, right, bottom, left = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    return int(max(top, bottom)), int(max(left, right))


def crop(image: RGB, quad: Array) -> RGB:
    """The line in `quad`, straightened: (height, width, 3)."""
    width, height = size(quad)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad, corners)
    line = cv2.warpPerspective(
        image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(line, np.uint8)


def strip(line: RGB, height: int, width: int) -> RGB:
    """`line` as high as the models take it, at the left of grey: (height, width, 3)."""
    filled = min(width, ceil(height * line.shape[1] / line.shape[0]))
    whole = np.full((height, width, 3), GREY, np.uint8)
    whole[:, :filled] = cv2.resize(line, (filled, height))
    return whole


def strip_width(line: RGB, height: int) -> int:
    """The width that `line` needs at `height`, rounded up to one that many lines have."""
    wanted: float = height * line.shape[1] / line.shape[0]
    stepped = ceil(wanted / WIDTH_STEP_PX) * WIDTH_STEP_PX
    return min(max(stepped, MIN_WIDTH_PX), MAX_WIDTH_PX)


def reading_order(quads: Sequence[Array]) -> list[int]:
    """Which of `quads` is read when: row by row from the top, each row from the left."""
    middles = [quad.mean(axis=0) for quad in quads]
    rows: list[list[int]] = []
    for line in sorted(range(len(quads)), key=lambda line: float(middles[line][1])):
        last = rows[-1][-1] if rows else line
        near = SAME_ROW * min(*size(quads[line]), *size(quads[last]))
        if rows and middles[line][1] - middles[last][1] < near:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: float(middles[line][0]))]


def _grown(probability: Array, contour: Array) -> Array | None:
    """The corners (4, 2) of the line around its core `contour`, or None if it is not likely one.

    All edges of a rectangle moved out: what others find by offsetting a polygon in whole pixels.
    """
    centre, (width, height), angle = cv2.minAreaRect(contour)
    core = cv2.boxPoints((centre, (width, height), angle))
    if min(width, height) < MIN_CORE_PX or _likelihood(probability, core) < MIN_LIKELIHOOD:
        return None
    distance = GROWTH * width * height / (2 * (width + height))
    grown = (width + 2 * distance, height + 2 * distance)
    if min(grown) < MIN_GROWN_PX:
        return None
    return np.asarray(cv2.boxPoints((centre, grown, angle)))


def _likelihood(probability: Array, corners: Array) -> float:
    """The mean inside `corners`, 0 to 1."""
    left, top = np.floor(corners.min(axis=0)).clip(0).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int)
    part = probability[top : bottom + 1, left : right + 1]
    inside = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(inside, [(corners - [left, top]).astype(np.int32)], 1)
    return float(cv2.mean(part, inside)[0]) / 255


def _quad(corners: Array, width: int, height: int) -> Array:
    """`corners` in any order, moved into a photo of this size, as a quad from its top left."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")].clip(0, [width - 1, height - 1])
    (top_left, low_left), (top_right, low_right) = (
        pair[np.argsort(pair[:, 1], kind="stable")] for pair in (by_x[:2], by_x[2:])
    )
    quad = np.array([top_left, top_right, low_right, low_left], np.float32)
    across, down = size(quad)
    return np.roll(quad, -1, axis=0) if down >= STEEP * across else quad
