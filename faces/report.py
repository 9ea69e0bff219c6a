"""How well matching does in one library: held against what its owner has confirmed."""

from dataclasses import dataclass

import numpy as np

from faces import confirmed
from faces.calibration import Scale, score_of
from faces.clustering import ALONE, required
from faces.confirmed import Confirmed
from faces.evaluation import Agreement, pairwise
from faces.matching import MARGIN
from faces.models import Pair, Rejection
from inference.arrays import Array
from photos.models import Owner, Space

FALSE_ACCEPTS = (1e-2, 1e-3, 1e-4)


@dataclass(frozen=True)
class Operating:
    """A threshold, by how many pairs of two people it takes for one."""

    false_accepts: float  # the share of the pairs of two people (FAR)
    cosine: float
    score: float
    true_accepts: float  # the share of the pairs of one person (TAR)


@dataclass(frozen=True)
class Said:
    """How much the owner has said, of which the report is made."""

    confirmed: int  # faces of people
    rejections: int
    pairs: int


@dataclass(frozen=True)
class Matching:
    """What became of each confirmed face when it was matched with the others alone."""

    faces: int
    people: int
    right: int
    wrong: int  # given to somebody else
    missed: int  # given to nobody, though others of the person are known
    agreement: Agreement  # of pairs of faces


@dataclass(frozen=True)
class Report:
    space: str
    scale: Scale
    threshold: float  # score
    cosine: float  # whose score that is
    said: Said
    matching: Matching
    same: int  # pairs that were compared
    different: int
    operating: list[Operating]  # where there are pairs enough to tell


def report(owner: Owner, space: Space, threshold: float) -> Report:
    """How matching at `threshold` (a score) does on a sample of what the owner has confirmed.

    The cost does not grow with the library, but for three counts.
    """
    scale, known = score_of(space, owner), confirmed.sample(owner, space)
    same, different = known.cosines()
    return Report(
        space=space.name,
        scale=scale,
        threshold=threshold,
        cosine=scale.cosine(threshold),
        said=_said(owner),
        matching=leave_one_out(known, scale.cosine(threshold)),
        same=len(same),
        different=len(different),
        operating=operating(same, different, scale),
    )


def leave_one_out(known: Confirmed, same_person: float) -> Matching:
    """Match each face with the people of all the others, by the rule of automatic matching.

    `same_person` is the cosine that a single other face takes.
    """
    people, row = np.unique(known.people, return_inverse=True)
    found = _matched(known.vectors, row, len(people), same_person)
    others = np.bincount(row, minlength=len(people))[row] > 1
    return Matching(
        faces=len(row),
        people=len(people),
        right=int((found == row).sum()),
        wrong=int(((found != row) & (found != ALONE)).sum()),
        missed=int(((found == ALONE) & others).sum()),
        agreement=pairwise(found, row),
    )


def _matched(vectors: Array, row: Array, count: int, same_person: float) -> Array:
    """The person (0 … count) whom each face fits best without itself, or ALONE (n,)."""
    if not len(row):
        return np.zeros(0, np.int64)
    each = np.arange(len(row))
    sums = np.zeros((count, vectors.shape[1]), np.float32)
    np.add.at(sums, row, vectors)
    products, sizes = vectors @ sums.T, np.tile(np.bincount(row), (len(row), 1))
    products[each, row] -= 1  # its own
    sizes[each, row] -= 1
    some = np.maximum(sizes, 1)
    excess = np.where(sizes > 0, products / some - required(some, same_person), -np.inf)
    best = excess.argmax(axis=1)
    most = excess[each, best]
    excess[each, best] = -np.inf
    return np.where((most >= 0) & (most - excess.max(axis=1) >= MARGIN), best, ALONE)


def operating(same: Array, different: Array, scale: Scale) -> list[Operating]:
    """The thresholds at FALSE_ACCEPTS; a rate that takes more pairs than there are is left out."""
    points, highest = [], np.sort(different)[::-1]
    for rate in FALSE_ACCEPTS:
        allowed = int(rate * len(highest))
        if not allowed or not len(same):
            continue
        cosine = float(highest[allowed]) if allowed < len(highest) else -1.0
        accepted = float((same > cosine).mean())
        points.append(Operating(rate, cosine, scale.score(cosine), accepted))
    return points


def _said(owner: Owner) -> Said:
    return Said(
        confirmed=confirmed.confirmed().filter(part__cluster__owner=owner).count(),
        rejections=Rejection.objects.filter(person__owner=owner).count(),
        pairs=Pair.objects.of(owner).count(),
    )
