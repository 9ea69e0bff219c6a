"""How well faces were grouped, beside who they really show. Pure functions on labels.

A face that is in no group counts as a group of its own.
"""

from dataclasses import dataclass

import numpy as np

from inference.arrays import Array

ALONE = -1


@dataclass(frozen=True)
class Agreement:
    """Precision and recall, 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def pairwise(labels: Array, people: Array) -> Agreement:
    """Of the pairs of faces in one group, how many show one person; and the other way round.

    `labels` (n,) are groups, -1 none; `people` (n,) who it is. Of no pairs, all are right.
    """
    groups, truth, both = _counts(labels, people)
    right = _pairs(np.bincount(both)).sum()
    return Agreement(
        _share(right, _pairs(np.bincount(groups)).sum()),
        _share(right, _pairs(np.bincount(truth)).sum()),
    )


def bcubed(labels: Array, people: Array) -> Agreement:
    """For the mean face: how much of its group shows its person; how much of them is there.

    Unlike pairwise(), people with many faces do not outweigh all others.

    Source: B-cubed, Bagga and Baldwin 1998.
    """
    groups, truth, both = _counts(labels, people)
    cells = np.bincount(both)[both]
    if not len(cells):
        return Agreement(1.0, 1.0)
    return Agreement(
        float((cells / np.bincount(groups)[groups]).mean()),
        float((cells / np.bincount(truth)[truth]).mean()),
    )


def false_pairs(labels: Array, people: Array) -> int:
    """Pairs of faces of one group that are of two people."""
    groups, _, both = _counts(labels, people)
    return int(_pairs(np.bincount(groups)).sum() - _pairs(np.bincount(both)).sum())


def pairs_of_one_photo(labels: Array, photos: Array) -> int:
    """Pairs of faces of one group and one photo: nobody is in a photo twice."""
    _, _, both = _counts(labels, photos)
    return int(_pairs(np.bincount(both)).sum())


def _counts(labels: Array, people: Array) -> tuple[Array, Array, Array]:
    """Groups, people and pairs of both of each face, as numbers from 0 on."""
    groups = labels.astype(np.int64)
    alone = groups == ALONE
    groups[alone] = groups.max(initial=0) + 1 + np.arange(alone.sum())
    groups, truth = (np.unique(each, return_inverse=True)[1] for each in (groups, people))
    cells = groups * (truth.max(initial=0) + 1) + truth
    return groups, truth, np.unique(cells, return_inverse=True)[1]


def _pairs(sizes: Array) -> Array:
    return np.asarray(sizes.astype(np.float64) * (sizes - 1) / 2)


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else 1.0
