"""How well vectors tell people apart: on pairs of faces of one person, and of different people."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from training.faces import Array, Faces, Integers

RATES = (1e-2, 1e-3)  # false acceptances that are measured
MOST_PER_PERSON = 50
MOST_FACES = 2000  # 2 million pairs: a second or two for all figures


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of faces, of the same owner each."""

    rows: Integers  # (k,) of the faces
    same: Integers  # (p, 2) places in `rows`
    different: Integers  # (q, 2)

    @classmethod
    def of(cls, faces: Faces, people: Integers, random: np.random.Generator) -> Self:
        """All pairs among the faces of `people`; where these are many, among some of them."""
        chosen = [_some(np.flatnonzero(faces.person == one), random) for one in people]
        rows = np.concatenate([np.empty(0, np.int64), *chosen])
        rows = np.sort(random.permutation(rows)[:MOST_FACES])
        pairs = np.stack(np.triu_indices(len(rows), k=1), axis=1)
        left, right = rows[pairs].T
        same = faces.person[left] == faces.person[right]
        comparable = faces.owner[left] == faces.owner[right]
        return cls(rows, pairs[same], pairs[~same & comparable])

    @property
    def rate(self) -> float:
        """The smallest of RATES that so many pairs can show, or else the largest."""
        shown = [rate for rate in RATES if rate * len(self.different) >= 1]
        return min(shown, default=max(RATES))


@dataclass(frozen=True)
class Figures:
    """What vectors come to on pairs."""

    tar: dict[float, float]  # true acceptance rate, 0 to 1, at each rate of RATES
    auc: float  # how often a pair of one person is more alike than one of two people, 0 to 1
    separation: float  # of the two means, in standard deviations (d')
    different_mean: float  # of the cosines of different people
    different_deviation: float


def cosines(vectors: Array, pairs: Pairs) -> tuple[Array, Array]:
    """Of vectors (n, d) of length 1: those of one person's pairs, and of different people's."""
    all_pairs = vectors[pairs.rows] @ vectors[pairs.rows].T
    return all_pairs[tuple(pairs.same.T)], all_pairs[tuple(pairs.different.T)]


def figures(vectors: Array, pairs: Pairs) -> Figures:
    """Of vectors (n, d) of length 1; there must be pairs of both sorts."""
    same, different = (each.astype(np.float64) for each in cosines(vectors, pairs))
    different.sort()
    below = np.searchsorted(different, same, side="left")
    not_above = np.searchsorted(different, same, side="right")
    spread = np.sqrt((same.var() + different.var()) / 2)
    return Figures(
        tar={rate: _tar(same, different, rate) for rate in RATES},
        auc=float((below + not_above).mean() / 2 / len(different)),
        separation=float((same.mean() - different.mean()) / max(spread, 1e-12)),
        different_mean=float(different.mean()),
        different_deviation=float(different.std()),
    )


def moved_threshold(cosine: float, before: Figures, after: Figures) -> float:
    """The cosine that is as strict after as `cosine` was before.

    As many standard deviations above the mean of different people: few labelled pairs say more of
    these two than of the rates far out.
    """
    deviations = (cosine - before.different_mean) / max(before.different_deviation, 1e-12)
    return float(
        np.clip(after.different_mean + deviations * after.different_deviation, -0.99, 0.99)
    )


def _tar(same: Array, different: Array, rate: float) -> float:
    """Share of `same` above a threshold that at most `rate` of `different` (sorted) are above."""
    accepted = int(rate * len(different))
    return float((same > different[len(different) - 1 - accepted]).mean())


def _some(rows: Integers, random: np.random.Generator) -> Integers:
    return random.permutation(rows)[:MOST_PER_PERSON]
