"""Vectors in PostgreSQL, as numbers: of faces, of photos, of whatever has them."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db.models import BinaryField, Func, QuerySet

from inference.arrays import Array
from photos.errors import VectorUnfit
from photos.models import Space

_SMALLEST = 1e-300  # length of numbers that are told exactly
_HEADER = 4  # bytes before the numbers of a half vector: its dimension, and two unused ones


def load(vectors: QuerySet[Any], of: str) -> tuple[list[int], Array]:
    """What is in the column `of`, and the vectors (n, d) float32, in the same order."""
    raw = Func("vector", function="halfvec_send", output_field=BinaryField())
    rows = list(vectors.annotate(raw=raw).values_list(of, "raw"))
    return [key for key, _ in rows], unpack([bytes(row) for _, row in rows])


def unpack(rows: list[bytes]) -> Array:
    """Vectors (n, d) float32 from PostgreSQL's binary form of half vectors."""
    if not rows:
        return np.zeros((0, 0), np.float32)
    numbers = np.frombuffer(b"".join(rows), dtype=">f2").reshape(len(rows), -1)
    return numbers[:, _HEADER // 2 :].astype(np.float32)


def unit_of(numbers: Sequence[float], space: Space) -> Array:
    """(d,) float32 of length 1, whatever length was given: likeness is by the angle.

    Raises:
        VectorUnfit: these are not as many finite numbers as the space has, or all of them are 0.
    """
    if len(numbers) != space.dimension:
        raise VectorUnfit(
            f"vector: it has {len(numbers)} numbers; those of {space.name} have {space.dimension}."
        )
    try:
        return unit(numbers)
    except VectorUnfit as exc:
        raise VectorUnfit(f"vector: {exc}") from exc


def unit(numbers: Sequence[float]) -> Array:
    """(d,) float32 of length 1.

    Raises:
        VectorUnfit: as units().
        OverflowError: a whole number among them is larger than any float.
    """
    length = math.hypot(*numbers)
    if not _SMALLEST < length < math.inf:  # mostly a mistake; else it has to be scaled first
        return np.asarray(units(np.array([numbers], np.float64))[0])
    return (np.array(numbers, np.float64) / length).astype(np.float32)


def units(vectors: Array) -> Array:
    """The same (n, d), however long, as float32 of length 1.

    Raises:
        VectorUnfit: a number of one has no end, or all of one's are 0.
    """
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0)
    if not (np.isfinite(largest) & (largest > 0)).all():
        raise VectorUnfit("its numbers must be finite, and one must not be 0.")
    scaled = vectors / largest.astype(np.float64)  # so that squares are finite too
    return np.asarray(scaled / np.linalg.norm(scaled, axis=1, keepdims=True), np.float32)


def written(vector: Array) -> str:
    """As PostgreSQL reads it. With nine digits, which is all that a float32 has."""
    numbers = ",".join(["%.9g"] * len(vector)) % tuple(vector.tolist())
    return f"[{numbers}]"
