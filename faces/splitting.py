"""A cluster that shows several people, by who looks like whom: what would be split off."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from django.utils.translation import gettext

from faces.calibration import score_of
from faces.clustering import ALONE, Rule, cluster
from faces.errors import NothingChosen
from faces.grouping import MIN_FACES, Pool
from faces.models import SAMPLE, Cluster, Face, FaceVector, Membership
from inference.arrays import Array
from photos.models import Space

MOST = 10_000  # faces that are looked at, the clearest ones


@dataclass(frozen=True)
class LookAlikes:
    """Faces that look like one person, the clearest first."""

    faces: list[int]
    sample: list[Face]  # the first of them

    @property
    def face_count(self) -> int:
        return len(self.faces)


def shown(parts: Sequence[list[int]]) -> list[LookAlikes]:
    """`parts` with some faces of each. One query."""
    faces = Face.objects.in_bulk([face for part in parts for face in part[:SAMPLE]])
    return [
        LookAlikes(part, [faces[face] for face in part[:SAMPLE] if face in faces]) for part in parts
    ]


def parts(of: Cluster, space: Space, *, threshold: float | None = None) -> list[list[int]]:
    """The faces of a cluster by who they look like in `space`: the first part stays, others go.

    Each part has its clearest faces first, and what somebody has said holds in all of them: who
    was placed there by hand stays. So does what looks like nobody else. `threshold`: score from
    which on two faces are one person; else as new faces are clustered. In no transaction: slow.

    Raises:
        NothingChosen: they look like one person, or no model has looked.
        ConstraintsConflict: what was said of them contradicts itself.
    """
    there = FaceVector.objects.filter(space=space, face__membership__part__cluster=of)
    pool = Pool.of(there, MOST)
    if not pool.faces:
        raise NothingChosen(
            gettext("The active model has not looked at these faces: choose some yourself.")
        )
    placed = _placed(of, pool.faces)
    known = replace(pool.known(of.owner), seed=np.where(placed, 0, ALONE))
    rule = Rule(_cosine(of, space, threshold), min_size=MIN_FACES)
    labels = cluster(pool.vectors, known, rule)
    groups = [np.flatnonzero(labels == label) for label in np.unique(labels[labels != ALONE])]
    home = _home(groups, placed)
    going = sorted((each for each in groups if each is not home), key=len, reverse=True)
    if not going:
        raise NothingChosen(
            gettext("These faces look like one person: choose those that are to go.")
        )
    gone = np.concatenate(going)
    staying = np.setdiff1d(np.arange(len(pool.faces)), gone)
    return [[pool.faces[row] for row in rows.tolist()] for rows in (staying, *going)]


def _cosine(of: Cluster, space: Space, threshold: float | None) -> float:
    return space.threshold if threshold is None else score_of(space, of.owner).cosine(threshold)


def _home(groups: list[Array], placed: Array) -> Array | None:
    """The group that stays: where somebody has placed a face, or else the largest."""
    return max(groups, key=lambda rows: (placed[rows].any(), len(rows)), default=None)


def _placed(of: Cluster, faces: list[int]) -> Array:
    """Which of `faces` (n,) somebody has placed there."""
    said = of.memberships.filter(how=Membership.How.MANUAL)
    return np.isin(faces, list(said.values_list("face_id", flat=True)))
