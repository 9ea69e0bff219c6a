"""Questions to staff: are these two faces of one person? The answers are pairs, for ever."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from faces import centroids
from faces.centroids import Means
from faces.models import Cluster, Face, Membership
from photos.models import Owner, Space

MOST = 500  # of a kind, at a time
# From here on two are taken for one person: see faces/calibration.py.
SAFE = 0.7
Groups = frozenset[int]  # two: people by their keys, clusters of nobody by minus theirs
# From the pairs, which are as many as somebody has answered, whatever the planner knows of faces.
_SAME = """
WITH said AS MATERIALIZED (
    SELECT first_id, second_id FROM faces_pair WHERE owner_id = %(owner)s AND same
)
SELECT one.cluster_id, said.first_id, said.second_id
FROM said
CROSS JOIN LATERAL (
    SELECT part.cluster_id FROM faces_membership AS member
    JOIN faces_part AS part ON part.id = member.part_id
    WHERE member.face_id = said.first_id OFFSET 0
) AS one
CROSS JOIN LATERAL (
    SELECT part.cluster_id FROM faces_membership AS member
    JOIN faces_part AS part ON part.id = member.part_id
    WHERE member.face_id = said.second_id OFFSET 0
) AS other
WHERE one.cluster_id = other.cluster_id
    AND (%(clusters)s::bigint[] IS NULL OR one.cluster_id = ANY (%(clusters)s::bigint[]))
"""
_ANSWERED = """
SELECT COALESCE(one.person_id, -one.id), COALESCE(other.person_id, -other.id)
FROM faces_pair AS pair
JOIN faces_membership AS first ON first.face_id = pair.first_id
JOIN faces_part AS first_part ON first_part.id = first.part_id
JOIN faces_cluster AS one ON one.id = first_part.cluster_id
JOIN faces_membership AS second ON second.face_id = pair.second_id
JOIN faces_part AS second_part ON second_part.id = second.part_id
JOIN faces_cluster AS other ON other.id = second_part.cluster_id
WHERE pair.owner_id = %(owner)s AND (%(all)s
    OR (one.person_id = ANY (%(people)s) OR one.person_id IS NULL AND one.id = ANY (%(clusters)s))
    AND (other.person_id = ANY (%(people)s)
        OR other.person_id IS NULL AND other.id = ANY (%(clusters)s)))
UNION SELECT COALESCE(cluster.person_id, -cluster.id), rejection.person_id
FROM faces_person AS person
JOIN faces_rejection AS rejection ON rejection.person_id = person.id
JOIN faces_membership AS member ON member.face_id = rejection.face_id
JOIN faces_part AS part ON part.id = member.part_id
JOIN faces_cluster AS cluster ON cluster.id = part.cluster_id
WHERE person.owner_id = %(owner)s AND (%(all)s OR person.id = ANY (%(people)s)
    AND (cluster.person_id = ANY (%(people)s)
        OR cluster.person_id IS NULL AND cluster.id = ANY (%(clusters)s)))
"""


class Kind(StrEnum):
    """What made the question."""

    SAME = "same"  # two groups that may be one person
    MERGES = "merges"  # two that very likely are, and are apart
    ASSIGNMENTS = "assignments"  # a face that was matched, just so
    MIXED = "mixed"  # a cluster that falls into two


@dataclass(frozen=True)
class Side:
    """One of the two that are asked about: a group, or some of its faces."""

    group: int
    count: int  # faces
    face: int | None = None  # the one that stands for it; the group's best one if none
    faces: Sequence[int] = ()  # those that are meant, where they are not the whole group
    shown: Face | None = None  # set by shown()

    @property
    def seen(self) -> Face:
        """The face that is shown; of what shown() has given alone."""
        assert self.shown  # noqa: S101  # else it is left out there
        return self.shown


@dataclass(frozen=True)
class Question:
    """Whether two are one person."""

    score: float  # how likely they are, 0 to 1
    settles: float  # what an answer is worth, beside others of its kind
    first: Side
    second: Side

    @property
    def key(self) -> str:
        """What it is about: the same each time that it is asked."""
        face = self.second.faces[0] if self.second.faces else 0
        return f"{self.first.group}.{self.second.group}.{face}"


def answered(owner: Owner, among: Collection[int] | None = None) -> set[Groups]:
    """Pairs of groups of which somebody has said whether they are one person; or `among` some."""
    some = list(among or ())
    asked: dict[str, Any] = {
        "owner": owner.pk,
        "all": among is None,
        "people": [each for each in some if each > 0],
        "clusters": [-each for each in some if each < 0],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERED, asked)
        return {frozenset(both) for both in cursor.fetchall() if both[0] != both[1]}


def said_same(
    owner: Owner, clusters: Collection[int] | None = None
) -> dict[int, list[tuple[int, int]]]:
    """Pairs of faces that somebody said are one person, by the cluster (of these) that has both."""
    some = None if clusters is None else list(clusters)
    said: dict[int, list[tuple[int, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SAME, {"owner": owner.pk, "clusters": some})
        for cluster, first, second in cursor.fetchall():
            said.setdefault(cluster, []).append((first, second))
    return said


def visible(cluster: str = "") -> Q:
    """Clusters that staff are asked about: not hidden, and not left out of matching."""
    of_nobody = Q((f"{cluster}person", None))
    shown = {f"{cluster}person__{mark}": False for mark in ("hidden", "ignored", "unrecognised")}
    return (of_nobody | Q(**shown)) & Q((f"{cluster}hidden", False), (f"{cluster}ignored", False))


def means(owner: Owner, space: Space) -> Means:
    """Of the clusters that staff are asked about. Faces that were only matched have no say."""
    known = centroids.of(owner, space)
    asked = set(Cluster.objects.filter(visible(), owner=owner).values_list("pk", flat=True))
    chosen = np.array([cluster in asked for cluster in known.clusters], bool)
    return Means(
        clusters=[cluster for cluster in known.clusters if cluster in asked],
        groups=known.groups[chosen],
        matched=known.matched[chosen],
        vectors=known.vectors[chosen],
        sizes=known.sizes[chosen],
    )


def shown(questions: Sequence[Question]) -> list[Question]:
    """`questions` with the faces that are compared, and their people, in two queries.

    One whose faces have just gone is left out.
    """
    sides = [side for each in questions for side in (each.first, each.second)]
    best = _best_faces({side.group for side in sides if side.face is None})
    chosen = [side.face or best.get(side.group, 0) for side in sides]
    rows = Face.objects.with_people().in_bulk(set(chosen))
    seen = [replace(side, shown=rows.get(face)) for side, face in zip(sides, chosen, strict=True)]
    both = zip(questions, seen[::2], seen[1::2], strict=True)
    return [
        replace(question, first=first, second=second)
        for question, first, second in both
        if first.shown and second.shown
    ]


def with_faces(questions: Sequence[Question]) -> list[Question]:
    """`questions` with the keys of the faces that stand for their sides, in one query."""
    sides = [side for each in questions for side in (each.first, each.second)]
    best = _best_faces({side.group for side in sides if side.face is None})
    there = [replace(side, face=side.face or best.get(side.group)) for side in sides]
    both = zip(questions, there[::2], there[1::2], strict=True)
    return [replace(question, first=first, second=second) for question, first, second in both]


def _best_faces(groups: set[int]) -> dict[int, int]:
    """Of each group the clearest face that somebody vouches for."""
    if not groups:  # as a rule: questions that are kept know theirs
        return {}
    best = (
        Membership.objects.filter(of_groups("", groups))
        .annotate(group=group(""), was_matched=Q(how=Membership.How.MATCHED))
        .order_by("group", "was_matched", "-face__quality", "face_id")
        .distinct("group")
    )
    return dict(best.values_list("group", "face_id"))


def of_groups(membership: str, groups: Collection[int]) -> Q:
    """What is of one of `groups`."""
    people = Q((f"{membership}part__cluster__person__in", [each for each in groups if each > 0]))
    unnamed = (f"{membership}part__cluster__in", [-each for each in groups if each < 0])
    return people | Q(unnamed, (f"{membership}part__cluster__person", None))


def group(membership: str) -> Coalesce:
    cluster = f"{membership}__part__cluster".removeprefix("__")
    return Coalesce(f"{cluster}__person", -F(cluster))
