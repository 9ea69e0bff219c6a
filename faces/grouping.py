"""New faces find their places: known people and clusters first, then new clusters of the rest.

One graph of neighbours feeds all methods. A cluster's mean vector tells the mean cosine between a
face and the cluster's faces (their dot product), so one rule serves everywhere: a face belongs
where that mean is high.
"""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from faces import centroids, matching, vectors
from faces.clustering import Known, Method, Rule, cluster
from faces.errors import GroupingBusy
from faces.matching import Join, Least, Matched, Probes
from faces.models import Cluster, Face, FaceVector, GroupingDue, Membership, Pair
from faces.people.editing import hold
from faces.quality import CORE_QUALITY
from faces.review import ahead
from inference.arrays import Array
from photos.models import Owner, Space

POOL = 1_000_000  # faces of no cluster that are looked at together, the best ones
MIN_FACES = 2  # a cluster has at least so many when it is formed
_LOCK = 4_711  # ours among PostgreSQL's advisory locks


@dataclass(frozen=True)
class Wanted:
    """How faces are to be grouped; what is None is as the space has it."""

    least: Least | None = None  # cosines of two faces of one person
    method: Method = Method.AGGLOMERATIVE
    min_size: int = MIN_FACES
    most: int = POOL  # faces that are looked at, the best ones
    new_clusters: bool = True  # whether those that nobody knows are grouped


AS_THE_SPACE_HAS_IT = Wanted()


@dataclass(frozen=True)
class Grouped:
    """What a grouping changed, or would change."""

    joined: int  # faces that joined a cluster which was there
    clusters: int  # new clusters
    faces: int  # faces in them


def group(
    owner: Owner, space: Space, wanted: Wanted = AS_THE_SPACE_HAS_IT, *, dry_run: bool = False
) -> Grouped:
    """Let the owner's faces of no cluster join one, or form new ones. Twice changes nothing.

    One at a time for each owner. Reads and thinks first, then writes in one transaction;
    a face that was put somewhere meanwhile stays there. `dry_run`: nothing is written.

    Raises:
        GroupingBusy: somebody else is at it.
        ConstraintsConflict: what people have said of these faces contradicts itself.
    """
    with one_at_a_time(owner):
        asked = GroupingDue.objects.filter(owner=owner).first()
        pool = Pool.load(owner, space, wanted.most)
        found = pool.match(owner, space, wanted)
        groups = pool.clusters(owner, space, wanted, found) if wanted.new_clusters else []
        if not dry_run:
            with transaction.atomic():
                hold(owner)
                matching.admit(
                    owner.pk, {pool.faces[row]: join for row, join in found.joins.items()}
                )
                _form(owner, space, groups)
                if groups or found.joins:
                    ahead.ask(owner.pk)
                if asked:  # and not once more since
                    GroupingDue.objects.filter(pk=asked.pk, asked_at=asked.asked_at).delete()
    return Grouped(len(found.joins), len(groups), sum(map(len, groups)))


def ask(owner_pk: int, space: Space) -> None:
    """Note that an owner has faces which are to be grouped, in the caller's transaction."""
    GroupingDue.objects.bulk_create(
        [GroupingDue(owner_id=owner_pk, space=space, asked_at=timezone.now())],
        update_conflicts=True,
        unique_fields=["owner"],
        update_fields=["space", "asked_at"],
    )


@dataclass(frozen=True)
class Pool:
    """Faces of no cluster: ids, photos and qualities in the order of `vectors` (n, d)."""

    faces: list[int]
    photos: Array
    quality: Array
    vectors: Array

    @classmethod
    def load(cls, owner: Owner, space: Space, most: int) -> "Pool":
        alone = FaceVector.objects.filter(
            owner=owner, space=space, face__membership=None, face__ignored=False
        )
        return cls.of(alone, most)

    @classmethod
    def of(cls, some: QuerySet[FaceVector], most: int) -> "Pool":
        """Of the faces of `some` vectors, the clearest first."""
        faces, rows = vectors.load(some.order_by("-face__quality", "face_id")[:most])
        known = {face: (photo, quality) for face, photo, quality in facts(faces)}
        photos, quality = zip(*(known[face] for face in faces), strict=True) if faces else ((), ())
        return cls(faces, np.array(photos, np.int64), np.array(quality, np.float32), rows)

    def match(self, owner: Owner, space: Space, wanted: Wanted) -> Matched:
        """Where known clusters are joined. Who was said to be the same goes there as well."""
        known = centroids.of(owner, space)
        found = matching.match(
            Probes(self.faces, self.photos, self.vectors),
            known,
            wanted.least or matching.least(owner, space),
            taken=matching.taken_in(np.unique(self.photos).tolist()),
        )
        group_of = dict(zip(known.clusters, known.groups.tolist(), strict=True))
        denied = matching.denials(self.faces[row] for row in found.joins)
        joins = {
            row: join
            for row, join in found.joins.items()
            if group_of[join.cluster] not in denied[self.faces[row]]
        }
        return replace(found, joins=joins | self._said())

    def _said(self) -> dict[int, Join]:
        """Faces that are said to be the same as one that is in a cluster."""
        row_of = {face: row for row, face in enumerate(self.faces)}
        joins = {}
        for face, cluster_pk in _sames(self.faces):
            joins[row_of[face]] = Join(cluster_pk, 1.0)
        return joins

    def clusters(
        self, owner: Owner, space: Space, wanted: Wanted, found: Matched
    ) -> list[list[tuple[int, float]]]:
        """New clusters: for each its faces with their mean cosine to the others."""
        busy = found.joins.keys() | found.set_aside
        left = self._only([row for row in range(len(self.faces)) if row not in busy])
        if len(left.faces) < wanted.min_size:
            return []
        same_person = wanted.least.cluster if wanted.least else space.threshold
        rule = Rule(same_person, wanted.method, wanted.min_size)
        labels = cluster(left.vectors, left.known(owner), rule)
        order = np.argsort(labels, kind="stable")
        starts = np.searchsorted(labels[order], np.arange(labels.max(initial=-1) + 2))
        return [
            left._members(order[start:end])  # noqa: SLF001  # of our own class
            for start, end in itertools.pairwise(starts)
        ]

    def known(self, owner: Owner) -> Known:
        """What people have said of these faces."""
        together, apart = pairs_among(owner, self.faces)
        core = self.quality >= CORE_QUALITY
        return Known(self.photos, core, together=together, apart=apart, names=self.faces)

    def _only(self, rows: list[int]) -> "Pool":
        chosen = np.array(rows, np.int64)
        faces = [self.faces[row] for row in rows]
        return Pool(faces, self.photos[chosen], self.quality[chosen], self.vectors[chosen])

    def _members(self, rows: Array) -> list[tuple[int, float]]:
        total = self.vectors[rows].sum(axis=0)
        others = (self.vectors[rows] @ total - 1) / max(1, len(rows) - 1)
        means = np.clip(others, -1, 1)
        return [(self.faces[row], float(mean)) for row, mean in zip(rows, means, strict=True)]


def facts(faces: Sequence[int]) -> list[tuple[int, int, float]]:
    return list(Face.objects.filter(pk__in=faces).values_list("pk", "photo_id", "quality"))


def pairs_among(
    owner: Owner, faces: Sequence[int]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Rows of `faces` that are said to be one person, and those that are said not to be."""
    row_of = {face: row for row, face in enumerate(faces)}
    said: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    for first, second, same in Pair.objects.of(owner).values_list("first", "second", "same"):
        if first in row_of and second in row_of:
            said[same].append((row_of[first], row_of[second]))
    return said[True], said[False]


def _sames(faces: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Those of `faces` that are said to be the same as another one, and the other's cluster."""
    same = Pair.objects.filter(same=True)
    for one, other in (("first", "second"), ("second", "first")):
        placed = same.filter(**{f"{one}__in": faces}).exclude(**{f"{other}__membership": None})
        yield from placed.values_list(one, f"{other}__membership__part__cluster")


def _form(owner: Owner, space: Space, groups: Sequence[Sequence[tuple[int, float]]]) -> None:
    """New clusters of those members that are still alone, and still may be together."""
    faces = [face for members in groups for face, _ in members]
    there = set(
        Face.objects.alone().filter(pk__in=faces, ignored=False).values_list("pk", flat=True)
    )
    apart = matching.apart_among(faces)  # somebody may have said so while clusters were sought
    left = [_together(members, there, apart) for members in groups]
    formed = [members for members in left if len(members) >= MIN_FACES]
    clusters = Cluster.objects.bulk_create(Cluster(owner=owner, space=space) for _ in formed)
    Membership.objects.add(
        Membership(face_id=face, part_id=new.pk, how=Membership.How.CLUSTERED, similarity=mean)
        for new, members in zip(clusters, formed, strict=True)
        for face, mean in members
    )


def _together(
    members: Sequence[tuple[int, float]], there: set[int], apart: dict[int, set[int]]
) -> list[tuple[int, float]]:
    kept: list[tuple[int, float]] = []
    for face, mean in members:
        if face in there and apart.get(face, set()).isdisjoint(other for other, _ in kept):
            kept.append((face, mean))
    return kept


@contextmanager
def one_at_a_time(owner: Owner) -> Iterator[None]:
    """Hold PostgreSQL's lock for grouping this owner; it goes with the connection.

    Raises:
        GroupingBusy: somebody else has it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, owner.pk])
        (ours,) = cursor.fetchone() or (False,)
    if not ours:
        raise GroupingBusy("These faces are being grouped right now.")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, owner.pk])
