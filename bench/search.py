"""Searching a million photos of several owners: by vectors, beside bare statements; by words."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.console import Console

from bench.figures import Asked, Bar, Bench, Better, Figure
from bench.stage import python, serving, staged
from local.stack import Service, Surroundings

DATABASE = "kindred_bench_search"
PHOTOS = 1_000_000

RECALL = Bar(
    "search_{}%_recall", "E", "of the ten best, an owner of {} % finds", "of ten", "exact",
    limit=1, ratio=0.95,
)  # fmt: skip
MIDDLE = Bar(
    "search_{}%_x{}_p50", "E", "a vector, owner of {} %, {} at once: the middle", "ms", "bare SQL",
    Better.LOWER,
)  # fmt: skip
SLOW = Bar(
    "search_{}%_x{}_p95", "E", "a vector, owner of {} %, {} at once: 95 of 100", "ms", "bare SQL",
    Better.LOWER, ratio=1.5,
)  # fmt: skip
ADD = Bar(
    "search_add", "E", "adding a vector to a million", "ms", "pgvector's ef_construction 64",
    Better.LOWER, ratio=2.0,
)  # fmt: skip
ADD_RATE = Bar(
    "search_add_rate", "E", "adding vectors one by one", "vectors/s",
    "pgvector's own settings, by hundreds, measured once", limit=349,
)  # fmt: skip
HTTP = Bar(
    "search_{}%_http_p50", "E", "a vector over HTTP, owner of {} %: more than its SQL, the middle",
    "ms more", "allowed", Better.LOWER, 5.0, 1.0,
)  # fmt: skip
WORDS = Bar(
    "search_{}%_words_p95", "E", "first page of a question, owner of {} %: 95 of 100", "ms",
    "allowed", Better.LOWER, 100.0, 1.0,
)  # fmt: skip
_PROGRAM, _REQUESTS = "bench.search_statements", "bench.search_requests"


def run_1m(_asked: Asked, console: Console) -> list[Figure]:
    """What is found and how fast, by owners' shares and by how many ask at once; and additions."""
    surroundings = Surroundings.read()
    with ExitStack() as stack, console.status("search_1m") as status:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="kindred-bench-")))
        settings = stack.enter_context(staged(surroundings, DATABASE, folder))
        Service(settings).prepare()
        probes = folder / "probes.npy"
        status.update(f"search_1m: {PHOTOS} photos are put in and indexed")
        python(_PROGRAM, ["fill", PHOTOS, probes], settings)
        status.update("search_1m: is searched by vectors")
        told = python(_PROGRAM, ["measure", probes], settings)
        status.update("search_1m: is searched over HTTP")
        with serving(surroundings, settings, folder) as url:
            asked = python(_REQUESTS, [url], settings)
    return [*_by_vectors(told), *_by_requests(asked)]


def _by_vectors(told: Mapping[str, Any]) -> Iterator[Figure]:
    for share, recall in told["recall"].items():
        yield RECALL.of(recall, told["n"], share)
    for share, by_threads in told["ms"].items():
        for threads, took in by_threads.items():
            yield from _times(share, threads, took)
    yield from _added(told["added_ms"], told["n"])


def _by_requests(asked: Mapping[str, Any]) -> Iterator[Figure]:
    n = asked["n"]
    for share, took in asked["ms"].items():
        more = float(np.median(np.subtract(took["vectors"], took["bare"])))  # of the same vector
        slow = float(np.percentile(took["questions"], 95))
        yield HTTP.of(more, n, share)
        yield WORDS.of(slow, n, share)


def _added(took: Mapping[str, float], n: int) -> list[Figure]:
    ours, pgvectors = took.values()
    return [ADD.of(ours, n, beside=pgvectors), ADD_RATE.of(1000 / ours, n)]


def _times(share: str, threads: str, took: Mapping[str, Any]) -> Iterator[Figure]:
    ours, bare = took["ours"], took["bare"]
    for bar, part in ((MIDDLE, 50), (SLOW, 95)):
        beside = float(np.percentile(bare, part))
        yield bar.of(float(np.percentile(ours, part)), len(ours), share, threads, beside=beside)


BENCH = Bench(
    "search_1m",
    "Searching a million photos",
    run_1m,
    (RECALL, MIDDLE, SLOW, ADD, ADD_RATE, HTTP, WORDS),
    alone=True,
)
