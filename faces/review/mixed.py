"""Clusters that look like two people."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from faces import vectors
from faces.calibration import Scale, score_of
from faces.models import FaceVector, Membership
from faces.recognition import likeness_of
from faces.review import questions
from faces.review.questions import SAFE, Question, Side
from inference.arrays import Array
from photos.models import Owner, Space

MOST_CLUSTERS = 40  # that are looked into: those whose faces are least alike
_FACES = 100  # of each, the clearest ones
_SMALLEST = 2  # faces of a mode; one face is a stray
_ROUNDS = 10


@dataclass(frozen=True)
class _Members:
    """Faces of a cluster, the clearest first, and their vectors (n, d)."""

    faces: list[int]
    vectors: Array


def mixed(owner: Owner, space: Space) -> list[Question]:
    """Clusters whose faces fall into two that are not taken for one person.

    First those with most pairs of faces that are wrong then. The `faces` of the second side are
    what would be split off. A cluster comes no more once somebody has said of two faces, one of
    each side, that they are one person.
    """
    scale, said = score_of(space, owner), questions.said_same(owner)
    clusters = _least_alike(owner, space, set(said))
    found = []
    for cluster, members in _load(space, clusters).items():
        second = two_modes(members.vectors)
        question = _question(clusters[cluster], members, second, scale)
        if question and not _is_answered(members.faces, second, said.get(cluster, [])):
            found.append(question)
    return sorted(found, key=lambda each: -each.settles)


def two_modes(rows: Array) -> Array:
    """Which of `rows` (n, d), of length 1, are of the second of two modes (n,) bool.

    Source: spherical k-means, Dhillon and Modha 2001, from the two that are farthest first.
    """
    far = int((rows @ rows.sum(axis=0)).argmin())
    centres = np.stack([rows[far], rows[int((rows @ rows[far]).argmin())]])
    second = np.zeros(len(rows), bool)
    for _ in range(_ROUNDS):
        before, second = second, (rows @ centres.T).argmax(axis=1) == 1
        if (before == second).all() or second.all() or not second.any():
            break
        sums = np.stack([rows[~second].sum(axis=0), rows[second].sum(axis=0)])
        centres = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)
    return second if second.sum() * 2 <= len(second) else ~second


def _least_alike(owner: Owner, space: Space, later: set[int]) -> dict[int, int]:
    """Clusters whose faces are least alike, and the groups they are of; those `later` after others.

    The squared length of a mean is the mean cosine of all pairs, each face with itself included.
    """
    known = questions.means(owner, space)
    large = np.flatnonzero(known.sizes >= 2 * _SMALLEST)
    means, sizes = known.vectors[large], known.sizes[large]
    alike = (sizes * np.einsum("ij,ij->i", means, means) - 1) / np.maximum(1, sizes - 1)
    was_asked = np.isin(np.array(known.clusters, np.int64)[large], list(later))
    order = large[np.lexsort((alike, was_asked))][:MOST_CLUSTERS]
    return {known.clusters[row]: int(known.groups[row]) for row in order}


def _load(space: Space, clusters: Collection[int]) -> dict[int, _Members]:
    """The clearest faces of each of `clusters`."""
    place = Window(
        RowNumber(), partition_by="part__cluster", order_by=(F("face__quality").desc(), "face_id")
    )
    there = Membership.objects.filter(part__cluster__in=clusters, face__vectors__space=space)
    rows = there.annotate(place=place).filter(place__lte=_FACES).order_by("part__cluster", "place")
    faces_of: dict[int, list[int]] = {}
    for cluster, face in rows.values_list("part__cluster", "face"):
        faces_of.setdefault(cluster, []).append(face)
    wanted = [face for faces in faces_of.values() for face in faces]
    faces, found = vectors.load(FaceVector.objects.filter(space=space, face__in=wanted))
    row_of = {face: row for row, face in enumerate(faces)}
    return {
        cluster: _Members(faces, found[[row_of[face] for face in faces]])
        for cluster, faces in faces_of.items()
    }


def _question(group: int, members: _Members, second: Array, scale: Scale) -> Question | None:
    """Whether the two modes are one person; none if they are taken for one, or one is a stray."""
    sizes = int((~second).sum()), int(second.sum())
    if min(sizes) < _SMALLEST:
        return None
    one, other = (members.vectors[mode].sum(axis=0) for mode in (~second, second))
    count = sizes[0] * sizes[1]
    score = scale.score(float(likeness_of(one @ other / count, np.array(count))))
    if score >= SAFE:
        return None
    sides = [_side(group, members, mode) for mode in (~second, second)]
    return Question(score, count * (1 - score), *sides)


def _side(group: int, members: _Members, mode: Array) -> Side:
    faces = [members.faces[row] for row in np.flatnonzero(mode)]
    return Side(group, len(faces), face=faces[0], faces=faces)


def _is_answered(faces: Sequence[int], second: Array, same: Sequence[tuple[int, int]]) -> bool:
    side = dict(zip(faces, second.tolist(), strict=True))
    return any(side[one] != side[other] for one, other in same if one in side and other in side)
