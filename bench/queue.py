"""The queue: what a claim and an end cost beside a peer, how soon work starts, how deep it may be.

`queue_claims_N`: N processes with one connection each empty a queue of empty items; ours and
procrastinate's take turns, on the same database of the same server, as durable as it is set up.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median_low
from tempfile import TemporaryDirectory

from rich.console import Console

from bench import depth
from bench.figures import Figure
from bench.stage import python, staged
from local.photos import packaged_photos
from local.processes import Command, Supervisor
from local.stack import CHECKOUT, Service, Surroundings

DATABASE = "kindred_bench_queue"
ROUNDS = 4
ITEMS = {1: 600, 4: 1000, 16: 1000}  # of a round, by workers
AT_ONCE = 10  # items of a claim, where several are claimed at once
PEER = "procrastinate, one at a time"
BAR = 1.0

SUBMISSIONS = 25
START_S = 0.3
PHOTOS = 10_000
SUBMIT_S = 5.0
STATUS_MS = 50.0


def run(data: Path | None, console: Console) -> list[Figure]:
    del data  # no photo is looked at
    surroundings = Surroundings.read()
    with (
        TemporaryDirectory(prefix="kindred-bench-") as place,
        staged(surroundings, DATABASE, Path(place)) as settings,
        console.status("queue") as status,
    ):
        status.update("queue: claims")
        figures = [figure for workers in ITEMS for figure in _claims(workers, settings)]
        status.update("queue: a job of many photos")
        figures += _submit(settings, console)
        status.update("queue: latency")
        figures += _latency(surroundings, settings, Path(place), console)
    return figures + depth.run(surroundings, console)


@dataclass(frozen=True)
class Round:
    """Items per second."""

    ours: float
    peers: float

    @property
    def ratio(self) -> float:
        return self.ours / self.peers


def _claims(workers: int, settings: dict[str, str]) -> list[Figure]:
    single, batched = [], []
    for _ in range(ROUNDS):
        peers = _peers(workers, settings)
        single.append(Round(_ours(workers, 1, settings), peers))
        batched.append(Round(_ours(workers, AT_ONCE, settings), peers))
    return [
        _figure(f"queue_claims_{workers}", single, workers),
        _figure(f"queue_claims_{workers}_by_{AT_ONCE}", batched, workers),
    ]


def _ours(workers: int, at_once: int, settings: dict[str, str]) -> float:
    ran = python("bench.queue_ours", [workers, ITEMS[workers], at_once], settings)
    return float(ITEMS[workers] / ran["seconds"])


def _peers(workers: int, settings: dict[str, str]) -> float:
    words = [settings["DATABASE_URL"], workers, ITEMS[workers]]
    return float(ITEMS[workers] / python("bench.queue_peer", words, settings)["seconds"])


def _figure(name: str, rounds: Sequence[Round], workers: int) -> Figure:
    """Of the round whose ratio is the median: both sides of it met the same machine."""
    middle = median_low(each.ratio for each in rounds)
    [one, *_] = [each for each in rounds if each.ratio == middle]
    n = ITEMS[workers] * len(rounds)
    return Figure(name, one.ours, "items/s", PEER, one.peers, n, bar=BAR)


def _submit(settings: dict[str, str], console: Console) -> list[Figure]:
    measured = python("bench.submitting", [PHOTOS], settings)
    console.print(f"Queries for the status of a job of {PHOTOS} photos: {measured['queries']}")
    return [
        _limit("queue_submit", measured["service_s"], "s", SUBMIT_S, PHOTOS),
        _limit("queue_submit_api", measured["api_s"], "s", SUBMIT_S, PHOTOS),
        _limit("queue_status", measured["status_ms"], "ms", STATUS_MS, PHOTOS),
        _limit("queue_status_api", measured["status_api_ms"], "ms", STATUS_MS, PHOTOS),
    ]


def _latency(
    surroundings: Surroundings, settings: dict[str, str], folder: Path, console: Console
) -> list[Figure]:
    """From the submission of a photo to its claim, by `manage.py worker` with nothing to do."""
    [photo, *_] = packaged_photos(folder / "photos")
    with surroundings.model_server(folder / "triton") as triton:
        service = Service(settings | {"TRITON_URL": triton.url})
        service.manage("models", "sync")
        worker = [sys.executable, "manage.py", "worker"]
        command = Command("worker", worker, service.settings, CHECKOUT)
        with Supervisor([command], log_folder=folder):
            ran = python("bench.latency", [SUBMISSIONS, photo], service.settings)
    seconds = sorted(ran["seconds"])
    most = seconds[round(0.95 * (len(seconds) - 1))]
    console.print(f"Idle, from submission to start: 95 of 100 within {most:.3f} s")
    return [_limit("queue_latency", median_low(seconds), "s", START_S, len(seconds))]


def _limit(name: str, value: float, unit: str, limit: float, n: int) -> Figure:
    return Figure(name, value, unit, "the limit", limit, n, bar=1.0, is_limit=True)
