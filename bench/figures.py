"""What all benchmarks want and find, in one shape: bars; figures, lines over time, remarks."""

import fnmatch
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from rich.console import Console
from rich.table import Table

DIGITS, MOST_BEHIND = 3, 6  # of a number that is shown


class Better(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"


class Verdict(StrEnum):
    MET = "met"
    MISSED = "missed"
    TOLD = "told"  # nothing is demanded


@dataclass(frozen=True)
class Bar:
    """What figures are beside, and what is demanded of them: said once, by their benchmark.

    `names` has `{}` for what varies. `limit`: a number that they are beside; without one it is a
    peer, measured in the same run. `ratio`: to that, which is to be reached, or where lower is
    better not to be passed.
    """

    names: str
    issue: str  # its letter
    says: str  # what is measured, in words
    unit: str
    reference: str
    better: Better = Better.HIGHER
    limit: float | None = None
    ratio: float | None = None

    def of(self, value: float, n: int, *varies: object, beside: float | None = None) -> "Figure":
        """The figure that was measured `n` times, `beside` what a peer did."""
        reference_value = self.limit if beside is None else beside
        if reference_value is None:
            raise ValueError(f"{self.names} has no limit: say what its peer did.")
        return Figure(
            name=self.names.format(*varies),
            issue=self.issue,
            says=self.says.format(*varies),
            value=value,
            unit=self.unit,
            reference=self.reference,
            reference_value=reference_value,
            n=n,
            better=self.better,
            bar=self.ratio,
        )

    def covers(self, name: str) -> bool:
        return fnmatch.fnmatchcase(name, self.names.replace("{}", "*"))


@dataclass(frozen=True)
class Figure:
    """A measured value beside a limit, or beside a peer of the same run."""

    name: str
    issue: str
    says: str
    value: float
    unit: str
    reference: str
    reference_value: float
    n: int  # how many things were measured
    better: Better = Better.HIGHER
    bar: float | None = None  # the ratio that is demanded

    @property
    def ratio(self) -> float | None:
        """To what it is beside; None where that is nothing."""
        return self.value / self.reference_value if self.reference_value else None

    @property
    def verdict(self) -> Verdict:
        if self.bar is None:
            return Verdict.TOLD
        wanted = self.bar * self.reference_value
        lower = self.better is Better.LOWER
        return Verdict.MET if (self.value <= wanted if lower else self.value >= wanted) else MISSED

    @property
    def missed(self) -> bool:
        return self.verdict is MISSED

    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        ratio = None if self.ratio is None else round(self.ratio, 3)
        return {**vars(self), "ratio": ratio, "verdict": self.verdict}

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        """One that `told` wrote."""
        given = {name: told[name] for name in cls.__dataclass_fields__}
        return cls(**{**given, "better": Better(told["better"])})


MISSED = Verdict.MISSED

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Plot:
    """Lines over time, or over what was done: each of points (x, y) in the order of x."""

    title: str
    x: str  # what is along the bottom
    unit: str  # of what goes up
    lines: Mapping[str, Points]

    def told(self) -> dict[str, Any]:
        return dict(vars(self))

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        lines = {name: [(x, y) for x, y in points] for name, points in told["lines"].items()}
        return cls(told["title"], told["x"], told["unit"], lines)


@dataclass(frozen=True)
class Remark:
    """What one must know to read the figures: what was run, and what could not be."""

    text: str


Finding = Figure | Plot | Remark


@dataclass(frozen=True)
class Asked:
    """What the command line says; what it does not say is the benchmark's own choice."""

    data: Path | None = None  # a folder of photos
    minutes: float | None = None
    photos: int | None = None


@dataclass(frozen=True)
class Bench:
    """One benchmark. It runs with all others, or if it takes long only when it is asked for."""

    name: str
    title: str
    run: Callable[[Asked, Console], Sequence[Finding]]
    bars: Sequence[Bar]
    alone: bool = False

    def bar_of(self, figure: str) -> Bar | None:
        return next((bar for bar in self.bars if bar.covers(figure)), None)


def number(value: float) -> str:
    """With the digits that count, as people write them."""
    if not value:
        return "0"
    behind = DIGITS - 1 - math.floor(math.log10(abs(value)))  # the point
    written = f"{value:,.{max(0, min(behind, MOST_BEHIND))}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def show(figures: Sequence[Figure], console: Console, title: str) -> None:
    table = Table(title=title)
    table.add_column("figure", no_wrap=True)
    for column in ("value", "unit", "beside", "its value", "ratio", "bar", "n"):
        table.add_column(column, justify="left" if column == "beside" else "right")
    for f in figures:
        table.add_row(
            f.name,
            number(f.value),
            f.unit,
            f.reference,
            number(f.reference_value),
            "" if f.ratio is None else f"[{'red' if f.missed else 'green'}]{f.ratio:.2f}[/]",
            "" if f.bar is None else f"{f.bar:.2f}",
            str(f.n),
        )
    console.print(table)
