"""Why a face is where it is, or why it is nobody's: the rule, and all that went into it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from faces import centroids, matching, vectors
from faces.calibration import Scale, score_of
from faces.centroids import Means
from faces.clustering import required
from faces.matching import Least
from faces.models import Cluster, Face, FaceVector, Membership, Pair, Person, Rejection
from faces.quality import CORE_QUALITY
from faces.recognition import likeness_of
from inference.arrays import Array
from photos.models import Space

_SHOWN = 10  # of the nearest faces
_CANDIDATES = 5
_LOOKED_AT = 200  # nearest faces, whose people are the candidates
How = Membership.How


class Why(StrEnum):
    """Why a face is in no cluster, or is not of somebody. The codes never change."""

    IGNORED = "ignored"
    UNSEEN = "not_seen_by_the_active_model"
    NOBODY = "nobody_known"
    UNLIKE = "below_threshold"
    RUNNER_UP = "runner_up_too_close"
    LEFT_OUT = "nothing_is_matched_with_them"
    DENIED = "said_not_to_be"
    IN_PHOTO = "person_is_another_face"
    POOR = "too_poor_to_found_a_cluster"
    WAITS = "joins_when_next_grouped"


@dataclass(frozen=True)
class Near:
    """A face that matching compares with: somebody has seen it where it is."""

    face: int
    cluster: Cluster
    how: str
    cosine: float
    score: float


@dataclass(frozen=True)
class Candidate:
    """Somebody, or a cluster of nobody, whom the face is like."""

    cluster: Cluster  # the one of theirs that it is most like
    faces: int  # of that cluster that are compared with, without this one
    cosine: float  # mean, to those faces
    required: float  # what that mean has to be
    score: float  # 0 to 1, of as much evidence by one pair of faces
    against: list[Why]  # why it is not theirs; nothing: it may be
    fits: float  # by how much better than a face that just fits any cluster

    @property
    def person(self) -> Person | None:
        return self.cluster.person


@dataclass(frozen=True)
class Explanation:
    face: Face
    how: str | None  # how it came where it is
    similarity: float | None  # mean cosine to its cluster, when it came there
    why: list[Why]  # it is in no cluster
    space: str | None  # whose vectors were compared
    spaces: list[str]  # all that have seen it, the newest first
    scale: Scale | None
    least: Least | None  # cosines that two faces of one person have
    margin: float  # of cosine, by which the runner-up must fit less
    nearest: list[Near]
    candidates: list[Candidate]  # best first: the second is the runner-up
    rejected: list[Person]  # whom it was said not to be
    pairs: list[Pair]  # what was said of it and another face


def explain(face: Face, space: Space | None) -> Explanation:
    """Why `face`, which needs with_people(), is where it is, as the vectors of `space` say."""
    seen = list(FaceVector.objects.filter(face=face).select_related("space").order_by("-space"))
    vector = next((np.array(each.vector, np.float32) for each in seen if each.space == space), None)
    nearest: list[Near] = []
    candidates: list[Candidate] = []
    scale = score_of(space, face.photo.owner) if space else None
    least = matching.least(face.photo.owner, space) if space else None
    if space and scale and least and vector is not None:
        alike = _alike(face, vector, space)
        nearest = _nearest(alike, scale)
        candidates = _candidates(face, vector, alike, space, scale, least)
    member = getattr(face, "membership", None)
    rejections = Rejection.objects.filter(face=face).select_related("person").order_by("pk")
    said = Pair.objects.filter(first=face) | Pair.objects.filter(second=face)
    return Explanation(
        face=face,
        how=member.how if member else None,
        similarity=member.similarity if member else None,
        why=[] if member else _why(face, candidates, is_seen=vector is not None),
        space=space.name if space and vector is not None else None,
        spaces=[each.space.name for each in seen],
        scale=scale,
        least=least,
        margin=matching.MARGIN,
        nearest=nearest,
        candidates=candidates[:_CANDIDATES],
        rejected=[each.person for each in rejections],
        pairs=list(said.order_by("pk")),
    )


def _alike(face: Face, vector: Array, space: Space) -> list[tuple[Membership, float]]:
    """The nearest faces that are compared with, and their cosines, best first."""
    owner = face.photo.owner
    [near] = vectors.nearest(owner, vector[None], space, limit=_LOOKED_AT)
    there = Membership.objects.exclude(how=How.MATCHED).select_related("part__cluster__person")
    member_of = {each.face_id: each for each in there.filter(face__in=[each.of for each in near])}
    return [
        (member_of[each.of], each.cosine)
        for each in near
        if each.of in member_of and each.of != face.pk
    ]


def _nearest(alike: Sequence[tuple[Membership, float]], scale: Scale) -> list[Near]:
    return [
        Near(each.face_id, each.cluster, each.how, cosine, scale.score(cosine))
        for each, cosine in alike[:_SHOWN]
    ]


def _candidates(  # all that goes into it
    face: Face,
    vector: Array,
    alike: Sequence[tuple[Membership, float]],
    space: Space,
    scale: Scale,
    least: Least,
) -> list[Candidate]:
    """Whom the face is like: each by the best of their clusters, best first."""
    clusters = {member.part.cluster_id: member.cluster for member, _ in alike}
    known = centroids.of(face.photo.owner, space, clusters)
    against = _Against.of(face, known)
    found: dict[int, _Column] = {}
    for column in _best_first(face, vector, known, least):
        found.setdefault(int(known.groups[column.number]), column)
    return [
        Candidate(
            cluster=clusters[known.clusters[column.number]],
            faces=column.size,
            cosine=column.cosine,
            required=column.required,
            score=scale.score(float(likeness_of(np.array(column.cosine), np.array(column.size)))),
            against=against.whom(group, column, matched=bool(known.matched[column.number])),
            fits=column.fits,
        )
        for group, column in found.items()
    ]


@dataclass(frozen=True)
class _Column:
    number: int  # in the means
    size: int
    cosine: float
    required: float
    fits: float


def _best_first(face: Face, vector: Array, known: Means, least: Least) -> list[_Column]:
    """Clusters with their mean cosines to the face, which has no say itself; as in `matching`."""
    if not len(known):
        return []
    own = np.zeros(len(known), np.int64)
    member = getattr(face, "membership", None)
    if member and member.how != How.MATCHED:
        own[:] = np.array(known.clusters) == member.part.cluster_id
    sizes, some = known.sizes - own, np.maximum(known.sizes - own, 1)
    cosines = (known.vectors @ vector * known.sizes - own * float(vector @ vector)) / some
    needed = required(some, 1.0) * np.where(known.groups > 0, least.person, least.cluster)
    fits = cosines - required(some, min(least.person, least.cluster))
    columns = [
        _Column(number, int(sizes[number]), *map(float, each))
        for number, each in enumerate(zip(cosines, needed, fits, strict=True))
        if sizes[number]
    ]
    return sorted(columns, key=lambda each: -each.fits)


@dataclass(frozen=True)
class _Against:
    """What speaks against somebody, whatever the face looks like. Groups as in `matching`."""

    denied: set[int]
    in_photo: set[int]

    @classmethod
    def of(cls, face: Face, known: Means) -> "_Against":
        own = {face.person.pk if face.person else -face.cluster.pk} if face.cluster else set()
        taken = {group for _, group in matching.taken_in([face.photo_id])}
        return cls(matching.denials([face.pk])[face.pk], taken - own)

    def whom(self, group: int, column: _Column, *, matched: bool) -> list[Why]:
        holds = {
            Why.UNLIKE: column.cosine < column.required,
            Why.LEFT_OUT: not matched,
            Why.DENIED: group in self.denied,
            Why.IN_PHOTO: group in self.in_photo,
        }
        return [why for why in holds if holds[why]]


def _why(face: Face, candidates: Sequence[Candidate], *, is_seen: bool) -> list[Why]:
    """Why a face is alone. What is left out of matching is not looked at any further."""
    if face.ignored:
        return [Why.IGNORED]
    if not is_seen:
        return [Why.UNSEEN]
    why = _against_all(candidates)
    if face.quality < CORE_QUALITY and why != [Why.WAITS]:
        why.append(Why.POOR)
    return why


def _against_all(candidates: Sequence[Candidate]) -> list[Why]:
    """A face goes to whom it fits best, or to nobody."""
    if not candidates:
        return [Why.NOBODY]
    best, *others = candidates
    if best.fits >= 0 and others and best.fits - others[0].fits < matching.MARGIN:
        return [*best.against, Why.RUNNER_UP]
    return list(best.against) or [Why.WAITS]
