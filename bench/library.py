"""Rows of a large library, a million in a minute: photos, and vectors of what is in them."""

import struct
from collections.abc import Sequence

import numpy as np
from django.db import connection

from inference.arrays import Array
from photos.models import Space
from photos.nearest_sql import Table

_BLOCK = 20_000
_BEGINNING = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_SOMEWHERE = 2  # times as many places as there are: who draws none of these was nowhere
_END = struct.pack(">h", -1)
_PHOTOS = """
INSERT INTO photos_photo (owner_id, sha256, original, thumbnail, media_type, size_bytes, width,
    height, orientation, created_at, taken_at, place_id)
SELECT owner, replace(gen_random_uuid()::text || gen_random_uuid(), '-', ''), '', '',
    'image/jpeg', 1, 640, 480, 1, now(),
    timestamptz '2010-01-01 UTC' + number * 7919 %% 5844 * interval '1 day',
    (%s::bigint[])[power(%s, hashint8extended(number, 0) / 2.0^64 + .5)::int]
FROM unnest(%s::bigint[]) WITH ORDINALITY AS given (owner, number)
ORDER BY number
RETURNING id
"""


def add_photos(owners: Sequence[int], places: Sequence[int] = ()) -> Array:
    """A photo for each of `owners` (their keys), taken on some day of sixteen years: its keys (n,).

    They were taken at `places` (keys), most of them at the first ones, some nobody knows where.
    No file is behind them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PHOTOS, [list(places), _SOMEWHERE * len(places) + 1, list(owners)])
        return np.array([key for (key,) in cursor.fetchall()], np.int64)


def add_vectors(table: Table, space: Space, keys: Array, owners: Array, vectors: Array) -> None:
    """The `vectors` (n, d) of what has these `keys` (n,), which is of these `owners` (n,)."""
    columns = f"{table.of}, owner_id, space_id, vector"
    statement = f"COPY {table.name} ({columns}) FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_BEGINNING)
        for start in range(0, len(keys), _BLOCK):
            part = slice(start, start + _BLOCK)
            copy.write(_rows(keys[part], owners[part], space, vectors[part]))
        copy.write(_END)


def _rows(keys: Array, owners: Array, space: Space, vectors: Array) -> bytes:
    """As PostgreSQL's binary format has them: of each field its length in bytes, and its value."""
    count, dimension = vectors.shape
    values = {"key": keys, "owner": owners, "space": np.full(count, space.pk)}
    fields = [each for name in values for each in ((f"{name}_bytes", ">i4"), (name, ">i8"))]
    half = [("bytes", ">i4"), ("dimension", ">i2"), ("unused", ">i2")]
    form = [("fields", ">i2"), *fields, *half, ("vector", ">f2", (dimension,))]
    rows = np.zeros(count, np.dtype(form))
    rows["fields"], rows["dimension"], rows["vector"] = len(values) + 1, dimension, vectors
    rows["bytes"] = 4 + 2 * dimension
    for name, value in values.items():
        rows[f"{name}_bytes"], rows[name] = 8, value
    return rows.tobytes()
