"""`python -m bench [NAME]`: run the benchmarks, or the one named, and write the page of all.

Leaves what was measured in var/bench: `runs.jsonl`, every run there ever was; `results.json`, the
figures of this one; `index.html`, the page.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from rich.console import Console

from bench import machine
from bench.catalogue import BENCHES, LIGHT
from bench.figures import Asked, Bench, Figure, show
from bench.page import write
from bench.runs import Run, Runs, sorted_out
from local import LocalError
from local.stack import Surroundings

PAGE = "page"  # a name that runs none of them


@dataclass(frozen=True)
class Place:
    """Where results are kept."""

    folder: Path

    @property
    def runs(self) -> Runs:
        return Runs(self.folder / "runs.jsonl")

    @property
    def page(self) -> Path:
        return self.folder / "index.html"

    def keep(self, figures: Sequence[Figure]) -> None:
        """The figures of this run alone, as a list."""
        rows = [each.told() | {"machine": machine.short()} for each in figures]
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "results.json").write_text(json.dumps(rows, indent=2) + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=[*BENCHES, PAGE], help="only this one")
    parser.add_argument("--data", type=Path, help="a folder of photos (default: packaged ones)")
    parser.add_argument("--minutes", type=float, help="of what lasts as long as one likes")
    parser.add_argument("--photos", type=int, help="how many, where one may choose")
    given = parser.parse_args(arguments)
    if given.data and not given.data.is_dir():
        parser.error(f"{given.data} is not a folder")
    asked = Asked(given.data, given.minutes, given.photos)
    chosen = LIGHT if given.name is None else () if given.name == PAGE else (given.name,)
    surroundings = Surroundings.read()
    try:
        return Session(Place(surroundings.var / "bench"), asked, Console()).run(chosen)
    except LocalError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1


@dataclass(frozen=True)
class Session:
    """Some benchmarks, one after the other; each is kept as soon as it is done."""

    place: Place
    asked: Asked
    console: Console

    def run(self, names: Sequence[str]) -> int:
        """Gives the exit status: 1 if a figure is not what it has to be."""
        figures: list[Figure] = []
        if names:
            facts, load = machine.facts(), machine.load()
            with TemporaryDirectory(prefix="kindred-bench-") as folder:
                versions = machine.versions(Surroundings.read(), Path(folder))
        for name in names:
            run = self._measured(BENCHES[name], facts, versions, load)
            figures += run.figures
            self.place.runs.add(run)
            self.place.keep(figures)
            write(self.place.runs.all(), self.place.page)
            load = machine.load()
        if not names:
            write(self.place.runs.all(), self.place.page)
        if names:
            show(figures, self.console, machine.short())
        missed = [figure.name for figure in figures if figure.missed]
        if missed:
            self.console.print(f"[red]Below the bar: {', '.join(missed)}[/]")
        self.console.print(f"All of it, with what was before: {self.place.page}")
        return 1 if missed else 0

    def _measured(
        self, bench: Bench, facts: dict[str, str], versions: dict[str, str], load: float
    ) -> Run:
        at, start = datetime.now(UTC), perf_counter()
        findings = bench.run(self.asked, self.console)
        return Run(
            bench=bench.name,
            began_at=at.isoformat(timespec="seconds"),
            seconds=round(perf_counter() - start, 1),
            command=self._command(bench.name),
            machine=facts,
            versions=versions,
            load=round(load, 2),
            **sorted_out(findings),
        )

    def _command(self, name: str) -> str:
        asked = self.asked
        given = {
            "DATA": asked.data,
            "MINUTES": None if asked.minutes is None else f"{asked.minutes:g}",
            "PHOTOS": asked.photos,
        }
        words = (f"{word}={value}" for word, value in given.items() if value is not None)
        return " ".join(["make bench", f"NAME={name}", *words])


if __name__ == "__main__":
    sys.exit(main())
