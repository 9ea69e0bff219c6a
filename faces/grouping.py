"""Which faces are one person: joining known clusters, and forming new ones.

A cluster's mean vector tells the mean cosine between a face and all the cluster's faces
(their dot product), so one rule serves everywhere: a face belongs where that mean is high.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from faces import vectors
from faces.clustering import assign, cluster
from faces.errors import GroupingBusy
from faces.models import (
    Cluster,
    Face,
    FaceVector,
    GroupingDue,
    Membership,
)
from faces.quality import CORE_QUALITY
from inference.arrays import Array
from photos.models import Owner, Space

POOL = 20_000  # faces of no cluster that are looked at together, the best ones
MIN_FACES = 2  # a cluster has at least so many when it is formed
_NEIGHBOURS = 20
_LOCK = 4_711  # ours among PostgreSQL's advisory locks


@dataclass(frozen=True)
class Join:
    """That a face joins a cluster, as it is like the cluster's faces."""

    cluster: int
    similarity: float  # mean cosine, -1 to 1


@dataclass(frozen=True)
class Grouped:
    """What a grouping changed."""

    joined: int  # faces that joined a cluster which was there
    clusters: int  # new clusters
    faces: int  # faces in them


def joins(owner: Owner, probes: Array, space: Space) -> list[Join | None]:
    """For faces (n, d) of ONE photo: the known cluster each of them joins, if any.

    Two of them never join the same one: a person is in a photo once.
    """
    near = vectors.nearest(owner, probes, space, limit=_NEIGHBOURS)
    alike = {neighbour.face for some in near for neighbour in some}
    ids = set(Membership.objects.filter(face__in=alike).values_list("cluster_id", flat=True))
    means = vectors.means(owner, space, ids)
    found = _assign(probes, np.zeros(len(probes), np.int64), means, space, taken=set())
    return [found.get(row) for row in range(len(probes))]


def admit(joins: Mapping[int, Join]) -> None:
    """Store the `joins` of faces (primary keys), in the caller's transaction.

    A cluster may have gone meanwhile: its faces stay alone, and the others go where they belong.
    """
    there = set(
        Cluster.objects.select_for_update(no_key=True)
        .filter(pk__in={join.cluster for join in joins.values()})
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    Membership.objects.add(
        Membership(
            face_id=face,
            cluster_id=join.cluster,
            how=Membership.How.MATCHED,
            similarity=join.similarity,
        )
        for face, join in joins.items()
        if join.cluster in there
    )


def ask(owner_pk: int, space: Space) -> None:
    """Note that an owner has faces which are to be grouped, in the caller's transaction."""
    GroupingDue.objects.bulk_create(
        [GroupingDue(owner_id=owner_pk, space=space, asked_at=timezone.now())],
        update_conflicts=True,
        unique_fields=["owner"],
        update_fields=["space", "asked_at"],
    )


def group(owner: Owner, space: Space) -> Grouped:
    """Let the owner's faces of no cluster join one, or form new ones. Twice changes nothing.

    One at a time for each owner. Reads and thinks first, then writes in one transaction;
    a face that was put somewhere meanwhile stays there.

    Raises:
        GroupingBusy: somebody else is at it.
    """
    with one_at_a_time(owner):
        asked = GroupingDue.objects.filter(owner=owner).first()
        pool = _Pool.load(owner, space)
        known = vectors.means(owner, space)
        joined = _assign(pool.vectors, pool.photos, known, space, pool.taken(known.clusters))
        left = [row for row in range(len(pool.faces)) if row not in joined]
        groups = pool.only(left).clusters(space.threshold)
        with transaction.atomic():
            admit({pool.faces[row]: join for row, join in joined.items()})
            for members in groups:
                _form(owner, space, members)
            if asked:  # and not once more since
                GroupingDue.objects.filter(pk=asked.pk, asked_at=asked.asked_at).delete()
    return Grouped(len(joined), len(groups), sum(map(len, groups)))


@dataclass(frozen=True)
class _Pool:
    """Faces of no cluster: ids, photos and qualities in the order of `vectors` (n, d)."""

    faces: list[int]
    photos: Array
    quality: Array
    vectors: Array

    @classmethod
    def load(cls, owner: Owner, space: Space) -> "_Pool":
        alone = FaceVector.objects.filter(owner=owner, space=space, face__membership=None)
        best = alone.order_by("-face__quality", "face_id")[:POOL]
        faces, rows = vectors.load(best)
        known = {face: (photo, q) for face, photo, q in _facts(faces)}
        photos, quality = zip(*(known[face] for face in faces), strict=True) if faces else ((), ())
        return cls(faces, np.array(photos, np.int64), np.array(quality, np.float32), rows)

    def only(self, rows: list[int]) -> "_Pool":
        chosen = np.array(rows, np.int64)
        faces = [self.faces[row] for row in rows]
        return _Pool(faces, self.photos[chosen], self.quality[chosen], self.vectors[chosen])

    def taken(self, clusters: Sequence[int]) -> set[tuple[int, int]]:
        """(photo, cluster) where the cluster has a face of a photo of the pool already."""
        there = Membership.objects.filter(
            cluster__in=clusters, face__photo__in=np.unique(self.photos).tolist()
        )
        return set(there.values_list("face__photo_id", "cluster_id"))

    def clusters(self, same_person: float) -> list[list[tuple[int, float]]]:
        """New clusters: for each its faces with their mean cosine to the others."""
        if len(self.faces) < MIN_FACES:
            return []
        labels = cluster(
            self.vectors,
            same_person=same_person,
            photo=self.photos,
            core=self.quality >= CORE_QUALITY,
        )
        return [self._members(labels == label) for label in range(labels.max() + 1)]

    def _members(self, chosen: Array) -> list[tuple[int, float]]:
        rows = np.flatnonzero(chosen)
        total = self.vectors[rows].sum(axis=0)
        others = (self.vectors[rows] @ total - 1) / (len(rows) - 1)
        return [(self.faces[row], float(mean)) for row, mean in zip(rows, others, strict=True)]


def _facts(faces: list[int]) -> list[tuple[int, int, float]]:
    return list(Face.objects.filter(pk__in=faces).values_list("pk", "photo_id", "quality"))


def _assign(
    probes: Array, photos: Array, known: vectors.Means, space: Space, taken: set[tuple[int, int]]
) -> dict[int, Join]:
    """Row of `probes` -> the cluster that it joins."""
    if not len(probes) or not known.clusters:
        return {}
    columns = {cluster: column for column, cluster in enumerate(known.clusters)}
    found = assign(
        probes,
        known.vectors,
        known.sizes,
        same_person=space.threshold,
        photo=photos,
        taken={(photo, columns[cluster]) for photo, cluster in taken},
    )
    return {match.row: Join(known.clusters[match.column], match.similarity) for match in found}


def _form(owner: Owner, space: Space, members: list[tuple[int, float]]) -> None:
    """A new cluster of those `members` that are still alone; none if too few are."""
    there = set(
        Face.objects.alone()
        .select_for_update(of=("self",), no_key=True)
        .filter(pk__in=[face for face, _ in members])
        .values_list("pk", flat=True)
    )
    if len(there) < MIN_FACES:
        return
    new = Cluster.objects.create(owner=owner, space=space)
    Membership.objects.add(
        Membership(face_id=face, cluster=new, how=Membership.How.CLUSTERED, similarity=mean)
        for face, mean in members
        if face in there
    )


@contextmanager
def one_at_a_time(owner: Owner) -> Iterator[None]:
    """Hold PostgreSQL's lock for grouping this owner; it goes with the connection."""
    _lock("pg_try_advisory_lock", owner)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, owner.pk])


def _lock(function: str, owner: Owner) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [_LOCK, owner.pk])
        (ours,) = cursor.fetchone() or (False,)
    if not ours:
        raise GroupingBusy("These faces are being grouped right now.")
