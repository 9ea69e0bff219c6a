"""Whether what the service keeps grows while it looks at thousands of photos.

Memory and open files of the web server, the workers and the model server, and connections to the
database. Growth is that of the middle slope (Theil and Sen: a few peaks do not move it) from the
end of the warm-up to the last photo, in percent of what was there in the middle.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.console import Console
from scipy.stats import theilslopes

from bench.figures import Asked, Bar, Bench, Better, Figure, Finding, Plot, Points, Remark
from bench.stage import python, staged, whole
from bench.variants import SIDE
from local.photos import packaged_photos
from local.stack import Surroundings

DATABASE = "kindred_bench_memory"
PHOTOS = 10_000
MINUTES = 60.0  # at most
ALL_EACH = 20  # one photo of so many has all operations done
WARM = 0.3  # of all photos: what fills once has filled by then
LIMIT = 5.0  # percent
PARTS = ("web", "workers", "models")
LEAST = 10  # samples that a slope is made of

MEMORY = Bar(
    "memory_{}", "H", "memory (RSS) of {}: growth after the warm-up", "%", "limit",
    Better.LOWER, LIMIT, 1.0,
)  # fmt: skip
FILES = Bar(
    "files_{}", "H", "open files of {}: growth after the warm-up", "%", "limit",
    Better.LOWER, LIMIT, 1.0,
)  # fmt: skip
CONNECTIONS = Bar(
    "connections", "H", "connections to the database: growth after the warm-up", "%", "limit",
    Better.LOWER, LIMIT, 1.0,
)  # fmt: skip
DONE = Bar(
    "memory_photos", "H", "photos that were looked at meanwhile, without a failure", "photos",
    "sent", Better.HIGHER, None, 1.0,
)  # fmt: skip

Sample = dict[str, Any]


def run(asked: Asked, console: Console) -> list[Finding]:
    """Feed the whole service with photos, all of them different."""
    photos, minutes = asked.photos or PHOTOS, asked.minutes or MINUTES
    surroundings = Surroundings.read()
    with ExitStack() as stack, console.status(f"memory: {photos} photos"):
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="kindred-bench-")))
        settings = stack.enter_context(staged(surroundings, DATABASE, folder))
        running = stack.enter_context(whole(surroundings, settings, folder))
        files = packaged_photos(folder / "photos")
        words = [running.url, running.key, running.triton, photos, 60 * minutes, ALL_EACH, *files]
        told = python("bench.feeding", words, running.service.settings)
    return found(told, wanted=photos)


def found(told: dict[str, Any], *, wanted: int) -> list[Finding]:
    """What the samples of `bench.feeding` say."""
    samples = told["samples"]
    connected = [(each["photos"], each["connections"]) for each in samples]
    return [
        DONE.of(told["done"], told["sent"], beside=told["sent"]),
        *(_grown(MEMORY, samples, "mb", part) for part in PARTS),
        *(_grown(FILES, samples, "files", part) for part in PARTS),
        CONNECTIONS.of(growth(connected), len(samples)),
        _plot("Memory (RSS)", "MB", samples, "mb"),
        _plot("Memory of the largest process", "MB", samples, "largest"),
        _plot("Open files", "files", samples, "files"),
        Plot("Connections to the database", "photos", "connections", {"all": connected}),
        Remark(_what_was_run(told, wanted)),
    ]


def growth(points: Points) -> float:
    """By how many percent of its middle something has grown since the warm-up."""
    done, had = np.array(points, float).T
    warm = done >= WARM * done[-1]
    if warm.sum() < LEAST:
        raise SystemExit("Too few samples to say whether anything grows: let it run for longer.")
    slope = float(theilslopes(had[warm], done[warm]).slope)
    return 100 * slope * float(np.ptp(done[warm])) / max(1.0, float(np.median(had[warm])))


def _grown(bar: Bar, samples: Sequence[Sample], kind: str, part: str) -> Figure:
    return bar.of(growth(_points(samples, kind, part)), len(samples), part)


def _plot(title: str, unit: str, samples: Sequence[Sample], kind: str) -> Plot:
    return Plot(title, "photos", unit, {part: _points(samples, kind, part) for part in PARTS})


def _points(samples: Sequence[Sample], kind: str, part: str) -> Points:
    return [(each["photos"], round(each[kind][part], 1)) for each in samples]


def _what_was_run(told: dict[str, Any], wanted: int) -> str:
    minutes = told["seconds"] / 60
    short = "" if told["sent"] >= wanted else f", as the time was up before all {wanted:,}"
    failed = f" Failed: {told['failed']}." if told["failed"] else ""
    return (
        f"{told['sent']:,} photos in {minutes:.0f} minutes{short}: parts of the packages' photos, "
        f"of {SIDE} pixels at most, no two the same. One of {ALL_EACH} had all operations, the "
        f"others those of faces.{failed}"
    )


BENCH = Bench(
    "memory",
    "Memory, files and connections over ten thousand photos",
    run,
    (DONE, MEMORY, FILES, CONNECTIONS),
    alone=True,
)
