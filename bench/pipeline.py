"""Photos per second through the queue, beside a plain loop over the same models.

Both get the same photos in turn, several times, and the same number of threads for the models.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from os import environ
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from bench.figures import Figure
from local.album import photos_of
from local.database import Database
from local.photos import packaged_photos
from local.processes import Command, Supervisor
from local.stack import CHECKOUT, Service, Surroundings

BAR = 0.80
ROUNDS = 3
LEAST = 60  # photos of a round; fewer are sent several times, as other content
THREADS = 2  # of the models, as their config.pbtxt has them for a CPU
DATABASE = "kindred_bench"


def run(data: Path | None, console: Console) -> list[Figure]:
    surroundings = Surroundings.read()
    with TemporaryDirectory(prefix="kindred-bench-") as name, console.status("pipeline") as status:
        folder = Path(name)
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
                rounds = _measure(
                    settings, originals, folder, surroundings.repository, status.update
                )
            database.drop()
    _explain(rounds, console)
    return [_figure(rounds)]


def _originals(data: Path | None, folder: Path) -> list[Path]:
    if data is None:
        return packaged_photos(folder / "photos")
    return [photo.path for photo in photos_of(data)]


def _measure(
    settings: dict[str, str], originals: Sequence[Path], folder: Path, repository: Path, say: Any
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """What the plain loop and the queue say, round by round."""
    Service(settings).manage("migrate", "--verbosity=0")
    worker = Command("worker", [sys.executable, "manage.py", "worker"], settings, CHECKOUT)
    rounds = []
    with Supervisor([worker], log_folder=folder):
        _through_queue(_copies(originals[:4], folder / "warm-up", 4), settings)
        for number in range(ROUNDS):
            files = _copies(originals, folder / f"round-{number}", max(LEAST, len(originals)))
            say(f"pipeline, round {number + 1} of {ROUNDS}: the plain loop, {len(files)} photos")
            plain = _python("bench.plain", [repository, THREADS, *files], {})
            say(f"pipeline, round {number + 1} of {ROUNDS}: the queue, {len(files)} photos")
            rounds.append((plain, _through_queue(files, settings)))
    return rounds


def _copies(originals: Sequence[Path], folder: Path, count: int) -> list[Path]:
    """`count` files that look like the originals; each has bytes of its own, so none is known."""
    folder.mkdir()
    copies = []
    for number in range(count):
        original = originals[number % len(originals)]
        copy = folder / f"{number:05}{original.suffix}"
        copy.write_bytes(original.read_bytes() + f"{folder.name} {number}".encode())
        copies.append(copy)
    return copies


def _through_queue(files: Sequence[Path], settings: dict[str, str]) -> dict[str, Any]:
    return _python("bench.through_queue", files, settings)


def _python(module: str, words: Sequence[object], settings: dict[str, str]) -> dict[str, Any]:
    """Run a module in a process of its own; gives the JSON that it prints."""
    ran = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-m", module, *map(str, words)],
        env={**environ, **settings},
        cwd=CHECKOUT,
        check=True,
        stdout=subprocess.PIPE,
    )
    result: dict[str, Any] = json.loads(ran.stdout)
    return result


def _figure(rounds: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> Figure:
    plain, queue = zip(*rounds, strict=True)
    return Figure(
        name="pipeline",
        value=statistics.median(_per_second(result) for result in queue),
        unit="photos/s",
        reference="plain loop, same models and threads",
        reference_value=statistics.median(_per_second(result) for result in plain),
        n=sum(result["photos"] for result in queue),
        bar=BAR,
    )


def _per_second(result: dict[str, Any]) -> float:
    return float(result["photos"] / result["seconds"])


def _explain(rounds: Sequence[tuple[dict[str, Any], dict[str, Any]]], console: Console) -> None:
    """Where the time went, in the last round."""
    plain, queue = rounds[-1]
    console.print(f"Faces: {plain['faces']} by the plain loop, {queue['faces']} by the queue")
    for stage, seconds in sorted(queue["stage_s"].items(), key=lambda pair: -pair[1]):
        console.print(f"  {stage:<8} {1000 * seconds / queue['photos']:7.1f} ms of each photo")
