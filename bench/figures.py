"""What a benchmark says, how it is kept and how it is shown."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """A measured value beside a reference measured in the same run."""

    name: str
    value: float
    unit: str
    reference: str
    reference_value: float
    n: int  # how many things were measured
    bar: float | None = None  # the ratio must not be below
    is_limit: bool = False  # or rather not above: less is better

    @property
    def ratio(self) -> float:
        return self.value / self.reference_value

    @property
    def missed(self) -> bool:
        if self.bar is None:
            return False
        return self.ratio > self.bar if self.is_limit else self.ratio < self.bar


def machine() -> str:
    return f"{os.cpu_count()} x {platform.machine()}, Python {platform.python_version()}"


def write(figures: Sequence[Figure], path: Path) -> None:
    """Write figures as JSON: a list, with their ratios and the machine."""
    rows = []
    for figure in figures:
        row = asdict(figure) | {"ratio": round(figure.ratio, 3), "machine": machine()}
        rows.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, indent=2) + "\n")


def show(figures: Sequence[Figure], console: Console) -> None:
    table = Table(title=machine())
    for column in ("figure", "value", "unit", "reference", "its value", "ratio", "bar", "n"):
        table.add_column(column, justify="left" if column in {"figure", "reference"} else "right")
    for f in figures:
        table.add_row(
            f.name,
            f"{f.value:.2f}",
            f.unit,
            f.reference,
            f"{f.reference_value:.2f}",
            f"[{'red' if f.missed else 'green'}]{f.ratio:.2f}[/]",
            "" if f.bar is None else f"{f.bar:.2f}",
            str(f.n),
        )
    console.print(table)
