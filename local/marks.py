"""What is marked in a photo, in which colours, and where the labels go so that they can be read."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import cycle, product
from typing import Self

from local.findings import Box, Face, TextLine, Thing
from local.report import Outcome, Report

# Colours that are easily told apart: warm ones for people, cold ones for things.
# Source: Sasha Trubetskoy, "List of 20 simple, distinct colors".
PEOPLE = ("#e6194b", "#f58231", "#ffe119", "#f032e6", "#fabed4", "#800000", "#ffd8b1", "#9a6324")
THINGS = ("#42d4f4", "#4363d8", "#3cb44b", "#dcbeff", "#aaffc3", "#911eb4", "#469990", "#a9a9a9")
TEXT = "#bfef45"
NOBODY = "#ffffff"  # a face of no group

MOST_THINGS = 40  # of a photo, the surest ones
MOST_LINES = 100
MOST_LETTERS = 28  # of a label
LABEL_ON_LABEL = 4  # times as bad as a label on a face

Point = tuple[float, float]


class Kind(IntEnum):
    """What is marked; a lower number chooses the place of its label earlier."""

    FACE = 1
    THING = 2
    TEXT = 3


@dataclass(frozen=True)
class Mark:
    """A shape in pixels of the photo, its corners in order, and what is written beside it."""

    kind: Kind
    corners: Sequence[Point]
    colour: str
    label: str

    def scaled(self, scale: float) -> "Mark":
        corners = [(scale * x, scale * y) for x, y in self.corners]
        return Mark(self.kind, corners, self.colour, self.label)

    @property
    def bounds(self) -> "Area":
        across, down = zip(*self.corners, strict=True)
        return Area(min(across), min(down), max(across), max(down))


@dataclass(frozen=True)
class Area:
    left: float
    top: float
    right: float
    bottom: float

    @property
    def size(self) -> float:
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    def moved_into(self, picture: tuple[int, int]) -> "Area":
        """As near as it can be to where it is, inside a picture of this width and height."""
        width, height = self.right - self.left, self.bottom - self.top
        left = max(0.0, min(self.left, picture[0] - width))
        top = max(0.0, min(self.top, picture[1] - height))
        return Area(left, top, left + width, top + height)

    def shared(self, other: "Area") -> float:
        """How many square pixels both have."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Area(left, top, right, bottom).size


@dataclass(frozen=True)
class Legend:
    """Names and colours that are the same in all photos of a report."""

    names: Mapping[str, str]  # of groups of faces, by their ids
    people: Mapping[str, str]  # colours of these
    things: Mapping[str, str]  # colours of classes

    @classmethod
    def of(cls, report: Report) -> Self:
        """The most frequent classes of things get colours of their own; so do the first people."""
        seen = Counter(thing.label for each in report.outcomes for thing in each.scene.things)
        labels = [label for label, _ in seen.most_common()]
        return cls(
            names=report.titles,
            people=dict(zip(report.titles, cycle(PEOPLE), strict=False)),
            things=dict(zip(labels, cycle(THINGS), strict=False)),
        )

    def marks(self, outcome: Outcome) -> list[Mark]:
        """What to draw of a photo: text below, then things, large ones first, then faces."""
        surest = sorted(outcome.scene.things, key=lambda thing: -thing.confidence)[:MOST_THINGS]
        large_first = sorted(surest, key=lambda thing: -thing.box.width * thing.box.height)
        return [
            *(_of_text(line) for line in outcome.scene.lines[:MOST_LINES]),
            *(self._of_thing(thing) for thing in large_first),
            *(self._of_face(face) for face in outcome.faces),
        ]

    def _of_face(self, face: Face) -> Mark:
        group = face.cluster or ""
        name, colour = self.names.get(group, "face"), self.people.get(group, NOBODY)
        return Mark(Kind.FACE, _corners(face.box), colour, _short(name))

    def _of_thing(self, thing: Thing) -> Mark:
        label = f"{_short(thing.label)} {thing.confidence:.0%}"
        return Mark(Kind.THING, _corners(thing.box), self.things[thing.label], label)


def _of_text(line: TextLine) -> Mark:
    return Mark(Kind.TEXT, line.quad, TEXT, _short(line.text))


def _corners(box: Box) -> list[Point]:
    right, bottom = box.x + box.width, box.y + box.height
    return [(box.x, box.y), (right, box.y), (right, bottom), (box.x, bottom)]


def _short(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else text[:MOST_LETTERS].rstrip() + "…"


def place(
    marks: Sequence[Mark], sizes: Sequence[tuple[float, float]], picture: tuple[int, int]
) -> list[Area | None]:
    """Where the label of each of `marks` goes, its width and height being in `sizes`.

    Labels lie inside the picture; on each other, on faces and on text only where nothing else is
    left. Faces choose first, then things. Text that has no free place has no label.
    """
    obstacles = [mark.bounds for mark in marks if mark.kind is not Kind.THING]
    places: list[Area | None] = [None] * len(marks)
    taken: list[Area] = []
    for number in sorted(range(len(marks)), key=lambda number: marks[number].kind):
        spots = [each.moved_into(picture) for each in _spots(marks[number], sizes[number])]
        costs = [_cost(spot, taken, obstacles) for spot in spots]
        if marks[number].kind is not Kind.TEXT or not min(costs):
            places[number] = spots[costs.index(min(costs))]
            taken.append(spots[costs.index(min(costs))])
    return places


def _spots(mark: Mark, size: tuple[float, float]) -> Iterator[Area]:
    """For the label of `mark`, best first: outside before inside. Text has the next line below."""
    shape, (width, height) = mark.bounds, size
    tops = (shape.top - height, shape.bottom, shape.top, shape.bottom - height)
    for top, left in product(tops, (shape.left, shape.right - width)):
        if mark.kind is not Kind.TEXT or top < shape.top:
            yield Area(left, top, left + width, top + height)


def _cost(spot: Area, taken: Sequence[Area], obstacles: Sequence[Area]) -> float:
    labels = sum(spot.shared(other) for other in taken)
    return LABEL_ON_LABEL * labels + sum(spot.shared(other) for other in obstacles)
