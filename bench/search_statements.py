"""Photos like a vector: `python -m bench.search_statements fill N FILE | measure FILE`.

Prints what was measured, as JSON. FILE has what is looked for.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from django.db import connection
from django.test.utils import CaptureQueriesContext

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from bench.contents import add_contents, places
from bench.library import add_photos, add_vectors
from bench.scenes import DIMENSION, questions, scenes
from inference.arrays import Array
from inference.roles import IMAGE_ENCODER
from photos.hnsw import EFFORT, create_index, name_of
from photos.models import Owner, Role, Space
from photos.nearest import SETTINGS, neighbours
from photos.nearest_sql import Library
from search.models import ImageVector, SearchedSpace
from search.nearest import TABLE, nearest

SHARES = (1, 10, 50)  # percent of all photos that an owner has; somebody else has the rest
CONCURRENT = (1, 8, 32)
PROBES = 100
LIMIT = 10
ROUNDS = 3
PGVECTORS = 64  # ef_construction, unless one says another
NOISE = 0.02  # of each number of a vector
_ALL = 10**9


def fill(photos: int, probes: Path) -> None:
    """A library of `photos` photos, of owners with the shares; what is asked goes to a file."""
    encoder = Role.objects.get(name=IMAGE_ENCODER.name).active
    space = Space.objects.create(
        name=encoder.space, role=IMAGE_ENCODER.name, weights_sha256="0" * 64, version="1",
        dimension=DIMENSION,
    )  # fmt: skip
    SearchedSpace.objects.create(space=space)
    shares = [*SHARES, 100 - sum(SHARES)]
    owners = [Owner.objects.create(subject=f"bench-{share}") for share in shares]
    chance = np.array(shares) / 100
    whose = np.random.default_rng(0).choice([each.pk for each in owners], photos, p=chance)
    made = scenes(photos)
    np.save(probes, questions(made, PROBES))
    add_vectors(TABLE, space, add_photos(whose.tolist(), places()), whose, made.vectors)
    add_contents(owners)
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '3GB'")
        create_index(ImageVector, space)
        cursor.execute("VACUUM ANALYZE")  # as autovacuum leaves it


def measure(probes: Path) -> dict[str, Any]:
    """For each share: what is found, and milliseconds of ours and of the bare statement."""
    asked, space = np.load(probes), Space.objects.get()
    found, took = {}, {}
    for share in SHARES:
        owner = owner_of(share)
        found[share] = _recall(Library(TABLE, owner, space), asked)
        took[share] = _took(owner, space, asked)
    return {
        "recall": found,
        "ms": took,
        "n": len(asked),
        "added_ms": _added_ms(space, asked),
    }


def _recall(library: Library, probes: Array) -> float:
    """How many of the ten that an exact search finds are found, 0 to 1."""
    exact = neighbours(library, probes, limit=LIMIT, exact_up_to=_ALL)
    found = [nearest(library.owner, library.space, probe, limit=LIMIT) for probe in probes]
    shares = [
        len({each.of for each in best} & {hit.photo for hit in hits}) / len(best)
        for best, hits in zip(exact, found, strict=True)
    ]
    return float(np.mean(shares))


def _took(owner: Owner, space: Space, probes: Array) -> dict[int, dict[str, list[float]]]:
    """Milliseconds by how many ask at once: of ours, and of the statements that ours makes."""
    ours = [partial(nearest, owner, space, probe, limit=LIMIT) for probe in probes]
    bare = [bare_of(ask) for ask in ours]
    took: dict[int, dict[str, list[float]]] = {}
    for threads in CONCURRENT:
        with ThreadPoolExecutor(threads, initializer=connect) as pool:
            took[threads] = {"ours": [], "bare": []}
            list(pool.map(timed, bare))  # connections are made, and have the index read once
            for _ in range(ROUNDS):  # in turn: both meet the same machine
                took[threads]["ours"] += pool.map(timed, ours)
                took[threads]["bare"] += pool.map(timed, bare)
    return took


def _added_ms(space: Space, probes: Array) -> dict[int, float]:
    """Milliseconds in which a vector is stored, by the index's ef_construction: ours, pgvector's.

    Each in a transaction of its own, as a photo's is. No commit waits for the disk: how long that
    takes has nothing to do with the index.
    """
    took: dict[int, list[float]] = {EFFORT: [], PGVECTORS: []}
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        for effort in [*took] * ROUNDS:
            index = name_of(ImageVector, space)
            cursor.execute(f"ALTER INDEX {index} SET (ef_construction = {effort})")
            took[effort] += [timed(partial(_add, row)) for row in _new(space, probes)]
    return {effort: median(each) for effort, each in took.items()}


def _new(space: Space, probes: Array) -> list[ImageVector]:
    """Vectors of new photos, somewhat like what is looked for."""
    owner = owner_of(SHARES[-1])
    photos = add_photos([owner.pk] * len(probes)).tolist()
    seen = probes + np.random.default_rng(photos[0]).normal(0, NOISE, probes.shape)
    vectors = (seen / np.linalg.norm(seen, axis=1, keepdims=True)).tolist()
    return [
        ImageVector(photo_id=photo, owner=owner, space=space, vector=vector)
        for photo, vector in zip(photos, vectors, strict=True)
    ]


def _add(row: ImageVector) -> None:
    ImageVector.objects.bulk_create([row], ignore_conflicts=True)


def owner_of(share: int) -> Owner:
    return Owner.objects.get(subject=f"bench-{share}")


def bare_of(ask: Callable[[], object]) -> Callable[[], None]:
    """What executes the statements alone by which `ask` finds neighbours."""
    with CaptureQueriesContext(connection) as made:
        ask()
    found = [each["sql"] for each in made.captured_queries if "LATERAL" in each["sql"]]
    without_settings = [each[each.index("SELECT") :] for each in found]  # see connect()
    return partial(_execute, without_settings)


def connect() -> None:
    """With the settings that ours makes for each search, once for all."""
    with connection.cursor() as cursor:
        for name, value in SETTINGS.items():
            cursor.execute(f"SET {name} = {value}")


def _execute(statements: Sequence[str]) -> None:
    """By the driver alone."""
    for statement in statements:
        connection.connection.execute(statement).fetchall()


def timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - start)


def main(what: str, *words: str) -> None:
    programs: dict[str, Callable[..., Any]] = {
        "fill": lambda photos, file: fill(int(photos), Path(file)),
        "measure": lambda file: measure(Path(file)),
    }
    sys.stdout.write(json.dumps(programs[what](*words)))


if __name__ == "__main__":
    main(*sys.argv[1:])
