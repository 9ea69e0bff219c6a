"""Where the labels of boxes stand, so that none hides another. Lengths are pixels of the photo."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from search.display import Area

_LETTER = 0.6  # width of a letter, as a part of the height of the text
_LINE = 1.3  # height of a line, likewise


@dataclass(frozen=True)
class Label:
    """In a corner of its box. One that found no room there is shown when it is pointed at."""

    x: float  # of its left top, from the box's left
    y: float  # and from the box's top
    has_room: bool


def size(words: str, text_px: float) -> tuple[float, float]:
    """Width and height of a label, about."""
    return (len(words) + 1) * text_px * _LETTER, text_px * _LINE


def place(
    boxes: Iterable[tuple[Area, str]], text_px: float, taken: Sequence[Area] = ()
) -> list[Label]:
    """A label for each box with its words; the first come first. `taken`: where others stand."""
    occupied = list(taken)
    labels = []
    for box, words in boxes:
        label = _label(box, size(words, text_px), occupied)
        if label.has_room:
            occupied.append((box[0] + label.x, box[1] + label.y, *size(words, text_px)))
        labels.append(label)
    return labels


def _label(box: Area, size: tuple[float, float], occupied: Sequence[Area]) -> Label:
    left, top, *room = box
    right, bottom = room[0] - size[0], room[1] - size[1]
    for x, y in ((0.0, 0.0), (0.0, bottom), (right, 0.0), (right, bottom)):
        area = (left + x, top + y, *size)
        if right >= 0 and not any(_overlap(area, other) for other in occupied):
            return Label(x, y, has_room=True)
    return Label(0, 0, has_room=False)


def _overlap(one: Area, other: Area) -> bool:
    return all(
        one[edge] < other[edge] + other[edge + 2] and other[edge] < one[edge] + one[edge + 2]
        for edge in (0, 1)
    )
