"""What was ever measured here: a line of JSON for each run of a benchmark, the latest last."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bench.figures import Figure, Finding, Plot, Remark


class Unreadable(Exception):
    """A line is not what was written: somebody changed it, or the disk was full."""


@dataclass(frozen=True)
class Run:
    """A benchmark, once: when, on what, and what came of it."""

    bench: str
    began_at: str  # ISO 8601, UTC
    seconds: float
    command: str
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    load: float  # processes that wanted a processor, in the minute before
    figures: Sequence[Figure]
    plots: Sequence[Plot] = ()
    remarks: Sequence[str] = ()

    def told(self) -> dict[str, Any]:
        parts = {name: [each.told() for each in getattr(self, name)] for name in _PARTS}
        return {**vars(self), **parts, "remarks": list(self.remarks)}

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        parts: dict[str, Any] = {
            name: [kind.read(each) for each in told[name]] for name, kind in _PARTS.items()
        }
        return cls(**{name: told[name] for name in cls.__dataclass_fields__} | parts)

    def figure(self, name: str) -> Figure | None:
        return next((each for each in self.figures if each.name == name), None)


_PARTS: Mapping[str, type[Figure | Plot]] = {"figures": Figure, "plots": Plot}


def sorted_out(findings: Sequence[Finding]) -> dict[str, Any]:
    """The parts of a run that are findings."""
    return {
        "figures": [each for each in findings if isinstance(each, Figure)],
        "plots": [each for each in findings if isinstance(each, Plot)],
        "remarks": [each.text for each in findings if isinstance(each, Remark)],
    }


@dataclass(frozen=True)
class Runs:
    """All of them, in `file`."""

    file: Path

    def add(self, run: Run) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a") as lines:
            lines.write(json.dumps(run.told(), allow_nan=False) + "\n")

    def of(self, bench: str) -> list[Run]:
        """Those of one benchmark, the first first."""
        return [run for run in self.all() if run.bench == bench]

    def all(self) -> list[Run]:
        """
        Raises:
            Unreadable: with the number of the line.
        """
        if not self.file.exists():
            return []
        lines = self.file.read_text().splitlines()
        return [self._read(number, line) for number, line in enumerate(lines, 1) if line]

    def _read(self, number: int, line: str) -> Run:
        try:
            return Run.read(json.loads(line))
        except (ValueError, KeyError, TypeError) as exc:
            raise Unreadable(
                f"Line {number} of {self.file} is not a run ({exc!r}): delete that line."
            ) from exc
