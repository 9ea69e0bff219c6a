"""What a library of some size takes, from what one photo took (deploy/units.json, `make scaling`).

python -m deploy.scaling            prints the tables of docs/scaling.md
python -m deploy.scaling --write    puts them there
"""

import argparse
import json
import math
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from deploy.day import Plant, played

ROOT = Path(__file__).resolve().parents[1]
UNITS, PAGE = ROOT / "deploy/units.json", ROOT / "docs/scaling.md"
LIBRARIES = (10**6, 10**8, 10**9)
DAY_S = 24 * 3600
# What is taken for granted; docs/scaling.md has a line about each.
ORIGINAL_MB = 4.0  # a photo of a telephone
TAKEN_IN_DAYS = 30
BUSY = 0.7  # of a processor, on average: the rest is for peaks, and for those that are away
GROWTH = 1 / 1000  # of the library, a day
CORES_OF_A_WORKER, CORES_OF_A_TRITON = 2, 4
PARTITION_PHOTOS = 10_000_000
DATABASE_TB, DATABASE_CORES = 4.0, 64  # of one machine


@dataclass(frozen=True)
class Units:
    """Of one photo: seconds of processors, statements, bytes."""

    measured: str  # when, and on what
    worker_s: float
    models_s: float
    database_s: float
    embedding_s: float  # all of them together
    statements: float
    faces: float
    pictures: int
    tables: int
    indexes: int
    vectors: int  # in their own indexes
    originals: int

    @classmethod
    def read(cls, file: Path = UNITS) -> Self:
        told: dict[str, Any] = json.loads(file.read_text())
        cpu, size = told["cpu_ms"], told["bytes"]
        return cls(
            measured=f"{told['photos']} photos, {told['machine']}, {told['day']}",
            worker_s=cpu["worker"] / 1000,
            models_s=cpu["models"] / 1000,
            database_s=cpu["database"] / 1000,
            embedding_s=sum(told["cpu_ms_embedding"].values()) / 1000,
            statements=told["statements"],
            faces=told["faces"],
            pictures=size["pictures"],
            tables=size["tables"],
            indexes=size["indexes"],
            vectors=size["vectors"],
            originals=size["originals"],
        )

    @property
    def total_s(self) -> float:
        return self.worker_s + self.models_s + self.database_s


@dataclass(frozen=True)
class Library:
    """So many photos, each of which takes `units`."""

    photos: int
    units: Units

    def cores(self, seconds: float, *, days: float = TAKEN_IN_DAYS) -> float:
        """Processors that give each photo so many seconds within `days`."""
        return self.photos * seconds / (days * DAY_S * BUSY)

    @property
    def workers(self) -> int:
        return math.ceil(self.cores(self.units.worker_s) / CORES_OF_A_WORKER)

    @property
    def tritons(self) -> int:
        return math.ceil(self.cores(self.units.models_s) / CORES_OF_A_TRITON)

    @property
    def database_tb(self) -> float:
        return self.photos * (self.units.tables + self.units.indexes + self.units.vectors) / 1e12

    @property
    def partitions(self) -> int:
        return math.ceil(self.photos / PARTITION_PHOTOS)

    @property
    def machines(self) -> int:
        """Of PostgreSQL: by what it stores, and by what it does."""
        by_size = self.database_tb / DATABASE_TB
        by_work = self.cores(self.units.database_s) / DATABASE_CORES
        return math.ceil(max(by_size, by_work))

    @property
    def statements_s(self) -> float:
        return self.photos * self.units.statements / (TAKEN_IN_DAYS * DAY_S)

    @property
    def embedding_days(self) -> float:
        """For all to be embedded anew, by the workers and Tritons that took them in."""
        cores = self.workers * CORES_OF_A_WORKER + self.tritons * CORES_OF_A_TRITON
        return self.photos * self.units.embedding_s / (cores * BUSY * DAY_S)

    @property
    def plant(self) -> Plant:
        """Half of the workers that took all in, and Tritons beside them, for what comes daily."""
        return Plant(
            photos_a_day=self.photos * GROWTH,
            photos_a_worker_s=CORES_OF_A_WORKER * BUSY / self.units.worker_s,
            most_workers=max(1, self.workers // 2),
        )


Row = tuple[str, Callable[[Library], str]]
TAKES: Sequence[Row] = (
    ("originals, at 4 MB", lambda it: _bytes(it.photos * ORIGINAL_MB * 1e6)),
    ("thumbnails and faces", lambda it: _bytes(it.photos * it.units.pictures)),
    ("tables", lambda it: _bytes(it.photos * it.units.tables)),
    ("indexes", lambda it: _bytes(it.photos * it.units.indexes)),
    ("indexes of vectors", lambda it: _bytes(it.photos * it.units.vectors)),
    ("faces", lambda it: _number(it.photos * it.units.faces)),
    ("processors, to take all in", lambda it: _number(it.cores(it.units.total_s))),
    ("... of them for models", lambda it: _number(it.cores(it.units.models_s))),
    ("workers", lambda it: _number(it.workers)),
    ("Tritons", lambda it: _number(it.tritons)),
    ("statements a second meanwhile", lambda it: _number(it.statements_s)),
    ("partitions", lambda it: _number(it.partitions)),
    ("machines for PostgreSQL", lambda it: _number(it.machines)),
    ("to embed all anew, with the same", lambda it: f"{it.embedding_days:.1f} days"),
)
DAY: Sequence[Row] = (
    ("photos a day", lambda it: _number(it.plant.photos_a_day)),
    ("workers at most", lambda it: _number(played(it.plant).workers)),
    ("photos that wait, at most", lambda it: _number(played(it.plant).waiting)),
    ("longest wait", lambda it: f"{played(it.plant).longest_wait_min:.0f} min"),
    ("hours of workers", lambda it: _number(played(it.plant).worker_hours)),
)


def table(rows: Sequence[Row], units: Units) -> str:
    head = ["", *(f"{_number(photos)} photos" for photos in LIBRARIES)]
    body = [[name, *(show(Library(n, units)) for n in LIBRARIES)] for name, show in rows]
    lines = [head, ["---"] + ["---:"] * len(LIBRARIES), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def unit_table(units: Units) -> str:
    rows = {
        f"one photo, of {units.measured}": "",
        "processor time of workers": f"{units.worker_s * 1000:.0f} ms",
        "... of models": f"{units.models_s * 1000:.0f} ms",
        "... of PostgreSQL": f"{units.database_s * 1000:.0f} ms",
        "... of all, for the vector of the photo alone": f"{units.embedding_s * 1000:.0f} ms",
        "statements": f"{units.statements:.0f}",
        "faces": f"{units.faces:.2f}",
        "bytes of its original": f"{units.originals:,}",
        "... of its thumbnail and faces": f"{units.pictures:,}",
        "... of its rows in tables": f"{units.tables:,}",
        "... of its entries in indexes": f"{units.indexes:,}",
        "... of its vectors in HNSW indexes": f"{units.vectors:,}",
    }
    (head, _), *body = rows.items()
    lines = [f"| {head} | |", "| --- | ---: |", *(f"| {name} | {it} |" for name, it in body)]
    return "\n".join(lines)


def tables(units: Units) -> dict[str, str]:
    """By the names that docs/scaling.md has for where they go."""
    return {"units": unit_table(units), "takes": table(TAKES, units), "day": table(DAY, units)}


def written(page: str, units: Units) -> str:
    """The page with the tables in their places: behind `<!-- NAME -->`."""
    for name, text in tables(units).items():
        place = re.compile(rf"<!-- {name} -->\n(?:\|.*\n)*")
        page, found = place.subn(f"<!-- {name} -->\n{text}\n", page)
        if found != 1:
            raise ValueError(f"The page has {found} places for the table {name}.")
    return page


def _bytes(count: float) -> str:
    for unit, size in (("PB", 1e15), ("TB", 1e12), ("GB", 1e9)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count / 1e6:.3g} MB"


def _number(count: float) -> str:
    return f"{math.ceil(count):,}" if count >= 1 else f"{count:.2g}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.scaling", description=__doc__)
    parser.add_argument("--write", action="store_true")
    units = Units.read()
    if parser.parse_args(arguments).write:
        PAGE.write_text(written(PAGE.read_text(), units))
        return
    for text in tables(units).values():
        sys.stdout.write(f"{text}\n\n")


if __name__ == "__main__":
    main()
