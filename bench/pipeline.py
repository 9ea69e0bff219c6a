"""Photos per second through the queue, beside a plain loop over the same models.

Both get the same photos in turn, several times, and the same number of threads for the models.
`pipeline` finds faces, and its peer is the whole loop; `photo_all` does all operations, and its
peer is what the models alone take in such a loop.
"""

import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from bench.figures import Asked, Bar, Bench, Better, Figure
from bench.memory import peaks_mb
from bench.stage import copies, python
from local.album import photos_of
from local.database import Database
from local.photos import packaged_photos
from local.processes import Command, Supervisor
from local.stack import CHECKOUT, Service, Surroundings

ROUNDS = 3
LEAST = 60  # photos of a round; fewer are sent several times, as other content
THREADS = 2  # of the models, as their config.pbtxt has them for a CPU
DATABASE = "kindred_bench"
FACES, ALL = "faces", "all"  # operations

PIPELINE = Bar(
    "pipeline", "A", "faces of photos, through the queue", "photos/s",
    "plain loop, same models and threads", ratio=0.80,
)  # fmt: skip
PHOTO_ALL = Bar(
    "photo_all", "B", "photos with all operations, through the queue", "photos/s",
    "the models alone, same threads", ratio=0.80,
)  # fmt: skip
MEMORY = Bar(
    "worker_memory", "B", "the largest worker process meanwhile", "MB", "limit",
    Better.LOWER, 400.0, 1.0,
)  # fmt: skip


def run(asked: Asked, console: Console) -> list[Figure]:
    rounds = _rounds("pipeline", FACES, asked.data, console)
    return [_figure(PIPELINE, rounds, "seconds")]


def run_all(asked: Asked, console: Console) -> list[Figure]:
    rounds = _rounds("photo_all", ALL, asked.data, console)
    for name, seconds in sorted(rounds[-1].plain["model_s"].items(), key=lambda pair: -pair[1]):
        console.print(f"  {name:<30} {1000 * seconds / rounds[-1].plain['photos']:7.1f} ms")
    peak = max(each.peak_mb for each in rounds)
    return [_figure(PHOTO_ALL, rounds, "models_s"), MEMORY.of(peak, len(rounds))]


@dataclass(frozen=True)
class Round:
    """What the plain loop and the queue say of the same photos."""

    plain: dict[str, Any]
    queue: dict[str, Any]
    peak_mb: float  # of the largest worker process


def _rounds(name: str, operation: str, data: Path | None, console: Console) -> list[Round]:
    surroundings = Surroundings.read()
    with TemporaryDirectory(prefix="kindred-bench-") as place, console.status(name) as status:
        folder = Path(place)
        originals = _originals(data, folder)
        with surroundings.database_server() as server:
            database = Database(server, DATABASE)
            database.drop()
            database.create()
            with surroundings.model_server(folder / "triton") as triton:
                settings = {
                    "DATABASE_URL": database.url,
                    "TRITON_URL": triton.url,
                    "MEDIA_ROOT": str(folder / "media"),
                    "INTAKE_ROOT": str(folder / "intake"),
                }
                measure = Measurement(
                    name, operation, settings, folder, surroundings.repository, status.update
                )
                rounds = measure.rounds(originals)
            database.drop()
    _explain(rounds[-1], console)
    return rounds


def _originals(data: Path | None, folder: Path) -> list[Path]:
    if data is None:
        return packaged_photos(folder / "photos")
    return [photo.path for photo in photos_of(data)]


@dataclass(frozen=True)
class Measurement:
    """Both sides, round by round; `settings` are those of the service."""

    name: str
    operation: str
    settings: dict[str, str]
    folder: Path
    repository: Path
    say: Callable[[str], None]

    def rounds(self, originals: Sequence[Path]) -> list[Round]:
        Service(self.settings).prepare()
        worker = Command("worker", [sys.executable, "manage.py", "worker"], self.settings, CHECKOUT)
        with Supervisor([worker], log_folder=self.folder):
            self._queue(copies(originals[:4], self.folder / "warm-up", 4))
            return [self._round(number, originals) for number in range(ROUNDS)]

    def _round(self, number: int, originals: Sequence[Path]) -> Round:
        files = copies(originals, self.folder / f"round-{number}", max(LEAST, len(originals)))
        where = f"{self.name}, round {number + 1} of {ROUNDS}"
        self.say(f"{where}: the plain loop, {len(files)} photos")
        words = [self.repository, THREADS, self.operation, *files]
        plain = python("bench.plain", words, self.settings)
        plain["models_s"] = sum(plain["model_s"].values())
        self.say(f"{where}: the queue, {len(files)} photos")
        queue = self._queue(files)
        return Round(plain, queue, max(peaks_mb(self.settings["DATABASE_URL"], "worker")))

    def _queue(self, files: Sequence[Path]) -> dict[str, Any]:
        return python("bench.through_queue", [self.operation, *files], self.settings)


def _figure(bar: Bar, rounds: Sequence[Round], seconds: str) -> Figure:
    """`seconds`: what the plain loop is measured by."""
    queue = statistics.median(per_second(each.queue, "seconds") for each in rounds)
    plain = statistics.median(per_second(each.plain, seconds) for each in rounds)
    return bar.of(queue, sum(each.queue["photos"] for each in rounds), beside=plain)


def per_second(result: dict[str, Any], seconds: str) -> float:
    return float(result["photos"] / result[seconds])


def _explain(last: Round, console: Console) -> None:
    """Where the time went, in the last round."""
    plain, queue = last.plain, last.queue
    console.print(f"Faces: {plain['faces']} by the plain loop, {queue['faces']} by the queue")
    for stage, seconds in sorted(queue["stage_s"].items(), key=lambda pair: -pair[1]):
        console.print(f"  {stage:<10} {1000 * seconds / queue['photos']:7.1f} ms of each photo")


BENCH = Bench("pipeline", "Faces of photos, through the queue", run, (PIPELINE,))
BENCH_ALL = Bench(
    "photo_all", "Photos with all operations, through the queue", run_all, (PHOTO_ALL, MEMORY)
)
