"""Which boxes of one photo are around the same face, whoever has drawn them."""

from collections.abc import Iterable, Sequence

import numpy as np

from inference.geometry import Box, overlaps

_SAME = 0.5  # intersection over union of two boxes around one face
_LEAST = 0.15  # of one around a face, and one around its head with hair and ears


def same_faces(boxes: Sequence[Box], others: Sequence[Box]) -> dict[int, int]:
    """For each of `boxes` that is around the same face as one of `others`: which, both by place.

    Each is used once; those that fit best find each other.
    """
    shares = overlaps(boxes, others)
    found: dict[int, int] = {}
    used: set[int] = set()
    for place in np.argsort(-shares, axis=None, kind="stable").tolist():
        row, column = divmod(place, len(others))
        if shares[row, column] < _LEAST:
            break
        if row in found or column in used:
            continue
        if _fit(boxes[row], others[column], shares[row, column]):
            found[row] = column
            used.add(column)
    return found


def covers(boxes: Iterable[Box], box: Box) -> bool:
    """Whether one of `boxes` is around the same face as `box`."""
    return any(_fit(box, each, box.iou(each)) for each in boxes)


def _fit(one: Box, other: Box, share: float) -> bool:
    """Programs draw boxes of different sizes around a face, but all have it in the middle."""
    if share >= _SAME:
        return True
    return share >= _LEAST and _has_middle(one, other) and _has_middle(other, one)


def _has_middle(one: Box, other: Box) -> bool:
    x, y = other.x + other.width / 2, other.y + other.height / 2
    return one.x <= x <= one.right and one.y <= y <= one.bottom
