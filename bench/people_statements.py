"""A library of made-up faces: `python -m bench.people_statements fill N | edits N TIMES | assign`.

`unseen N` is `fill` without vectors, which take most of the time.

Prints what was measured, as JSON.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import numpy as np
from django.db import connection

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from bench.identities import crowd
from faces import matching
from faces.models import Cluster, Edit, FaceVector
from faces.people import merging, naming
from faces.people.editing import undo
from inference.arrays import Array
from photos.hnsw import create_index
from photos.models import Owner, Space

PROBES = 60  # new faces of a round
WARM = 400  # before those that count: a library in use has its index in memory
_PHOTOS = """
INSERT INTO photos_photo (owner_id, sha256, original, thumbnail, media_type, size_bytes, width,
    height, orientation, created_at)
SELECT %(owner)s, lpad(to_hex(number), 64, '0'), '', '', 'image/jpeg', 1, 640, 480, 1, now()
FROM generate_series(1, %(faces)s) AS number
"""
_FACES = """
INSERT INTO faces_face (photo_id, x, y, width, height, landmarks, confidence, quality,
    quality_reasons, crop, created_at, ignored, drawn)
SELECT id, 1, 1, 50, 50, '[]', .9, .9, '{}', '', now(), FALSE, FALSE FROM photos_photo ORDER BY id
"""
_CLUSTERS = """
INSERT INTO faces_cluster (public_id, owner_id, space_id, created_at, hidden, ignored)
SELECT 'clu_' || lpad(to_hex(number), 12, '0'), %(owner)s, %(space)s, now(), FALSE, FALSE
FROM generate_series(1, %(clusters)s) AS number
"""
_COPY = "COPY {table} ({columns}) FROM STDIN"


def fill(faces: int, *, seen: bool = True) -> None:
    """A library of `faces` faces, each in a photo of its own and in its person's cluster.

    With their vectors, where they are `seen`.
    """
    owner = Owner.objects.create(subject="bench")
    space = Space.objects.create(
        name="face_embedder:bench", role="face_embedder", weights_sha256="0" * 64, version="1",
        dimension=512, same_person_cosine=0.44,
    )  # fmt: skip
    people = crowd(faces)
    values = {"owner": owner.pk, "space": space.pk, "faces": faces}
    with connection.cursor() as cursor:
        cursor.execute(_PHOTOS, values)
        cursor.execute(_FACES)
        cursor.execute(_CLUSTERS, values | {"clusters": int(people.person.max()) + 1})
        cursor.execute("INSERT INTO faces_part (id, cluster_id) SELECT id, id FROM faces_cluster")
    keys = _keys("faces_face")
    _copy(
        "faces_membership",
        "face_id, part_id, how, similarity, created_at",
        zip(keys, _keys("faces_cluster")[people.person], strict=True),
        lambda row: (int(row[0]), int(row[1]), "clustered", 0.8, "now"),
    )
    if seen:
        _see(keys, people.vectors, owner, space)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # as autovacuum leaves it


def _see(keys: Array, vectors: Array, owner: Owner, space: Space) -> None:
    _copy(
        "faces_facevector",
        "face_id, owner_id, space_id, vector",
        zip(keys, vectors, strict=True),
        lambda row: (int(row[0]), owner.pk, space.pk, _text(row[1])),
    )
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '3GB'")
        create_index(FaceVector, space)


def edits(faces: int, times: int) -> dict[str, Any]:
    """Milliseconds of each kind of edit, of clusters of `faces` faces."""
    owner, space = Owner.objects.get(), Space.objects.get()
    one, other = (Cluster.objects.create(owner=owner, space=space) for _ in range(2))
    with connection.cursor() as cursor:
        for number, cluster in enumerate((one, other)):
            cursor.execute(
                "UPDATE faces_membership SET part_id = %s WHERE face_id IN "
                "(SELECT id FROM faces_face ORDER BY id LIMIT %s OFFSET %s)",
                [cluster.pk, faces, faces * number],
            )
        cursor.execute("VACUUM ANALYZE faces_membership")
    took: dict[str, list[float]] = {}
    for number in range(times):
        _timed(took, "label", partial(naming.name_cluster, one, f"Anna {number}"))
        _timed(took, "undo_label", lambda: undo(owner, _last(), None))
        _timed(took, "merge", lambda: merging.merge(owner, one.public_id, [other.public_id]))
        _timed(took, "undo_merge", lambda: undo(owner, _last(), None))
    return {"ms": {name: median(each[1:]) for name, each in took.items()}, "n": times}


def assign() -> dict[str, Any]:
    """Milliseconds of finding the cluster of one new face, and how often it is the right one."""
    owner, space = Owner.objects.get(), Space.objects.get()
    faces = FaceVector.objects.count()
    people = crowd(faces)
    random = np.random.default_rng(time.time_ns() % 2**32)
    chosen = random.choice(np.flatnonzero(people.good), PROBES + WARM, replace=False)
    cluster_of = _keys("faces_cluster")
    took, right = [], []
    for row in chosen:
        probe = people.vectors[row] + random.normal(0, 0.02, 512).astype(np.float32)
        probe = (probe / np.linalg.norm(probe))[None]
        start = time.perf_counter()
        [found] = matching.joins(owner, probe, space)
        took.append(1000 * (time.perf_counter() - start))
        if found:
            right.append(found.cluster == cluster_of[people.person[row]])
    return {"ms": median(took[WARM:]), "right": float(np.mean(right)), "n": PROBES}


def _timed(took: dict[str, list[float]], name: str, act: Callable[[], object]) -> None:
    start = time.perf_counter()
    act()
    took.setdefault(name, []).append(1000 * (time.perf_counter() - start))


def _last() -> int:
    return int(Edit.objects.order_by("-pk").values_list("pk", flat=True)[0])


def _keys(table: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table} ORDER BY id")  # noqa: S608  # our own words
        return np.array([pk for (pk,) in cursor.fetchall()], np.int64)


def _copy(table: str, columns: str, rows: Any, row_of: Callable[[Any], tuple[Any, ...]]) -> None:
    statement = _COPY.format(table=table, columns=columns)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row_of(row))


def _text(vector: Any) -> str:
    return "[" + ",".join(f"{number:.5f}" for number in vector) + "]"


def main(what: str, *numbers: str) -> None:
    programs: dict[str, Callable[..., Any]] = {
        "fill": fill,
        "unseen": partial(fill, seen=False),
        "edits": edits,
        "assign": assign,
    }
    told = programs[what](*map(int, numbers))
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
