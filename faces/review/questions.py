"""Questions to staff: are these two faces of one person? The answers are pairs, for ever."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from faces import centroids
from faces.centroids import Means
from faces.models import Cluster, Face, Membership, Pair, Rejection
from photos.models import Owner, Space

MOST = 500  # of a kind, at a time
# From here on two are taken for one person: see faces/calibration.py.
SAFE = 0.7
Groups = frozenset[int]  # two: people by their keys, clusters of nobody by minus theirs


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
    pairs = Pair.objects.of(owner).annotate(
        one=group("first__membership"), other=group("second__membership")
    )
    rejections = Rejection.objects.filter(person__owner=owner).annotate(
        one=group("face__membership"), other=F("person")
    )
    if among is not None:
        pairs = pairs.filter(
            of_groups("first__membership__", among), of_groups("second__membership__", among)
        )
        rejections = rejections.filter(of_groups("face__membership__", among), person__in=among)
    said = [*pairs.values_list("one", "other"), *rejections.values_list("one", "other")]
    return {frozenset(both) for both in said if None not in both and both[0] != both[1]}


def said_same(
    owner: Owner, clusters: Collection[int] | None = None
) -> dict[int, list[tuple[int, int]]]:
    """Pairs of faces that somebody said are one person, by the cluster (of these) that has both."""
    together = Pair.objects.of(owner).filter(
        same=True, first__membership__part__cluster=F("second__membership__part__cluster")
    )
    if clusters is not None:
        together = together.filter(first__membership__part__cluster__in=clusters)
    said: dict[int, list[tuple[int, int]]] = {}
    rows = together.values_list("first__membership__part__cluster", "first", "second")
    for cluster, first, second in rows:
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


def _best_faces(groups: set[int]) -> dict[int, int]:
    """Of each group the clearest face that somebody vouches for."""
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
