"""Small plots that the server draws: where things stand in an SVG, in its own units.

Templates draw them (admin/plots/), with what they show in words beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT = 100  # of what is drawn; words stand below it
_STEP, _WIDEST = 28, 84  # from one bar to the next, at least and at most
ROOM = 480  # what few bars share
_GAP = 6  # between two
_LABEL = 40  # the width of a word below a bar
_WIDTH = 300  # of lines


@dataclass(frozen=True)
class Bar:
    label: str
    count: int
    x: int
    y: int
    height: int


@dataclass(frozen=True)
class Bars:
    """Columns side by side, as high as their counts."""

    bars: Sequence[Bar]
    width: int
    step: int  # from one to the next
    every: int  # of so many labels one is written, as others have no room

    @classmethod
    def of(cls, counts: Sequence[tuple[str, int]], *, room: int = ROOM) -> "Bars":
        """What is there at all can be seen. `room`: the width of a few; many have more."""
        most = max((count for _, count in counts), default=0)
        heights = [max(2, round(HEIGHT * count / most)) if count else 0 for _, count in counts]
        step = min(_WIDEST, max(_STEP, room // max(1, len(counts))))
        bars = [
            Bar(label, count, place * step, HEIGHT - height, height)
            for place, ((label, count), height) in enumerate(zip(counts, heights, strict=True))
        ]
        width = max(room, len(bars) * step)
        return cls(bars, width, step, -(-len(bars) * _LABEL // width) or 1)

    @property
    def bar_width(self) -> int:
        return self.step - _GAP

    @property
    def words(self) -> str:
        """All of it, for who can't see it."""
        return ", ".join(f"{bar.label}: {bar.count}" for bar in self.bars)


@dataclass(frozen=True)
class Line:
    """A curve from left to right, from `low` at the bottom to `high` at the top."""

    values: Sequence[float]
    low: float
    high: float

    @property
    def width(self) -> int:
        return _WIDTH

    @property
    def last(self) -> float:
        return self.values[-1]

    @property
    def points(self) -> str:
        """As an SVG polyline has them."""
        step = _WIDTH / max(1, len(self.values) - 1)
        span = (self.high - self.low) or 1.0
        places = [
            (round(number * step), round(HEIGHT * (1 - (value - self.low) / span)))
            for number, value in enumerate(self.values)
        ]
        if len(places) == 1:  # of one value a line, not a dot
            places.append((_WIDTH, places[0][1]))
        return " ".join(f"{x},{y}" for x, y in places)


def share(part: float, whole: float) -> int:
    """Percent, 0 to 100; 100 only where it is all, 0 only where it is nothing."""
    if part <= 0 or whole <= 0:
        return 0
    if part >= whole:
        return 100
    return min(99, max(1, round(100 * part / whole)))
