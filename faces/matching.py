"""Which people and clusters faces join by themselves.

Compared is with what somebody can vouch for: a cluster as it was formed, or put together, never
with faces that were only matched. What people have said is obeyed: a face does not go to whom it
was said not to be, nor anybody twice into a photo.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from faces import centroids, vectors
from faces.calibration import score_of
from faces.centroids import Means
from faces.clustering import Groups, assign, required
from faces.models import Cluster, Face, Membership, Pair, Rejection
from faces.people.changes import any_of
from faces.people.editing import share
from inference.arrays import Array
from photos.models import Owner, Space

MARGIN = 0.02  # of cosine: by so much the runner-up must fit less
_NEIGHBOURS = 20
_OF_NOBODY = Coalesce("part__cluster__person", -F("part__cluster"))


@dataclass(frozen=True)
class Join:
    """That a face joins a cluster, as it is like the cluster's faces."""

    cluster: int
    similarity: float  # mean cosine, -1 to 1


@dataclass(frozen=True)
class Probes:
    """Faces that look for a cluster: their ids and photos, in the order of `vectors`."""

    faces: list[int]
    photos: Array
    vectors: Array  # (n, d)


@dataclass(frozen=True)
class Matched:
    """What matching found, by the rows of the probes."""

    joins: dict[int, Join]
    set_aside: set[int]  # rows that look like whom nothing is matched with: nobody new either


def joins(owner: Owner, probes: Array, space: Space) -> list[Join | None]:
    """For faces (n, d) of ONE new photo: the known cluster each of them joins, if any.

    Costs the same however many faces the owner has: a search for neighbours, and the means of
    their clusters. Two of the faces never join the same person.
    """
    near = vectors.nearest(owner, probes, space, limit=_NEIGHBOURS)
    alike = {neighbour.of for some in near for neighbour in some}
    ids = set(Membership.objects.filter(face__in=alike).values_list("part__cluster", flat=True))
    if not ids:
        return [None] * len(probes)
    known = centroids.of(owner, space, ids)
    there = Probes([0] * len(probes), np.zeros(len(probes), np.int64), probes)
    found = match(there, known, least(owner, space), taken=set()).joins
    return [found.get(row) for row in range(len(probes))]


@dataclass(frozen=True)
class Least:
    """Cosines that two faces of one person have at least."""

    person: float  # of somebody known: a wrong name hurts more
    cluster: float  # of somebody unknown


def least(owner: Owner, space: Space) -> Least:
    """As the settings have it, by the calibration in force."""
    scale = score_of(space, owner)
    return Least(scale.cosine(settings.FACE_PERSON_MATCH_THRESHOLD), space.threshold)


def match(probes: Probes, known: Means, least: Least, *, taken: set[tuple[int, int]]) -> Matched:
    """Which of `probes` join one of the clusters that are `known`.

    A face that fits a person best, but not well enough for a name, joins nobody. `taken`: (photo,
    group) where somebody is in a photo already.
    """
    if not len(probes.faces) or not len(known):
        return Matched({}, set())
    groups = Groups(known.vectors, known.sizes, known.groups)
    found = assign(
        probes.vectors,
        groups,
        same_person=min(least.person, least.cluster),
        photo=probes.photos,
        taken=taken,
        margin=MARGIN,
    )
    joins, set_aside = {}, set()
    columns = _columns(known)
    for each in found:
        its = columns[each.column]
        column = its[int((known.vectors[its] @ probes.vectors[each.row]).argmax())]
        of_one = least.person if each.column > 0 else least.cluster
        if not known.matched[column]:
            set_aside.add(each.row)
        elif each.similarity >= required(known.sizes[column], of_one):
            joins[each.row] = Join(known.clusters[column], each.similarity)
    return Matched(joins, set_aside)


def _columns(known: Means) -> dict[int, list[int]]:
    """Where the clusters of each group are."""
    columns: dict[int, list[int]] = defaultdict(list)
    for column, group in enumerate(known.groups.tolist()):
        columns[group].append(column)
    return columns


def taken_in(photos: Collection[int]) -> set[tuple[int, int]]:
    """(photo, group) where a person, or a cluster of nobody, has a face in one of `photos`."""
    there = Membership.objects.filter(face__photo__in=photos).annotate(group=_OF_NOBODY)
    return set(there.values_list("face__photo_id", "group"))


def admit(owner_pk: int, joins: Mapping[int, Join], *, new: Collection[int] = ()) -> None:
    """Store the `joins` of faces (primary keys), in the caller's transaction.

    The world may have changed since they were found: where a cluster is gone, where somebody is in
    the photo by now, or has said that it is not this person, the face stays alone. Of those that
    are `new` in this transaction nobody can have said anything.
    """
    if not joins:
        return
    share(owner_pk)
    wanted = {join.cluster for join in joins.values()}
    group_of = dict(
        Cluster.objects.filter(owner=owner_pk, pk__in=wanted, ignored=False)
        .filter(Q(person=None) | Q(person__ignored=False, person__unrecognised=False))
        .annotate(group=Coalesce("person", -F("pk")))
        .values_list("pk", "group")
    )
    photo_of = dict(
        Face.objects.alone().filter(pk__in=joins, ignored=False).values_list("pk", "photo_id")
    )
    known = joins.keys() - set(new)
    taken, denied = taken_in(set(photo_of.values())), denials(known)
    apart = apart_among(known)
    members = []
    for face, join in sorted(joins.items(), key=lambda pair: -pair[1].similarity):
        group = group_of.get(join.cluster)
        if face not in photo_of or group is None or group in denied[face]:
            continue
        if (photo_of[face], group) not in taken:
            taken.add((photo_of[face], group))
            members.append(_member(face, join))
            for other in apart[face]:
                denied[other].add(group)
    Membership.objects.add(members)


def _member(face: int, join: Join) -> Membership:
    how = Membership.How.MATCHED
    return Membership(face_id=face, part_id=join.cluster, how=how, similarity=join.similarity)


def denials(faces: Iterable[int]) -> defaultdict[int, set[int]]:
    """For each of `faces` the groups that somebody has said it is not of."""
    faces = list(faces)
    denied: defaultdict[int, set[int]] = defaultdict(set)
    for face, person in Rejection.objects.filter(face__in=faces).values_list("face", "person"):
        denied[face].add(person)
    apart = Pair.objects.filter(same=False)
    for one, other in (("first", "second"), ("second", "first")):
        rows = apart.filter(**{f"{one}__in": faces}).exclude(**{f"{other}__membership": None})
        group = Coalesce(
            f"{other}__membership__part__cluster__person", -F(f"{other}__membership__part__cluster")
        )
        for face, its in rows.annotate(group=group).values_list(one, "group"):
            denied[face].add(its)
    return denied


def apart_among(faces: Iterable[int]) -> defaultdict[int, set[int]]:
    """Which of `faces` are said not to be one person."""
    keys, apart = any_of(list(faces)), defaultdict[int, set[int]](set)
    both = Pair.objects.filter(same=False, first__in=keys, second__in=keys)
    for one, other in both.values_list("first", "second"):
        apart[one].add(other)
        apart[other].add(one)
    return apart
