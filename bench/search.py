"""Searching a million photos of several owners: by vectors, beside bare statements; by words."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.console import Console

from bench.figures import Figure
from bench.stage import python, serving, staged
from local.stack import Service, Surroundings

DATABASE = "kindred_bench_search"
PHOTOS = 1_000_000
RECALL_BAR = 0.95
OVERHEAD_BAR = 1.5  # of the time that the bare statement takes
ADD_BAR = 2.0  # of the time that the index takes with half the candidates
ADDED_PER_S = 349  # pgvector's own settings at a million, in batches of a hundred, measured once
HTTP_MS = 5.0  # of a request by a vector, beside its statements: the middle
QUESTION_MS = 100.0  # the first page of a question in words: 95 of 100
_PROGRAM, _REQUESTS = "bench.search_statements", "bench.search_requests"


def run_1m(_data: Path | None, console: Console) -> list[Figure]:
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
        yield _recall(share, recall, told["n"])
    for share, by_threads in told["ms"].items():
        for threads, took in by_threads.items():
            yield from _times(f"search_{share}%_x{threads}", took)
    yield from _added(told["added_ms"], told["n"])


def _by_requests(asked: Mapping[str, Any]) -> Iterator[Figure]:
    n = asked["n"]
    for share, took in asked["ms"].items():
        more = float(np.median(took["vectors"]) - np.median(took["bare"]))
        slow = float(np.percentile(took["questions"], 95))
        yield Figure(
            f"search_{share}%_http_p50", more, "ms more", "allowed", HTTP_MS, n, 1.0, is_limit=True
        )
        yield Figure(
            f"search_{share}%_words_p95", slow, "ms", "allowed", QUESTION_MS, n, 1.0, is_limit=True
        )


def _added(took: Mapping[str, float], n: int) -> list[Figure]:
    ours, pgvectors = took.values()
    return [
        Figure(
            "search_add", ours, "ms", "ef_construction 64", pgvectors, n, bar=ADD_BAR, is_limit=True
        ),
        Figure("search_add_rate", 1000 / ours, "vectors/s", "measured before", ADDED_PER_S, n),
    ]


def _recall(share: str, recall: float, n: int) -> Figure:
    return Figure(f"search_{share}%_recall", recall, "of ten", "exact", 1, n, bar=RECALL_BAR)


def _times(name: str, took: Mapping[str, Any]) -> list[Figure]:
    ours, bare = took["ours"], took["bare"]
    middle, slow = (
        (float(np.percentile(ours, part)), "ms", "bare SQL", float(np.percentile(bare, part)))
        for part in (50, 95)
    )
    return [
        Figure(f"{name}_p50", *middle, len(ours)),
        Figure(f"{name}_p95", *slow, len(ours), bar=OVERHEAD_BAR, is_limit=True),
    ]
