"""Whose face this is, and whether two are one person's, for somebody who waits: nothing is stored.

Compared is as in matching: with the means of people's confirmed faces, of those who may be matched.
The likeness of a face to a person is what one pair of faces would have to have for the same
evidence: the mean of many cosines strays less than one, so less is as good.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
from django.utils.translation import gettext

import photos.services
from faces import centroids, matching, vectors
from faces.calibration import Scale
from faces.centroids import Means
from faces.clustering import required
from faces.errors import FaceUnseen
from faces.models import Cluster, Face, FaceVector, Membership, Person
from faces.services import FoundFace
from inference.arrays import Array
from inference.geometry import Box
from photos.models import Owner, Photo, Space


@dataclass(frozen=True, eq=False)
class Probe:
    """A face that somebody asks about: found in their picture, or one of a photo that is here."""

    box: Box
    confidence: float
    quality: float
    reasons: Sequence[str]  # why it can't be recognised well
    vector: Array | None  # (d,) of length 1; none: the active model has not seen it
    face: int | None = None  # primary key, where it is stored
    vouches_for: int | None = None  # the cluster that it has a say in

    @classmethod
    def found(cls, face: FoundFace) -> Self:
        quality = face.quality
        return cls(face.box, face.confidence, quality.value, quality.reasons, face.vector)

    @classmethod
    def stored(cls, face: Face, vector: Array | None) -> Self:
        """Needs with_people()."""
        member = getattr(face, "membership", None)
        vouches = member and member.how != Membership.How.MATCHED
        return cls(
            box=Box(face.x, face.y, face.width, face.height),
            confidence=face.confidence,
            quality=face.quality,
            reasons=face.quality_reasons,
            vector=vector,
            face=face.pk,
            vouches_for=member.part.cluster_id if member and vouches else None,
        )


class Doubt(StrEnum):
    """Why a face is nobody's. The codes never change."""

    NOBODY = "nobody_known"
    UNSEEN = "not_seen_by_the_active_model"
    UNLIKE = "below_threshold"
    RUNNER_UP = "runner_up_too_close"
    TWICE = "person_is_another_face"


@dataclass(frozen=True)
class Candidate:
    person: Person
    cosine: float  # likeness, -1 to 1
    score: float  # 0 to 1


@dataclass(frozen=True)
class Identified:
    """Who a face may be, best first; without a doubt it is the first."""

    probe: Probe
    candidates: Sequence[Candidate]
    margin: float | None  # of likeness, by which the first is ahead of anybody else
    doubt: Doubt | None

    @property
    def person(self) -> Person | None:
        """None also where they have gone this moment."""
        return self.candidates[0].person if self.candidates and not self.doubt else None


@dataclass(frozen=True)
class _Ranked:
    """People (keys) by their likeness to one face, best first."""

    people: Sequence[int]
    likeness: Sequence[float]

    @property
    def margin(self) -> float | None:
        return self.likeness[0] - self.likeness[1] if len(self.people) > 1 else None

    def doubt(self, probe: Probe, same_person: float) -> Doubt | None:
        if probe.vector is None:
            return Doubt.UNSEEN
        if not self.people:
            return Doubt.NOBODY
        if self.likeness[0] < same_person:
            return Doubt.UNLIKE
        if self.margin is not None and self.margin < matching.MARGIN:
            return Doubt.RUNNER_UP
        return None


def identify(
    owner: Owner, probes: Sequence[Probe], space: Space, scale: Scale, *, least: float, limit: int
) -> list[Identified]:
    """Who the faces of ONE picture are, with `limit` candidates each.

    `least`: the cosine that two faces of one person have. A face of a photo that is here has no
    say in whose it is itself, and is nobody's whom it was said not to be. Nobody is two of them.
    """
    ranked = _ranked(probes, _people(owner, space), limit)
    doubts = [each.doubt(probe, least) for each, probe in zip(ranked, probes, strict=True)]
    _nobody_twice(ranked, doubts)
    people = Person.objects.in_bulk({pk for each in ranked for pk in each.people[:limit]})
    return [
        Identified(probe, _candidates(each, people, scale, limit), each.margin, doubt)
        for probe, each, doubt in zip(probes, ranked, doubts, strict=True)
    ]


def _people(owner: Owner, space: Space) -> Means:
    """The means of the clusters of people who may be matched."""
    named = Cluster.objects.filter(owner=owner, ignored=False).exclude(person=None)
    named = named.filter(person__ignored=False, person__unrecognised=False)
    return centroids.of(owner, space, list(named.values_list("pk", flat=True)))


def _ranked(probes: Sequence[Probe], known: Means, limit: int) -> list[_Ranked]:
    """The best people of each probe: `limit`, and a runner-up at least.

    A person is as like a face as the cluster of theirs that is most like it.
    """
    people, column = np.unique(known.groups, return_inverse=True)
    best = np.full((len(people), len(probes)), -np.inf)
    np.maximum.at(best, column, _likeness(probes, known).T)
    denied = matching.denials(probe.face for probe in probes if probe.face is not None)
    for row, probe in enumerate(probes):
        best[np.isin(people, list(denied[probe.face or 0])), row] = -np.inf
    return [_best(people, best[:, row], max(limit, 2)) for row in range(len(probes))]


def _best(people: Array, likeness: Array, limit: int) -> _Ranked:
    order = np.argsort(-likeness, kind="stable")[:limit]
    order = order[np.isfinite(likeness[order])]
    return _Ranked(people[order].tolist(), likeness[order].tolist())


def _likeness(probes: Sequence[Probe], known: Means) -> Array:
    """Of each of n probes to each of c clusters: (n, c). Minus infinity: nothing else is known."""
    likeness = np.full((len(probes), len(known)), -np.inf)
    for row, probe in enumerate(probes):
        if probe.vector is None or not len(known):
            continue
        own = np.array(known.clusters) == probe.vouches_for
        others = known.sizes - own
        totals = known.sizes * (known.vectors @ probe.vector) - own * (probe.vector @ probe.vector)
        known_by = np.maximum(1, others)
        likeness[row] = np.where(others > 0, likeness_of(totals / known_by, known_by), -np.inf)
    return likeness


def likeness_of(means: Array, sizes: Array) -> Array:
    """What one pair would have to have, for mean cosines `means` (n,) to `sizes` (n,) faces."""
    return np.clip(means / required(sizes, 1.0), -1, 1)


def _nobody_twice(ranked: Sequence[_Ranked], doubts: list[Doubt | None]) -> None:
    """Of two faces that are one person, the one that is more like them is."""
    taken: set[int] = set()
    sure = [row for row, doubt in enumerate(doubts) if doubt is None]
    for row in sorted(sure, key=lambda row: -ranked[row].likeness[0]):
        if ranked[row].people[0] in taken:
            doubts[row] = Doubt.TWICE
        taken.add(ranked[row].people[0])


def _candidates(
    ranked: _Ranked, people: dict[int, Person], scale: Scale, limit: int
) -> list[Candidate]:
    pairs = zip(ranked.people[:limit], ranked.likeness[:limit], strict=True)
    return [
        Candidate(people[pk], cosine, scale.score(cosine)) for pk, cosine in pairs if pk in people
    ]


def cosine(one: Probe, other: Probe) -> float:
    """Of two faces, -1 to 1.

    Raises:
        FaceUnseen: the active model has not seen one of them.
    """
    return float(np.clip(vector_of(one) @ vector_of(other), -1, 1))


def vector_of(probe: Probe) -> Array:
    """
    Raises:
        FaceUnseen: the active model has not seen it.
    """
    if probe.vector is None:
        raise FaceUnseen(
            gettext("The active model has not seen face %(face)s yet: ask for process/reindex.")
            % {"face": probe.face}
        )
    return probe.vector


def of_photo(photo: Photo, space: Space) -> list[Probe]:
    """The faces of a photo that is here. Two queries."""
    return stored(photo.faces.with_people().order_by("pk"), space)


def stored(faces: Iterable[Face], space: Space) -> list[Probe]:
    """`faces`, which need with_people(), with their vectors. One more query."""
    faces = list(faces)
    rows = FaceVector.objects.filter(face__in=faces, space=space).order_by("pk")
    vector_by_face = dict(zip(*vectors.load(rows), strict=True))
    return [Probe.stored(face, vector_by_face.get(face.pk)) for face in faces]


def active_space() -> Space:
    """That of the active model, which has seen the faces that are here.

    Raises:
        FaceUnseen: no model has seen one.
    """
    if space := photos.services.current_space("face_embedder"):
        return space
    raise FaceUnseen(gettext("No model has seen a face here yet: send photos first."))
