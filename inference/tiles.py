"""Other looks at a photo: faces may be too small, or too large, to be seen well in the whole of it.

From afar, the photo takes less of the input. The more of it a face takes, above a half, the less
exact its landmarks are. Of 12 faces that were cut out so that they fill a photo, they are .15 of
the distance of the eyes beside where they were before, and from afar .06; the mean cosine of their
vectors to those of before is .84, and .95. Faces that take .1 to .5 of the input are seen alike.

Tiles are parts of a large photo, for small faces. Measured with the packaged detector on six
mosaics of photos of groups, of 6 to 24 megapixels, with 688 faces that are 17 to 177 pixels wide:
the whole mosaics show 233 of them, their tiles 683, and 6 places more, of which one is the face of
a bystander. Tiles of 1280 pixels, half as many, show 654: faces of 24 pixels and more. Of seven
photos of groups, of 2 megapixels, two gain a bystander, and none loses a face.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from inference.arrays import RGB, Array
from inference.geometry import Box, Letterbox, letterbox

SIDE_PX = 960  # of a tile: a face of 17 pixels is just large enough for a detector of 640
MOST_TILES = 64  # of a photo: larger ones are cut into larger tiles
_SHARED = 5  # this part of a tile is its neighbour's too: a smaller face is whole in one of them
_WORTH = 1.5  # times SIDE_PX: a photo of fewer pixels does not gain by tiles
_NEAR_EDGE = 80  # this part of a tile from its edge, a box may be that of a part of a face
_INSIDE = 0.5  # of its own area: as much of a part of a face lies in the whole face
_AFAR = 0.4  # of the input's sides: what a photo takes that is looked at from afar
_TOO_LARGE = 0.5  # of the input's side: a larger face is seen less exactly


class Tiling(StrEnum):
    """When a photo is looked at in tiles too."""

    OFF = "off"
    AUTO = "auto"  # where the whole photo hints at several small faces
    ON = "on"  # where it is large


@dataclass(frozen=True)
class Tile:
    """A part of a photo, or all of it, in pixels of the photo."""

    x: int
    y: int
    width: int
    height: int
    filled: float = 1.0  # how much of the input's side it takes

    def letterbox(self, image: RGB, side: int) -> tuple[RGB, Letterbox]:
        """The part as a square of `side` pixels; points come back as those of the whole `image`."""
        part = image[self.y : self.y + self.height, self.x : self.x + self.width]
        square, fit = letterbox(part, side, self.filled)
        left, top = fit.left - self.x * fit.scale_x, fit.top - self.y * fit.scale_y
        return square, replace(fit, left=left, top=top)

    def from_afar(self) -> "Tile":
        """The same, smaller in the input."""
        return replace(self, filled=_AFAR)

    def is_filled_by(self, box: Box) -> bool:
        """Whether a face in `box` is too large in the input to be seen exactly."""
        of_input = self.filled / max(self.width, self.height)
        return max(box.width, box.height) * of_input > _TOO_LARGE

    def may_cut(self, box: Box, photo: "Tile") -> bool:
        """Whether `box` reaches an edge of this tile that is not an edge of `photo` as well."""
        near = max(self.width, self.height) / _NEAR_EDGE
        return (
            (self.x > photo.x and box.x < self.x + near)
            or (self.y > photo.y and box.y < self.y + near)
            or (self._right < photo.width and box.right > self._right - near)
            or (self._bottom < photo.height and box.bottom > self._bottom - near)
        )

    @property
    def _right(self) -> int:
        return self.x + self.width

    @property
    def _bottom(self) -> int:
        return self.y + self.height


def whole(image: RGB) -> Tile:
    height, width = image.shape[:2]
    return Tile(0, 0, width, height)


def tiles_of(photo: Tile) -> list[Tile]:
    """Tiles that overlap and cover `photo`, MOST_TILES at most; none of one that is small."""
    if max(photo.width, photo.height) < SIDE_PX * _WORTH:
        return []
    side = SIDE_PX
    while len(tiles := _grid(photo, side)) > MOST_TILES:
        side += side // _SHARED
    return tiles


def distinct(
    boxes: Sequence[Box], scores: Array, inexact: Array, *, max_iou: float, most: int
) -> list[int]:
    """Which of `boxes`, which have an area, are faces of their own: `most` at most, best first.

    As `nms`, with one more rule: what is `inexact` (n,) bool, as it is cut or too large, yields to
    what is not, however well it scores, and also where half of it lies in a better one: a part
    overlaps little with its face.
    """
    edges = np.array([(box.x, box.y, box.right, box.bottom) for box in boxes]).reshape(-1, 4)
    areas = np.array([box.area for box in boxes])
    kept: list[int] = []
    for row in np.lexsort((-scores, inexact)).tolist():
        common = _common(edges[row], edges[kept])
        doubles = common > max_iou * (areas[row] + areas[kept] - common)
        parts = inexact[row] & (common > _INSIDE * areas[row])
        if not (doubles | parts).any():
            kept.append(row)
        if len(kept) == most:
            break
    return sorted(kept, key=lambda row: (-scores[row], row))


def _grid(photo: Tile, side: int) -> list[Tile]:
    width, height = min(side, photo.width), min(side, photo.height)
    return [
        Tile(x, y, width, height)
        for y in _starts(photo.height, side)
        for x in _starts(photo.width, side)
    ]


def _starts(length: int, side: int) -> list[int]:
    """Where tiles begin that cover `length`, evenly."""
    shared = side // _SHARED
    count = max(1, -(-(length - shared) // (side - shared)))
    starts = np.linspace(0, max(0, length - side), count)
    return [round(float(start)) for start in starts]


def _common(edges: Array, others: Array) -> Array:
    """Pixels that the box with `edges` (4,) has in common with each of `others` (n, 4): (n,)."""
    corner, far_corner = np.maximum(edges[:2], others[:, :2]), np.minimum(edges[2:], others[:, 2:])
    areas: Array = (far_corner - corner).clip(min=0).prod(axis=1)
    return areas
