"""The queue: what a claim and an end cost beside a peer, how soon work starts, how deep it may be.

`queue_claims_N`: N processes with one connection each empty a queue of empty items; ours,
procrastinate's and django-q2's take turns, on the same database of the same server, as durable as
it is set up.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median_low
from tempfile import TemporaryDirectory

from rich.console import Console

from bench import depth
from bench.figures import Asked, Bar, Bench, Better, Figure
from bench.stage import python, staged
from local.photos import packaged_photos
from local.processes import Command, Supervisor
from local.stack import CHECKOUT, Service, Surroundings

DATABASE = "kindred_bench_queue"
ROUNDS = 4
ITEMS = {1: 600, 4: 1000, 16: 1000}  # of a round, by workers
Q2_TASKS = 300
AT_ONCE = 10  # items of a claim, where several are claimed at once
SUBMISSIONS = 25
PHOTOS = 10_000

CLAIMS = Bar(
    "queue_claims_{}", "C", "empty items one at a time, workers: {}", "items/s",
    "procrastinate, one at a time", ratio=1.0,
)  # fmt: skip
BATCHED = Bar(
    "queue_claims_{}_by_{}", "C", "empty items, workers: {}, items of a claim: {}", "items/s",
    "procrastinate, one at a time", ratio=1.0,
)  # fmt: skip
Q2 = Bar(
    "queue_q2_{}", "C", "empty items one at a time, workers: {}", "items/s",
    "django-q2's cluster of as many",
)  # fmt: skip
SUBMIT = Bar(
    "queue_submit", "C", f"a job of {PHOTOS:,} photos is asked for", "s", "limit",
    Better.LOWER, 5.0, 1.0,
)  # fmt: skip
SUBMIT_API = replace(SUBMIT, names="queue_submit_api", says=f"{SUBMIT.says} through the API")
STATUS = Bar("queue_status", "C", "how far that job is", "ms", "limit", Better.LOWER, 50.0, 1.0)
STATUS_API = replace(STATUS, names="queue_status_api", says=f"{STATUS.says}, by the API")
LATENCY = Bar(
    "queue_latency", "C", "from submission to start, idle: the middle", "s", "limit",
    Better.LOWER, 0.3, 1.0,
)  # fmt: skip


def run(_asked: Asked, console: Console) -> list[Figure]:
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
    beside_q2 = [Round(single[-1].ours, _q2s(workers, settings))]  # it is slow: once is enough
    return [
        _figure(CLAIMS, single, workers, workers),
        _figure(BATCHED, batched, workers, workers, AT_ONCE),
        _figure(Q2, beside_q2, workers, workers),
    ]


def _ours(workers: int, at_once: int, settings: dict[str, str]) -> float:
    ran = python("bench.queue_ours", [workers, ITEMS[workers], at_once], settings)
    return float(ITEMS[workers] / ran["seconds"])


def _peers(workers: int, settings: dict[str, str]) -> float:
    words = [settings["DATABASE_URL"], workers, ITEMS[workers]]
    return float(ITEMS[workers] / python("bench.queue_peer", words, settings)["seconds"])


def _q2s(workers: int, settings: dict[str, str]) -> float:
    ran = python("bench.queue_q2", [workers, Q2_TASKS], settings)
    return float(Q2_TASKS / ran["seconds"])


def _figure(bar: Bar, rounds: Sequence[Round], workers: int, *varies: object) -> Figure:
    """Of the round whose ratio is the median: both sides of it met the same machine."""
    middle = median_low(each.ratio for each in rounds)
    [one, *_] = [each for each in rounds if each.ratio == middle]
    n = ITEMS[workers] * len(rounds)
    return bar.of(one.ours, n, *varies, beside=one.peers)


def _submit(settings: dict[str, str], console: Console) -> list[Figure]:
    measured = python("bench.submitting", [PHOTOS], settings)
    console.print(f"Queries for the status of a job of {PHOTOS} photos: {measured['queries']}")
    return [
        SUBMIT.of(measured["service_s"], PHOTOS),
        SUBMIT_API.of(measured["api_s"], PHOTOS),
        STATUS.of(measured["status_ms"], PHOTOS),
        STATUS_API.of(measured["status_api_ms"], PHOTOS),
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
    return [LATENCY.of(median_low(seconds), len(seconds))]


BENCH = Bench(
    "queue",
    "The queue beside others, and how deep it may be",
    run,
    (BATCHED, CLAIMS, Q2, SUBMIT, SUBMIT_API, STATUS, STATUS_API, LATENCY, depth.DEPTH),
)
