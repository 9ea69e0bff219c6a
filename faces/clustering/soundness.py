"""Whether proposed groups hold together: one face between two people makes them dense."""

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array

from faces.clustering.evidence import ALONE, required
from inference.arrays import Array

_BLOCK = 4096


def falls_apart(vectors: Array, part: Array, same_person: float) -> Array:
    """Which of `vectors` (n, d) are in a part that falls into two people: (n,) bool.

    `part` (n,) is -1 for faces in none. The two: around the face that is least like the part, and
    around the one least like that face; they are held to the evidence rule.

    Source: farthest-first traversal, Gonzalez 1985.
    """
    rows = np.flatnonzero(part != ALONE)
    parts, its = np.unique(part[rows], return_inverse=True)
    count = len(parts)
    one = _least(its, _cosines(vectors, rows, _sums(vectors, rows, its, count), its))
    near_one = _cosines(vectors, rows, vectors[rows[one]], its)
    other = _least(its, near_one)
    near_other = _cosines(vectors, rows, vectors[rows[other]], its)
    first = near_one >= near_other
    sums = [_sums(vectors, rows[side], its[side], count) for side in (first, ~first)]
    pairs = np.bincount(its[first], minlength=count) * np.bincount(its[~first], minlength=count)
    mean = np.einsum("ij,ij->i", *sums) / np.maximum(1, pairs)
    falls = (pairs > 0) & (mean < required(np.maximum(1, pairs), same_person))
    found = np.zeros(len(part), bool)
    found[rows] = falls[its]
    return found


def _sums(vectors: Array, rows: Array, part: Array, count: int) -> Array:
    ones = np.ones(len(rows), vectors.dtype)
    return np.asarray(csr_array((ones, (part, rows)), (count, len(vectors))) @ vectors)


def _cosines(vectors: Array, rows: Array, others: Array, part: Array) -> Array:
    """The product of each of the `rows` with what its part has in `others`."""
    found = np.empty(len(rows), np.float32)
    for block in _blocks(len(rows)):
        found[block] = np.einsum("ij,ij->i", vectors[rows[block]], others[part[block]])
    return found


def _least(part: Array, values: Array) -> Array:
    """Where each part 0, 1, … has its least value."""
    order = np.lexsort((values, part))
    return np.asarray(order[np.unique(part[order], return_index=True)[1]])


def _blocks(count: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK) for start in range(0, count, _BLOCK))
