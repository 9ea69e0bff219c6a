"""Lines for SVG: where they go, so that a template has nothing to compute.

Pictures are drawn in the page itself and not by matplotlib: that would bring 60 MB of packages, and
PNGs neither follow the reader's choice of light or dark nor say their numbers to a screen reader.
The admin's plots are drawn in the same way.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.figures import Plot, Points, number

WIDTH, HEIGHT = 640, 220  # of a chart
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 10, 26  # of its edges
SPARK_WIDTH, SPARK_HEIGHT, SPARK_EDGE = 84, 24, 3
_TICKS = 5
_MOST = 300  # points of a line: more can't be seen


@dataclass(frozen=True)
class Tick:
    at: str
    label: str


@dataclass(frozen=True)
class Line:
    name: str
    number: str  # of its colour
    points: str
    last: str  # value


@dataclass(frozen=True)
class Chart:
    title: str
    unit: str
    x: str
    lines: Sequence[Line]
    across: Sequence[Tick]  # ticks along the bottom
    up: Sequence[Tick]
    words: str  # for who does not see it


@dataclass(frozen=True)
class Spark:
    """A small line of what was measured, run after run."""

    points: str
    x: str
    y: str
    words: str


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high`, at pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        span = self.high - self.low or 1.0
        return self.start + (value - self.low) / span * (self.end - self.start)


def chart(plot: Plot) -> Chart:
    """What goes up begins at 0: else growth of a hundredth would look like a mountain."""
    points = [point for line in plot.lines.values() for point in line] or [(0.0, 0.0)]
    across = Scale(min(x for x, _ in points), max(x for x, _ in points) or 1.0, LEFT, WIDTH - RIGHT)
    highest = max(y for _, y in points) or 1.0
    ticks = list(_ticks(0.0, highest))
    up = Scale(0.0, max(highest, ticks[-1]), HEIGHT - BOTTOM, TOP)
    return Chart(
        plot.title,
        plot.unit,
        plot.x,
        _lines(plot.lines, across, up),
        [Tick(_px(across.at(x)), _short(x)) for x in _ticks(across.low, across.high)],
        [Tick(_px(up.at(y)), _short(y)) for y in ticks],
        _words(plot),
    )


def spark(values: Sequence[float]) -> Spark | None:
    """None for what was measured once: that is no line."""
    if len(values) < 2:  # noqa: PLR2004  # a line has two ends
        return None
    across = Scale(0, len(values) - 1, SPARK_EDGE, SPARK_WIDTH - SPARK_EDGE)
    up = Scale(min(values), max(values), SPARK_HEIGHT - SPARK_EDGE, SPARK_EDGE)
    if min(values) == max(values):
        up = Scale(min(values) - 1, max(values) + 1, up.start, up.end)
    points = [(across.at(place), up.at(value)) for place, value in enumerate(values)]
    x, y = points[-1]
    words = f"{len(values)} runs: {', '.join(map(number, values))}"
    return Spark(_joined(points), _px(x), _px(y), words)


def _lines(lines: Mapping[str, Points], across: Scale, up: Scale) -> list[Line]:
    return [
        Line(
            name,
            str(place),
            _joined([(across.at(x), up.at(y)) for x, y in _thinned(points)]),
            number(points[-1][1]) if points else "",
        )
        for place, (name, points) in enumerate(lines.items())
    ]


def _thinned(points: Points) -> Points:
    step = math.ceil(len(points) / _MOST) or 1
    return [*points[:-1:step], *points[-1:]]


def _ticks(low: float, high: float) -> Iterator[float]:
    """Round numbers from `low` to `high`: a few, steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / _TICKS or 1.0
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= rough * (1 - 1e-9))
    place = math.ceil(low / step)
    while place * step <= high * (1 + 1e-9):
        yield place * step
        place += 1


def _words(plot: Plot) -> str:
    told = (
        f"{name} from {number(points[0][1])} to {number(points[-1][1])}"
        for name, points in plot.lines.items()
        if points
    )
    return f"{plot.title}, {plot.unit} by {plot.x}: {'; '.join(told)}"


def _joined(points: Points) -> str:
    return " ".join(f"{_px(x)},{_px(y)}" for x, y in points)


def _px(value: float) -> str:
    return f"{value:.1f}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"  # noqa: PLR2004
