"""Clustering all faces anew, so that nothing that people have said or named is lost.

Faces that somebody placed stay where they are, and found the clusters that the others come to.
Clusters go on under their ids wherever they are mostly the same faces.
"""

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce

from faces import vectors
from faces.clustering import ALONE, Known, Rule, cluster, match_groups
from faces.errors import Overtaken
from faces.grouping import AS_THE_SPACE_HAS_IT, Wanted, one_at_a_time, pairs_among
from faces.models import Cluster, Edit, Face, FaceVector, Membership, Rejection
from faces.people import places
from faces.people.changes import Changes, Row
from faces.people.editing import editing
from faces.quality import CORE_QUALITY
from inference.arrays import Array
from photos.models import Owner, Space

_SHOWN = 100  # clusters that are told one by one


@dataclass(frozen=True)
class Moved:
    """How one cluster changes."""

    cluster: str | None  # public id; None: a new one
    person: int | None
    stay: int  # faces
    come: int
    go: int


@dataclass(frozen=True)
class Reclustered:
    """What clustering anew changes, or would change."""

    faces: int  # that were looked at
    moved: int  # from one cluster to another
    joined: int  # that were in none
    left: int  # that are in none then
    new_clusters: int
    gone_clusters: int
    clusters: list[Moved]  # those that change most, a hundred at most
    edit: int | None = None  # that can be undone; None: nothing was changed


def recluster(
    owner: Owner,
    space: Space,
    wanted: Wanted = AS_THE_SPACE_HAS_IT,
    *,
    dry_run: bool = False,
    by: User | None = None,
) -> Reclustered:
    """Cluster all of the owner's faces of `space` anew. `dry_run`: only tell what would move.

    Reads and thinks first; then writes one edit, unless the faces were edited meanwhile.

    Raises:
        GroupingBusy: somebody else is at it.
        ConstraintsConflict: what people have said contradicts itself.
        Overtaken: somebody has edited these faces meanwhile: do it again.
    """
    with one_at_a_time(owner):
        library = Library.load(owner, space, wanted.most)
        target = library.targets(owner, space, wanted)
        report = library.report(target)
        if dry_run or not (report.moved or report.joined or report.left):
            return report
        with transaction.atomic():  # others wait for our lock until we know our edit
            with editing(owner, Edit.Kind.CLUSTER, by, **_words(wanted)) as changes:
                library.apply(changes, target, space)
            edit = Edit.objects.of(owner).order_by("-pk").values_list("pk", flat=True)[0]
    return replace(report, edit=edit)


def _words(wanted: Wanted) -> dict[str, Any]:
    return {name: value for name, value in asdict(wanted).items() if value is not None}


@dataclass(frozen=True)
class Library:
    """All faces with a vector, in the order of `vectors` (n, d), and where they are."""

    faces: list[int]
    photos: Array
    quality: Array
    vectors: Array
    before: Array  # (n,) cluster; -1 none
    seeds: Array  # (n,) person, or minus the cluster that somebody put it in; -1 free
    clusters: dict[int, Cluster]

    @classmethod
    def load(cls, owner: Owner, space: Space, most: int) -> "Library":
        wanted = FaceVector.objects.filter(owner=owner, space=space, face__ignored=False)
        barred = Q(face__membership__part__cluster__ignored=True) | Q(
            face__membership__part__cluster__person__ignored=True
        )
        faces, rows = vectors.load(
            wanted.exclude(barred).order_by("-face__quality", "face_id")[:most]
        )
        facts = {each[0]: each[1:] for each in _facts(faces)}
        columns = [facts[face] for face in faces]
        photos, quality, before, seeds = (
            np.array(column) for column in (zip(*columns, strict=True) if columns else [[]] * 4)
        )
        clusters = Cluster.objects.filter(owner=owner).in_bulk(set(before.tolist()) - {ALONE})
        return cls(
            faces,
            photos.astype(np.int64),
            quality.astype(np.float32),
            rows,
            before.astype(np.int64),
            seeds.astype(np.int64),
            clusters,
        )

    def targets(self, owner: Owner, space: Space, wanted: Wanted) -> Array:
        """The cluster (n,) of each face: its key, -1 none, and below -1 a new one."""
        if not self.faces:
            return self.before
        together, apart = pairs_among(owner, self.faces)
        seeds = np.where(self.seeds == ALONE, ALONE, np.unique(self.seeds, return_inverse=True)[1])
        known = Known(
            self.photos,
            self.quality >= CORE_QUALITY,
            seeds,
            together=together,
            apart=apart,
            names=self.faces,
        )
        same_person = wanted.least.cluster if wanted.least else space.threshold
        labels = cluster(self.vectors, known, Rule(same_person, wanted.method, wanted.min_size))
        return self._without_rejected(self._kept(labels))

    def _kept(self, labels: Array) -> Array:
        """New groups under the ids of the clusters that they go on."""
        target = np.where(labels == ALONE, ALONE, -2 - labels)
        for group, cluster_pk in self._homes(labels).items():
            target[labels == group] = cluster_pk
        placed = self.seeds != ALONE
        target[placed] = self.before[placed]
        return self._in_their_clusters(target)

    def _homes(self, labels: Array) -> dict[int, int]:
        """Group -> cluster. A person's faces go on in the person's largest cluster there."""
        homes: dict[int, int] = {}
        there: dict[int, Counter[int]] = defaultdict(Counter)
        for row in np.flatnonzero(self.seeds != ALONE).tolist():
            there[int(labels[row])][int(self.before[row])] += 1
        for group, counts in there.items():
            homes[group] = counts.most_common(1)[0][0]
        free = ~np.isin(labels, list(homes)) & np.array(
            [
                each != ALONE and self.clusters[each].person_id is None
                for each in self.before.tolist()
            ]
        )
        taken = set(homes.values())
        before = np.where(free & ~np.isin(self.before, list(taken)), self.before, ALONE)
        return homes | match_groups(before, np.where(free, labels, ALONE))

    def _in_their_clusters(self, target: Array) -> Array:
        """Who goes to a person whose faces are in several clusters stays in the one they are in."""
        person = {pk: each.person_id for pk, each in self.clusters.items()}
        for row in np.flatnonzero((target >= 0) & (self.before >= 0) & (target != self.before)):
            now, new = int(self.before[row]), int(target[row])
            if person.get(now) is not None and person.get(now) == person.get(new):
                target[row] = now
        return target

    def _without_rejected(self, target: Array) -> Array:
        row_of = {face: row for row, face in enumerate(self.faces)}
        said = Rejection.objects.filter(face__in=self.faces)
        for face, person in said.values_list("face", "person"):
            now = self.clusters.get(int(target[row_of[face]]))
            if now and now.person_id == person:
                target[row_of[face]] = ALONE
        return target

    def report(self, target: Array) -> Reclustered:
        before, moving = self.before, target != self.before
        new = set(target[target < ALONE].tolist())
        gone = set(before.tolist()) - set(target.tolist()) - {ALONE}
        gone = {each for each in gone if each in self._emptied(target)}
        return Reclustered(
            faces=len(self.faces),
            moved=int((moving & (before != ALONE) & (target != ALONE)).sum()),
            joined=int((moving & (before == ALONE)).sum()),
            left=int((moving & (target == ALONE)).sum()),
            new_clusters=len(new),
            gone_clusters=len(gone),
            clusters=self._most_changed(target),
        )

    def _emptied(self, target: Array) -> set[int]:
        """Clusters that all of the faces leave; others may have faces that were not looked at."""
        left = self.before[(target != self.before) & (self.before != ALONE)]
        members = Counter(left.tolist())
        rows = Membership.objects.filter(part__cluster__in=members)
        sizes = Counter(rows.values_list("part__cluster", flat=True))
        return {pk for pk, count in members.items() if sizes[pk] == count}

    def _most_changed(self, target: Array) -> list[Moved]:
        stay, come, go = (Counter[int]() for _ in range(3))
        for now, new in zip(self.before.tolist(), target.tolist(), strict=True):
            if now == new:
                stay[now] += 1
            else:
                go[now] += 1
                come[new] += 1
        for counts in (stay, come, go):
            counts.pop(ALONE, None)
        most = sorted(come.keys() | go.keys(), key=lambda each: -(come[each] + go[each]))
        return [
            Moved(
                row.public_id if row else None,
                row.person_id if row else None,
                stay[each],
                come[each],
                go[each],
            )
            for each in most[:_SHOWN]
            for row in [self.clusters.get(each)]
        ]

    def apply(self, changes: Changes, target: Array, space: Space) -> None:
        """Put each face that moves where it belongs."""
        self._check_still_so(changes)
        new: dict[int, Cluster] = {}
        for group in sorted(set(target[target < ALONE].tolist()), reverse=True):
            new[group] = Cluster(owner=changes.owner, space=space)
            changes.create(new[group])
        similarity = self._similarities(target)
        moving: dict[int, Row | None] = {}
        for row in np.flatnonzero(target != self.before).tolist():
            goal = int(target[row])
            moving[self.faces[row]] = (
                None
                if goal == ALONE
                else {
                    "part_id": new[goal].pk if goal < ALONE else goal,
                    "how": Membership.How.CLUSTERED if goal < ALONE else Membership.How.MATCHED,
                    "similarity": similarity[row],
                }
            )
        changes.put(moving)
        places.drop_empty(changes)

    def _similarities(self, target: Array) -> list[float]:
        """The mean cosine of each face to the others of its cluster."""
        groups, label, sizes = np.unique(target, return_inverse=True, return_counts=True)
        sums = np.zeros((len(groups), self.vectors.shape[1]), np.float32)
        np.add.at(sums, label, self.vectors)
        alike = np.einsum("ij,ij->i", self.vectors, sums[label]) - 1
        means = np.clip(alike / np.maximum(1, sizes[label] - 1), -1, 1)
        return [float(each) for each in means]

    def _check_still_so(self, changes: Changes) -> None:
        """
        Raises:
            Overtaken: somebody has moved one of the faces meanwhile.
        """
        now = {each[0]: each[3:] for each in _facts(self.faces)}  # cluster, and whose for sure
        was = zip(self.before.tolist(), self.seeds.tolist(), strict=True)
        if any(now.get(face) != each for face, each in zip(self.faces, was, strict=True)):
            raise Overtaken("These faces were edited while they were clustered: do it again.")


def _facts(faces: list[int]) -> list[tuple[int, int, float, int, int]]:
    """Face, photo, quality, cluster, and the seed: whose it is for sure."""
    placed = Q(membership__how=Membership.How.MANUAL) | Q(
        membership__how=Membership.How.CLUSTERED, membership__part__cluster__person__isnull=False
    )
    group = Coalesce("membership__part__cluster__person", -1 - F("membership__part__cluster"))
    rows = Face.objects.filter(pk__in=faces, ignored=False).annotate(
        now=Coalesce("membership__part__cluster", Value(ALONE)),
        seed=Case(When(placed, then=group), default=Value(ALONE)),
    )
    return list(rows.values_list("pk", "photo_id", "quality", "now", "seed"))
