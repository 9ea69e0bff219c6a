"""The nearest of a hundred thousand vectors: ours in PostgreSQL, and FAISS in the process itself.

One owner has all of them, 512 numbers each. Exactly, and by an HNSW index with as many links: of
FAISS's the effort is the least at which it finds as many as ours.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.console import Console

from bench.figures import Asked, Bar, Bench, Better, Finding, Remark
from bench.stage import python, staged
from local.stack import Service, Surroundings

DATABASE = "kindred_bench_vectors"
VECTORS = 100_000

RECALL = Bar(
    "vectors_recall", "E", "of the ten best of 100,000, our index finds", "of ten", "exact", limit=1
)
INDEX = Bar(
    "vectors_index_{}", "E", "the ten nearest by our index: the {}", "ms",
    "FAISS's HNSW, same recall", Better.LOWER,
)  # fmt: skip
BARE = Bar(
    "vectors_bare_{}", "E", "the bare SQL of pgvector for that: the {}", "ms",
    "FAISS's HNSW, same recall", Better.LOWER,
)  # fmt: skip
EXACT = Bar(
    "vectors_exact_{}", "E", "the ten nearest exactly: the {}", "ms",
    "FAISS's IndexFlatIP, one thread", Better.LOWER,
)  # fmt: skip
BUILD = Bar(
    "vectors_build", "E", "building our index", "s", "FAISS's HNSW, as many threads", Better.LOWER
)


def run(_asked: Asked, console: Console) -> list[Finding]:
    surroundings = Surroundings.read()
    with ExitStack() as stack, console.status(f"vectors: {VECTORS} vectors"):
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="kindred-bench-")))
        settings = stack.enter_context(staged(surroundings, DATABASE, folder))
        Service(settings).prepare()
        told = python("bench.vectors_statements", [VECTORS], settings)
    return found(told)


def found(told: Mapping[str, Any]) -> list[Finding]:
    n, ms = told["n"], told["ms"]
    pairs = ((INDEX, "index", "hnsw"), (BARE, "bare", "hnsw"), (EXACT, "exact", "flat"))
    return [
        RECALL.of(told["recall"], n),
        *(
            bar.of(_part(ms[ours], part), n, part, beside=_part(ms[theirs], part))
            for bar, ours, theirs in pairs
            for part in _PARTS
        ),
        BUILD.of(told["build_s"]["index"], VECTORS, beside=told["build_s"]["hnsw"]),
        Remark(
            f"FAISS's efSearch is {told['effort']}, at which it finds {told['hnsw_recall']:.3f} of "
            "the ten. It is in the process that asks, in memory: no server, no transaction, no "
            "filter by owner, and nothing is kept when the process ends."
        ),
    ]


_PARTS = {"p50": 50, "p95": 95}


def _part(took: list[float], part: str) -> float:
    return float(np.percentile(took, _PARTS[part]))


BENCH = Bench(
    "vectors",
    "A hundred thousand vectors, beside FAISS",
    run,
    (RECALL, INDEX, BARE, EXACT, BUILD),
    alone=True,
)
