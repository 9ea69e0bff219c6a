"""Vectors in PostgreSQL and in FAISS: `python -m bench.vectors_statements N`, an empty database.

Prints what is found, milliseconds of each way, and seconds in which indexes were built, as JSON.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import faiss
import numpy as np
from django.db import connection

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from bench.library import add_photos, add_vectors
from bench.scenes import questions, scenes
from bench.search_statements import bare_of, connect, timed
from inference.arrays import Array
from inference.roles import IMAGE_ENCODER
from photos.hnsw import EFFORT, LINKS, create_index
from photos.models import Owner, Space
from photos.nearest import neighbours
from photos.nearest_sql import Library
from search.models import ImageVector
from search.nearest import TABLE, nearest

DIMENSION = 512
PROBES = 100
LIMIT = 10
ROUNDS = 3
EFFORTS = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048)
_ALL = 10**9


def measure(count: int) -> dict[str, Any]:
    made = scenes(count, dimension=DIMENSION)
    asked = questions(made, PROBES)
    owner, space, keys = _fill(made.vectors)
    build_s, flat, hnsw = _built(made.vectors, space)
    connect()
    ours = [partial(nearest, owner, space, each, limit=LIMIT) for each in asked]
    exact = [{int(keys[row]) for row in rows} for rows in flat.search(asked, LIMIT)[1]]
    found = [{hit.photo for hit in ask()} for ask in ours]
    recall = _recall(found, exact)
    effort, hnsw_recall = _effort(hnsw, asked, keys, exact, recall)
    faiss.omp_set_num_threads(1)
    library = Library(TABLE, owner, space)
    ways: dict[str, list[Callable[[], object]]] = {
        "index": list(ours),
        "bare": [bare_of(ask) for ask in ours],
        "exact": [partial(_exactly, library, each) for each in asked],
        "flat": [partial(flat.search, each[None], LIMIT) for each in asked],
        "hnsw": [partial(hnsw.search, each[None], LIMIT) for each in asked],
    }
    ms: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(1 + ROUNDS):  # in turn; the first round reads indexes into memory
        for name, acts in ways.items():
            ms[name] = (ms[name] if number > 1 else []) + [timed(act) for act in acts]
    return {
        "n": PROBES * ROUNDS,
        "recall": recall,
        "hnsw_recall": hnsw_recall,
        "effort": effort,
        "ms": ms,
        "build_s": build_s,
    }


def _fill(vectors: Array) -> tuple[Owner, Space, Array]:
    """All of them one owner's; gives the keys of their photos too, in order."""
    space = Space.objects.create(
        name="bench", role=IMAGE_ENCODER.name, weights_sha256="0" * 64, version="1",
        dimension=DIMENSION,
    )  # fmt: skip
    owner = Owner.objects.create(subject="bench")
    keys = add_photos([owner.pk] * len(vectors))
    add_vectors(TABLE, space, keys, np.full(len(keys), owner.pk), vectors)
    return owner, space, keys


def _built(vectors: Array, space: Space) -> tuple[dict[str, float], Any, Any]:
    """Our index and FAISS's with the same links and effort; seconds of each."""
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '2GB'")
        start = time.perf_counter()
        create_index(ImageVector, space)
        ours = time.perf_counter() - start
        cursor.execute("VACUUM ANALYZE")
    faiss.omp_set_num_threads(len(os.sched_getaffinity(0)))
    flat = faiss.IndexFlatIP(DIMENSION)
    flat.add(vectors)
    hnsw = faiss.IndexHNSWFlat(DIMENSION, LINKS, faiss.METRIC_INNER_PRODUCT)
    hnsw.hnsw.efConstruction = EFFORT
    start = time.perf_counter()
    hnsw.add(vectors)
    return {"index": ours, "hnsw": time.perf_counter() - start}, flat, hnsw


def _effort(
    hnsw: Any, asked: Array, keys: Array, exact: list[set[int]], wanted: float
) -> tuple[int, float]:
    """The least efSearch at which FAISS finds as many as ours, or the most; and how many."""
    recall = 0.0
    for effort in EFFORTS:
        hnsw.hnsw.efSearch = effort
        _, rows = hnsw.search(asked, LIMIT)
        recall = _recall([{int(keys[row]) for row in each} for each in rows], exact)
        if recall >= wanted:
            break
    return effort, recall


def _recall(found: list[set[int]], exact: list[set[int]]) -> float:
    shares = [len(some & best) / len(best) for some, best in zip(found, exact, strict=True)]
    return float(np.mean(shares))


def _exactly(library: Library, probe: Array) -> object:
    return neighbours(library, probe[None], limit=LIMIT, exact_up_to=_ALL)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]))))
