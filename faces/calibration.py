"""What a cosine is worth: the chance that two faces are of one person, for models of any kind.

Cosines of two models can't be compared, scores can: one threshold means the same everywhere. A
score is the chance that two faces are of one person where ONE_IN of so many pairs are, as it is
among faces that are worth comparing.

What 0.7 means, measured with the packaged model on 40 labelled faces of 8 people and on group
photos: a cosine of .48, which 89 % of 80 pairs of one person reach, and one of 4,921 pairs of two
people (95 % sure: fewer than 10 in 10,000). At a score of .5 (.45) it is 92 %, and 8 in 10,000.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from faces import confirmed
from faces.models import Calibration, Edit, FaceVector
from inference.arrays import Array
from photos.models import Owner, Space

ONE_IN = 100  # pairs of faces, one is of one person
ENOUGH_SAME = 50  # pairs, for an owner's own calibration
ENOUGH_DIFFERENT = 500
ENOUGH_CHANGED = 0.1  # of these pairs, come or gone: then scores are worth other numbers
# Of a space of which nothing is known but its `same_person_cosine`: as the packaged model has them.
_SLOPE = 23.5
_AT_SAME_PERSON = 0.4  # the score there; one more pair in a thousand is wrong than at 0.7
# How far data may take a calibration from where it starts, as standard deviations.
_STRAYS = np.array([1.0, 0.5])  # of the log odds in its middle, of the logarithm of the slope
_MOST_PAIRS = 20_000  # that are fitted to, of each kind
_STEPS, _NO_STEP = 50, 1e-6


class Source(StrEnum):
    """Whose calibration it is."""

    MODEL = "model"  # follows from what the model says of itself
    SPACE = "space"  # labelled pairs, for all owners
    OWNER = "owner"  # what the owner has confirmed


@dataclass(frozen=True)
class Scale:
    """A calibration: scores (0 to 1) for cosines (-1 to 1), and the other way round."""

    slope: float
    middle: float  # the cosine whose score is one half
    source: Source = Source.MODEL
    same: int = 0  # pairs that it was fitted to
    different: int = 0

    def score(self, cosine: float) -> float:
        return float(self.scores(np.array(cosine)))

    def scores(self, cosines: Array) -> Array:
        return np.asarray(_chance(self.slope * (cosines - self.middle)))

    def cosine(self, score: float) -> float:
        """The cosine whose score it is. A `score` lies between 0 and 1, and is neither."""
        return self.middle + float(_odds(score)) / self.slope


def score_of(space: Space, owner: Owner) -> Scale:
    """The calibration in force: the owner's own, or else the space's, or what its model says."""
    rows = space.calibrations.filter(Q(owner=owner) | Q(owner=None))
    known = {each.owner_id: each for each in rows}
    if own := known.get(owner.pk):
        return _scale(own, Source.OWNER)
    return _of_space(space, known.get(None))


def _of_space(space: Space, known: Calibration | None) -> Scale:
    if known:
        return _scale(known, Source.SPACE)
    return of_model(space.threshold)


def of_model(same_person: float) -> Scale:
    """Of a space of which nothing is known but the cosine of two faces of one person."""
    return Scale(_SLOPE, same_person - float(_odds(_AT_SAME_PERSON)) / _SLOPE)


def _scale(row: Calibration, source: Source) -> Scale:
    return Scale(row.slope, row.middle, source, row.same, row.different)


def due(space: Space) -> QuerySet[Owner]:
    """Who has edited something since `space` was last calibrated for them, or ever before."""
    edits = Edit.objects.filter(owner=OuterRef("pk")).order_by("-pk").values("created_at")[:1]
    fitted = space.calibrations.filter(owner=OuterRef("pk")).values("created_at")
    seen = FaceVector.objects.filter(owner=OuterRef("pk"), space=space)
    owners = Owner.objects.annotate(edited_at=Subquery(edits), fitted_at=Subquery(fitted))
    changed = Q(fitted_at=None) | Q(edited_at__gt=F("fitted_at"))
    return owners.filter(changed, Exists(seen), edited_at__isnull=False)


def refit(owner: Owner, space: Space, *, least_change: float = 0.0) -> Scale:
    """Calibrate `space` anew by what the owner has confirmed; returns what is in force then.

    With too few pairs the owner goes by the space's calibration, as at first. What is known by
    now stays where less than `least_change` of the pairs, as a share, have come or gone.
    """
    begun = timezone.now()
    known = confirmed.sample(owner, space)
    pairs = zip(known.cosines(), confirmed.verdicts(owner, space, known), strict=True)
    same, different = (np.concatenate(both) for both in pairs)
    if len(same) < ENOUGH_SAME or len(different) < ENOUGH_DIFFERENT:
        Calibration.objects.filter(owner=owner, space=space).delete()
        return score_of(space, owner)
    before = Calibration.objects.filter(owner=owner, space=space).first()
    if before and _change(before, len(same), len(different)) < least_change:
        return _scale(before, Source.OWNER)
    return _store(space, owner, same, different, begun)


def _change(before: Calibration, same: int, different: int) -> float:
    """By which share there are more or fewer pairs than before, of one kind or the other."""
    return max(
        abs(same - before.same) / before.same,
        abs(different - before.different) / before.different,
    )


def refit_space(space: Space, same: Array, different: Array) -> Scale:
    """Calibrate `space` for all owners, by the cosines of labelled pairs."""
    return _store(space, None, same, different, timezone.now())


def _store(
    space: Space, owner: Owner | None, same: Array, different: Array, begun: datetime
) -> Scale:
    start = _of_space(space, space.calibrations.filter(owner=None).first() if owner else None)
    slope, middle = fit(same, different, start)
    pairs = {"same": len(same), "different": len(different)}
    row, _ = Calibration.objects.update_or_create(
        space=space,
        owner=owner,
        defaults={"slope": slope, "middle": middle, "created_at": begun, **pairs},
    )
    return _scale(row, Source.OWNER if owner else Source.SPACE)


def fit(same: Array, different: Array, start: Scale) -> tuple[float, float]:
    """Slope and middle that suit the cosines of pairs of one person and of two.

    Few pairs, and pairs that no line parts wrongly, take it only so far from `start`. The slope
    is always above 0.

    Source: logistic regression weighted by a prior, Brümmer and du Preez 2006; found by Fisher
    scoring, with normal priors on both numbers.
    """
    cosines, labels, weights = _weighed(_spread(same), _spread(different))
    along = start.slope * (cosines - start.middle)
    at = np.zeros(2)  # log odds added in the middle, logarithm of the slope's factor
    for _ in range(_STEPS):
        inputs = np.stack([np.ones_like(along), np.exp(at[1]) * along])
        chance = _chance(at[0] + inputs[1])
        slope = inputs @ (weights * (labels - chance)) - at / _STRAYS**2
        bend = (inputs * weights * chance * (1 - chance)) @ inputs.T + np.diag(1 / _STRAYS**2)
        step = np.clip(np.linalg.solve(bend, slope), -0.5, 0.5)
        at = at + step
        if np.abs(step).max() < _NO_STEP:
            break
    factor = float(np.exp(at[1]))
    return start.slope * factor, start.middle - float(at[0]) / (start.slope * factor)


def _spread(cosines: Array) -> Array:
    """Few enough of many, that are spread as they are."""
    every = -(-len(cosines) // _MOST_PAIRS) or 1
    return np.sort(cosines.astype(np.float64))[::every]


def _weighed(same: Array, different: Array) -> tuple[Array, Array, Array]:
    """All cosines, whether (1, 0) they are of one person, and how much each counts.

    None counts more than once, and all those of one person count as one in ONE_IN.
    """
    counts = np.array([max(len(same), 1), max(len(different), 1)])
    shares = np.array([1, ONE_IN - 1])
    weight = shares / counts * (counts / shares).min()
    return (
        np.concatenate([same, different]),
        np.concatenate([np.ones(len(same)), np.zeros(len(different))]),
        np.concatenate([np.full(len(same), weight[0]), np.full(len(different), weight[1])]),
    )


def _chance(odds: Array) -> Array:
    """Of logarithms of odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -60, 60))))


def _odds(chance: float) -> Array:
    return np.asarray(np.log(chance / (1 - chance)))
