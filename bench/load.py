"""Visitors of the whole service at once, by locust: they send, search, list people, look at photos.

The web server, workers, Triton and PostgreSQL of one machine, over the loopback, and locust beside
them on the same processors. First one visitor alone, then all: what the others do to each.
"""

import csv
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from os import environ
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from bench.figures import Asked, Bar, Bench, Better, Finding, Plot, Points, Remark
from bench.peers import PROGRAM, installed
from bench.stage import python, staged, whole
from bench.variants import Variants
from local.photos import packaged_photos
from local.stack import CHECKOUT, Surroundings

DATABASE = "kindred_bench_load"
MINUTES = 2.0  # with all visitors
VISITORS, OWNERS = 16, 4
EACH = 12  # photos of each owner, before
SENT = 60  # photos to send, in turn, each time with other bytes
ALONE_S = 20.0
FAR_S = 600.0  # until all that was sent has been looked at
COMING = 4  # visitors that come in a second
STEP_S = 2  # of a plot
KINDS = ("upload", "job", "search", "people", "clusters", "picture")
PARTS = {"p50": "50%", "p95": "95%", "p99": "99%"}  # and how locust calls them

ERRORS = Bar(
    "load_errors", "H", f"requests of {VISITORS} visitors that failed", "requests", "of",
    Better.LOWER, ratio=0.0,
)  # fmt: skip
LOOKED = Bar(
    "load_looked_at", "H", "photos sent meanwhile that were looked at in the end", "photos", "sent",
    ratio=1.0,
)  # fmt: skip
RATE = Bar("load_rate", "H", f"requests of {VISITORS} visitors", "requests/s", "one visitor alone")
TOOK = Bar(
    "load_{}_{}", "H", f"{{}}, among {VISITORS} visitors: {{}}", "ms", "one visitor alone",
    Better.LOWER,
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What locust tells of a run, in its own tables of comma-separated values."""

    kinds: Mapping[str, Mapping[str, str]]  # name of a kind of requests, or Aggregated
    history: Sequence[Mapping[str, str]]

    @classmethod
    def read(cls, prefix: Path) -> "Told":
        rows = _rows(Path(f"{prefix}_stats.csv"))
        history = _rows(Path(f"{prefix}_stats_history.csv"))
        return cls({row["Name"]: row for row in rows}, history)

    def ms(self, kind: str, part: str) -> float:
        return float(self.kinds[kind][PARTS[part]])

    def count(self, column: str) -> int:
        return int(self.kinds["Aggregated"][column])

    @property
    def accepted(self) -> int:
        """Photos that the service has said it will look at."""
        uploads = self.kinds["upload"]
        return int(uploads["Request Count"]) - int(uploads["Failure Count"])

    @property
    def per_second(self) -> float:
        return float(self.kinds["Aggregated"]["Requests/s"])

    def over_time(self, kind: str, column: str) -> Points:
        """Seconds from the beginning, and the column then: `N/A` where nothing was asked yet."""
        begin = int(self.history[0]["Timestamp"])
        rows = [row for row in self.history if row["Name"] == kind and row[column] != "N/A"]
        points = [(int(row["Timestamp"]) - begin, float(row[column])) for row in rows]
        return [(s, value) for s, value in points if s % STEP_S == 0]


def run(asked: Asked, console: Console) -> list[Finding]:
    installed()
    minutes, surroundings = asked.minutes or MINUTES, Surroundings.read()
    with ExitStack() as stack, console.status("load") as status:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="kindred-bench-")))
        settings = stack.enter_context(staged(surroundings, DATABASE, folder))
        running = stack.enter_context(whole(surroundings, settings, folder))
        files = packaged_photos(folder / "photos")
        status.update(f"load: {OWNERS} owners get {EACH} photos each")
        words = [OWNERS, EACH, *files]
        keys = python("bench.accounts", words, running.service.settings)["keys"]
        visits = Visits(running.url, _given(folder, keys, files), folder)
        status.update("load: one visitor")
        alone = visits.run("alone", 1, ALONE_S)
        status.update(f"load: {VISITORS} visitors, {minutes:g} minutes")
        crowd = visits.run("crowd", VISITORS, 60 * minutes)
        settled = python("bench.settling", ["visit-", FAR_S], running.service.settings)
    return found(alone, crowd, settled)


def _given(folder: Path, keys: Sequence[str], files: Sequence[Path]) -> Path:
    """What bench/visitors.py wants to know."""
    made, photos = Variants(files), folder / "sent"
    photos.mkdir()
    for number in range(SENT):
        (photos / f"{number:03}.jpg").write_bytes(made.jpeg(10_000 + number))
    given = folder / "visitors.json"
    given.write_text(json.dumps({"keys": keys, "folder": str(photos)}))
    return given


@dataclass(frozen=True)
class Visits:
    """Runs of locust at `url`."""

    url: str
    given: Path
    folder: Path

    def run(self, name: str, visitors: int, seconds: float) -> Told:
        prefix = self.folder / name
        words = {
            "locustfile": CHECKOUT / "bench" / "visitors.py",
            "host": self.url,
            "users": visitors,
            "spawn-rate": COMING,
            "run-time": f"{round(seconds)}s",
            "csv": prefix,
            "loglevel": "WARNING",
            "exit-code-on-error": 0,  # they are counted
        }
        options = [f"--{option}={value}" for option, value in words.items()]
        subprocess.run(  # noqa: S603  # our own words
            [
                PROGRAM,
                "-m",
                "locust",
                "--headless",
                "--only-summary",
                "--csv-full-history",
                *options,
            ],
            env={**environ, "VISITORS": str(self.given)},
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=sys.stderr,
        )
        return Told.read(prefix)


def found(alone: Told, crowd: Told, settled: Mapping[str, float]) -> list[Finding]:
    n = crowd.count("Request Count")
    sent = alone.accepted + crowd.accepted
    return [
        ERRORS.of(crowd.count("Failure Count"), n, beside=n),
        LOOKED.of(settled["done"], sent, beside=sent),
        RATE.of(crowd.per_second, n, beside=alone.per_second),
        *_times(alone, crowd),
        Plot(
            "Requests", "seconds", "requests/s",
            {kind: crowd.over_time(kind, "Requests/s") for kind in KINDS},
        ),
        Plot(
            "How long 95 of 100 take", "seconds", "ms",
            {kind: crowd.over_time(kind, "95%") for kind in KINDS},
        ),
        Remark(
            f"{VISITORS} visitors of {OWNERS} owners with {EACH} photos each; each waits .2 to 1 s "
            "between what they do. Photos that are sent have their faces looked at meanwhile, on "
            f"the same processors as everything else, locust too; the last was done "
            f"{settled['seconds']:.0f} s after the last visitor had gone."
        ),
    ]  # fmt: skip


def _times(alone: Told, crowd: Told) -> Iterator[Finding]:
    for kind in KINDS:
        n = int(crowd.kinds[kind]["Request Count"])
        for part in PARTS:
            yield TOOK.of(crowd.ms(kind, part), n, kind, part, beside=alone.ms(kind, part))


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


BENCH = Bench(
    "load", "Visitors of the whole service", run, (ERRORS, LOOKED, RATE, TOOK), alone=True
)
