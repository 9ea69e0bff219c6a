"""Clustering made-up faces: what it takes, beside its neighbour search alone, and how good it is.

`python -m bench.clustering FACES` does it once and prints what came of it, as JSON: in a process
of its own, so that the memory is that of the clustering.
"""

import json
import resource
import sys
import time
from typing import Any

import numpy as np
from rich.console import Console

from bench.figures import Asked, Bar, Bench, Better, Figure
from bench.identities import crowd
from bench.stage import python
from faces.clustering import Known, Rule, cluster, neighbours
from faces.evaluation import bcubed, pairwise

SAME_PERSON = 0.5  # cosine: less than one in 100,000 pairs of made-up people are as alike
SMALL, LARGE = 100_000, 1_000_000
_KB_IN_GB = 1e6

SEARCH = Bar(
    "cluster_100k", "D", "clustering 100,000 faces, its neighbour search included", "s",
    "neighbour search alone", Better.LOWER, ratio=1.3,
)  # fmt: skip
SECONDS = Bar(
    "cluster_1m", "D", "clustering a million faces", "s", "limit", Better.LOWER, 600.0, 1.0
)
MEMORY = Bar(
    "cluster_1m_memory", "D", "memory of that, the most", "GB", "limit", Better.LOWER, 8.0, 1.0
)
QUALITY = Bar(
    "{}_{}", "D", "how right the groups of {} are: {} F1", "F1", "target", limit=0.95, ratio=1.0
)


def run_100k(_asked: Asked, console: Console) -> list[Figure]:
    """All of a clustering, as a multiple of its neighbour search."""
    with console.status(f"cluster_100k: {SMALL} faces"):
        did = python("bench.clustering", [SMALL], {})
    seconds = did["search_s"] + did["cluster_s"]
    return [SEARCH.of(seconds, SMALL, beside=did["search_s"]), *_quality("cluster_100k", did)]


def run_1m(_asked: Asked, console: Console) -> list[Figure]:
    """Time, memory and quality of a clustering of a million faces."""
    with console.status(f"cluster_1m: {LARGE} faces"):
        did = python("bench.clustering", [LARGE], {})
    return [
        SECONDS.of(did["search_s"] + did["cluster_s"], LARGE),
        MEMORY.of(did["gb"], LARGE),
        *_quality("cluster_1m", did),
    ]


def _quality(name: str, did: dict[str, Any]) -> list[Figure]:
    return [QUALITY.of(did[of], did["faces"], name, of) for of in ("pairwise", "bcubed")]


def measure(faces: int) -> dict[str, float]:
    made = crowd(faces, seed=faces)
    known, rule = Known(photo=np.arange(faces), core=made.good), Rule(SAME_PERSON)
    start = time.perf_counter()
    near = neighbours(made.vectors, known, rule)
    found = time.perf_counter()
    labels = cluster(made.vectors, known, rule, near)
    done = time.perf_counter()
    return {
        "faces": faces,
        "search_s": found - start,
        "cluster_s": done - found,
        "cpu_s": time.process_time(),
        "recall": near.recall,
        "gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KB_IN_GB,
        "pairwise": pairwise(labels, made.person).f1,
        "bcubed": bcubed(labels, made.person).f1,
    }


BENCH_100K = Bench(
    "cluster_100k", "Clustering a hundred thousand faces", run_100k, (SEARCH, QUALITY)
)
BENCH_1M = Bench(
    "cluster_1m", "Clustering a million faces", run_1m, (SECONDS, MEMORY, QUALITY), alone=True
)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]))))
