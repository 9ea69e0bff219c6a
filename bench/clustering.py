"""Clustering made-up faces: what it takes, beside its neighbour search alone, and how good it is.

`python -m bench.clustering FACES` does it once and prints what came of it, as JSON: in a process
of its own, so that the memory is that of the clustering.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from bench.figures import Figure
from bench.identities import crowd
from bench.stage import python
from faces.clustering import Known, Rule, cluster, neighbours
from faces.evaluation import bcubed, pairwise

SAME_PERSON = 0.5  # cosine: less than one in 100,000 pairs of made-up people are as alike
SMALL, LARGE = 100_000, 1_000_000
SEARCH_BAR = 1.3
LIMIT_S = 600.0
LIMIT_GB = 8.0
F1_BAR = 0.95
_KB_IN_GB = 1e6


def run_100k(data: Path | None, console: Console) -> list[Figure]:
    """All of a clustering, as a multiple of its neighbour search."""
    del data  # faces are made up
    with console.status(f"cluster_100k: {SMALL} faces"):
        did = python("bench.clustering", [SMALL], {})
    return [
        Figure(
            "cluster_100k",
            did["search_s"] + did["cluster_s"],
            "s",
            "neighbour search alone",
            did["search_s"],
            SMALL,
            bar=SEARCH_BAR,
            is_limit=True,
        ),
        *_quality("cluster_100k", did),
    ]


def run_1m(data: Path | None, console: Console) -> list[Figure]:
    """Time, memory and quality of a clustering of a million faces."""
    del data  # faces are made up
    with console.status(f"cluster_1m: {LARGE} faces"):
        did = python("bench.clustering", [LARGE], {})
    seconds, gb = did["search_s"] + did["cluster_s"], did["gb"]
    return [
        Figure("cluster_1m", seconds, "s", "limit", LIMIT_S, LARGE, bar=1, is_limit=True),
        Figure("cluster_1m_memory", gb, "GB", "limit", LIMIT_GB, LARGE, bar=1, is_limit=True),
        *_quality("cluster_1m", did),
    ]


def _quality(name: str, did: dict[str, Any]) -> list[Figure]:
    return [
        Figure(f"{name}_{of}", did[of], "F1", "target", F1_BAR, did["faces"], bar=1)
        for of in ("pairwise", "bcubed")
    ]


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


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]))))
