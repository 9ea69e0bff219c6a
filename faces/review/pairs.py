"""Groups of faces that may be one person, by how alike they are on the whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from django.db import connection

from faces.calibration import Scale, score_of
from faces.people import alike
from faces.recognition import likeness_of
from faces.review import questions
from faces.review.questions import MOST, SAFE, Kind, Question, Side
from inference.arrays import Array
from photos.models import Owner, Space

MOST_GROUPS = 4_000  # that are compared with each other: the largest
UNSURE = 0.3  # a score; below it two are not asked about
_BLOCK = 512
_MORE = 4  # times as many as are wanted: some of them have been in a photo together


@dataclass(frozen=True)
class Groups:
    """People and clusters of nobody: keys (g,), means (g, d), and numbers of faces (g,)."""

    keys: Array
    means: Array
    sizes: Array

    @classmethod
    def load(cls, owner: Owner, space: Space) -> "Groups":
        """The largest ones."""
        known = questions.means(owner, space)
        keys, row = np.unique(known.groups, return_inverse=True)
        sizes = np.bincount(row, known.sizes, len(keys)).astype(np.float32)
        sums = np.zeros((len(keys), *known.vectors.shape[1:]), np.float32)
        np.add.at(sums, row, known.vectors * known.sizes[:, None].astype(np.float32))
        largest = np.argsort(-sizes, kind="stable")[:MOST_GROUPS]
        return cls(keys[largest], sums[largest] / sizes[largest, None], sizes[largest])


@dataclass(frozen=True)
class _Found:
    """Pairs of rows (p,) of the groups: how likely they are one, and what an answer is worth."""

    one: Array
    other: Array
    score: Array
    worth: Array

    @classmethod
    def none(cls) -> Self:
        return cls(*(np.zeros(0, dtype) for dtype in (np.int64, np.int64, float, float)))

    def best(self, most: int) -> "_Found":
        order = np.argsort(-self.worth, kind="stable")[:most]
        return _Found(self.one[order], self.other[order], self.score[order], self.worth[order])

    def together(self, others: "_Found") -> "_Found":
        parts = zip(vars(self).values(), vars(others).values(), strict=True)
        return _Found(*(np.concatenate([ours, theirs]) for ours, theirs in parts))


def pairs(owner: Owner, space: Space, kind: Kind) -> list[Question]:
    """Two groups each, the ones first of which an answer settles most pairs of faces.

    SAME: they may be one person; the less sure, the more it settles; also two people whose names
    are alike, whatever their faces are. MERGES: they are taken for one, but are apart. None that
    was answered before, none that are in a photo together.
    """
    groups, scale = Groups.load(owner, space), score_of(space, owner)
    answered = _rows(groups, questions.answered(owner))
    found = _best(groups, scale, kind, answered)
    if kind is Kind.SAME:
        named = _rows(groups, {frozenset(both) for both in alike.pairs(owner)})
        known = np.concatenate([answered, found.one * len(groups.keys) + found.other])
        found = found.together(_at(np.setdiff1d(named, known), groups, scale)).best(MOST * _MORE)
    together = _in_photos(owner, groups.keys[np.unique([found.one, found.other])].tolist())
    asked = []
    for one, other, score, worth in zip(
        found.one.tolist(), found.other.tolist(), found.score, found.worth, strict=True
    ):
        sides = [Side(int(groups.keys[row]), int(groups.sizes[row])) for row in (one, other)]
        if frozenset(side.group for side in sides) not in together:
            asked.append(Question(float(score), float(worth), *sides))
    return asked[:MOST]


def beside(owner: Owner, space: Space, group: int, most: int) -> list[Question]:
    """Others who may be one with `group`: as pairs(), but of one alone.

    First people whose names are alike, then the most likely.
    """
    groups, scale = Groups.load(owner, space), score_of(space, owner)
    rows = np.flatnonzero(groups.keys == group)
    if not len(rows):
        return []
    sizes = groups.sizes * groups.sizes[rows[0]]
    scores = scale.scores(likeness_of(groups.means @ groups.means[rows[0]], sizes))
    order = np.argsort(-scores, kind="stable")
    likely = [row for row in order[: most * _MORE + 1].tolist() if scores[row] >= UNSURE]
    named = {key for both in alike.pairs(owner) if group in both for key in both}
    likely = np.flatnonzero(np.isin(groups.keys, list(named))).tolist() + likely
    others = {int(groups.keys[row]): row for row in likely if row != rows[0]}
    settled = questions.answered(owner, {group, *others}) | _in_photos(owner, [group, *others])
    found = [
        Question(
            float(scores[row]),
            float(sizes[row] * scores[row]),
            Side(group, int(groups.sizes[rows[0]])),
            Side(other, int(groups.sizes[row])),
        )
        for other, row in others.items()
        if frozenset({group, other}) not in settled
    ]
    return found[:most]


def _at(pairs: Array, groups: Groups, scale: Scale) -> _Found:
    """`pairs` as _rows() has them. Each is worth as much as if nothing were known of the faces."""
    if not len(pairs):
        return _Found.none()
    one, other = np.divmod(pairs, len(groups.keys))
    sizes = groups.sizes[one] * groups.sizes[other]
    cosines = np.einsum("ij,ij->i", groups.means[one], groups.means[other])
    return _Found(one, other, scale.scores(likeness_of(cosines, sizes)), sizes)


def _rows(groups: Groups, pairs: set[questions.Groups]) -> Array:
    """Those of `pairs` that are in `groups`, each as one number: row of one * g + row of other."""
    row_of = {key: row for row, key in enumerate(groups.keys.tolist())}
    rows = [sorted(row_of[key] for key in pair) for pair in pairs if row_of.keys() >= pair]
    return np.array([one * len(row_of) + other for one, other in rows], np.int64)


def _best(groups: Groups, scale: Scale, kind: Kind, answered: Array) -> _Found:
    """Those worth most, without the ones that were `answered`."""
    best = _Found.none()
    for block in _blocks(groups, scale, kind):
        fresh = ~np.isin(block.one * len(groups.keys) + block.other, answered)
        new = _Found(*(values[fresh] for values in vars(block).values()))
        best = best.together(new).best(MOST * _MORE)
    return best


def _blocks(groups: Groups, scale: Scale, kind: Kind) -> Iterator[_Found]:
    """Pairs of `kind`, block by block of the comparison of all with all."""
    least = scale.cosine(UNSURE if kind is Kind.SAME else SAFE)
    below = scale.cosine(SAFE) if kind is Kind.SAME else np.inf
    for start in range(0, len(groups.keys), _BLOCK):
        rows = slice(start, start + _BLOCK)
        sizes = groups.sizes[rows, None] * groups.sizes[start:]
        alike = likeness_of(groups.means[rows] @ groups.means[start:].T, sizes)
        one, other = np.nonzero((alike >= least) & (alike < below))
        chosen = other > one
        one, other = one[chosen], other[chosen]
        score = scale.scores(alike[one, other])
        doubt = 4 * score * (1 - score) if kind is Kind.SAME else score
        yield _Found(one + start, other + start, score, sizes[one, other] * doubt)


def _in_photos(owner: Owner, groups: list[int]) -> set[questions.Groups]:
    """Pairs of `groups` that have faces in one photo: they are two."""
    with connection.cursor() as cursor:
        cursor.execute(_IN_PHOTOS, {"owner": owner.pk, "groups": groups})
        return {frozenset(both) for both in cursor.fetchall()}


_IN_PHOTOS = """
WITH member AS MATERIALIZED (
    SELECT COALESCE(cluster.person_id, -cluster.id) AS group_id, face.photo_id
    FROM faces_cluster AS cluster
    JOIN faces_part AS part ON part.cluster_id = cluster.id
    JOIN faces_membership AS member ON member.part_id = part.id
    JOIN faces_face AS face ON face.id = member.face_id
    WHERE cluster.owner_id = %(owner)s
        AND COALESCE(cluster.person_id, -cluster.id) = ANY (%(groups)s)
)
SELECT DISTINCT one.group_id, other.group_id
FROM member AS one JOIN member AS other
    ON other.photo_id = one.photo_id AND other.group_id > one.group_id
"""
