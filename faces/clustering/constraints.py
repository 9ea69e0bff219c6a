"""What is known of faces before they are compared: who can't be one person, and who must be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from faces.clustering.evidence import ALONE
from faces.errors import ConstraintsConflict
from inference.arrays import Array

_ONE_PHOTO = "they are in one photo"
_APART = "they are said to be different people"
_SEEDS = "they belong to different people already"


@dataclass(frozen=True)
class Known:
    """What is known of n faces. Faces go by their rows."""

    photo: Array  # (n,) int: two faces of one photo are two people
    core: Array  # (n,) bool: others join a group, but form none, and do not bridge two
    seed: Array | None = None  # (n,) int: the group that a face is in for good; -1 none
    together: Sequence[tuple[int, int]] = ()  # faces of one person
    apart: Sequence[tuple[int, int]] = ()  # faces of two people
    names: Sequence[object] | None = None  # (n,) of the faces, for errors; their rows if none

    def __len__(self) -> int:
        return len(self.photo)

    @cached_property
    def seeds(self) -> Array:
        return np.full(len(self), ALONE) if self.seed is None else np.asarray(self.seed)

    def conflict(self, one: int, other: int, why: str) -> ConstraintsConflict:
        first, second = (self.names[row] if self.names else row for row in (one, other))
        return ConstraintsConflict(
            f"Faces {first} and {second} can't be one person: {why}. "
            "Take back that they are the same, or that they are not."
        )


@dataclass(frozen=True)
class Units:
    """Faces that are one person for sure, as one: what is grouped.

    Units that have a mark in common are different people: a photo, two faces said to be
    different, or a seed, which is one mark for all of them.
    """

    unit: Array  # (n,) of each face: 0, 1, …
    count: int
    marks: dict[int, set[int]]  # of the units that have any
    seeded: Array  # (count,) bool


def units(known: Known) -> Units:
    """The units of n faces.

    Raises:
        ConstraintsConflict: what is known contradicts itself; names two of the faces.
    """
    seeds = known.seeds
    seeded = np.flatnonzero(seeds != ALONE)
    _, first, group = np.unique(seeds[seeded], return_index=True, return_inverse=True)
    together = _pairs(known.together)
    one = np.concatenate([together[:, 0], seeded])
    other = np.concatenate([together[:, 1], seeded[first][group]])
    count, unit = components(len(known), one, other)
    marks: dict[int, set[int]] = {}
    offset = 0
    for rows, mark, why in _marks(known, seeded[first]):
        _check(known, unit, rows, mark, why)
        for each, its in zip(unit[rows].tolist(), mark.tolist(), strict=True):
            marks.setdefault(each, set()).add(offset + its)
        offset += int(mark.max(initial=-1)) + 1
    is_seeded = np.zeros(count, bool)
    is_seeded[unit[seeded]] = True
    return Units(unit, count, marks, is_seeded)


def _marks(known: Known, seeds: Array) -> Iterator[tuple[Array, Array, str]]:
    """Faces, their marks 0, 1, …, and why two of a mark are two people. `seeds`: a face of each."""
    _, photo, faces = np.unique(known.photo, return_inverse=True, return_counts=True)
    rows = np.flatnonzero(faces[photo] > 1)
    yield rows, photo[rows], _ONE_PHOTO
    apart = _pairs(known.apart)
    yield apart.ravel(), np.repeat(np.arange(len(apart)), 2), _APART
    yield seeds, np.zeros(len(seeds), np.int64), _SEEDS


def _check(known: Known, unit: Array, rows: Array, mark: Array, why: str) -> None:
    """No unit may have a mark twice."""
    order = np.lexsort((rows, mark, unit[rows]))
    rows, mark = rows[order], mark[order]
    twice = np.flatnonzero((np.diff(unit[rows]) == 0) & (np.diff(mark) == 0))
    if len(twice):
        raise known.conflict(int(rows[twice[0]]), int(rows[twice[0] + 1]), why)


def _pairs(given: Sequence[tuple[int, int]]) -> Array:
    return np.array(given, np.int64).reshape(-1, 2)


def components(count: int, one: Array, other: Array) -> tuple[int, Array]:
    """How many groups the pairs (one, other) make of `count` things, and the group of each."""
    pairs = coo_array((np.ones(len(one), bool), (one, other)), (count, count))
    groups, group = connected_components(pairs, directed=False)
    return int(groups), group.astype(np.int64)
