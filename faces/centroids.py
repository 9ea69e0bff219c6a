"""What clusters look like on the whole: their means, computed once for each change."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import QuerySet

from faces.models import Centroid
from faces.people.editing import share
from inference.arrays import Array
from photos.models import Owner, Space
from photos.vectors import unpack


@dataclass(frozen=True)
class Means:
    """Clusters, whom they are of, and the means of the vectors of their faces.

    A mean is not of unit length: its product with a vector is the mean cosine between that
    vector and the faces of the cluster. Two clusters of one person are one group.
    """

    clusters: list[int]  # primary keys
    groups: Array  # (c,) the person's key; of nobody: minus the cluster's
    matched: Array  # (c,) bool: whether faces may join
    vectors: Array  # (c, d) float32
    sizes: Array  # (c,) faces

    def __len__(self) -> int:
        return len(self.clusters)


def of(owner: Owner, space: Space, clusters: Collection[int] | None = None) -> Means:
    """Of each cluster of `owner`, or of `clusters` alone; not of those without a vector here.

    Faces that were only matched have no say: a cluster does not drift.
    """
    values = _values(owner, space, clusters)
    rows = [] if clusters is None else _stored(values)
    if clusters is None or len(rows) < len(set(clusters)):
        with transaction.atomic():
            _complete(values)
            rows = _stored(values)
    return Means(
        clusters=[row[0] for row in rows],
        groups=np.array([row[1] for row in rows], np.int64),
        matched=np.array([row[2] for row in rows], bool),
        vectors=unpack([bytes(row[3]) for row in rows]),
        sizes=np.array([row[4] for row in rows], np.int64),
    )


def complete(owner: Owner, space: Space, clusters: Collection[int] | None = None) -> None:
    """Have stored what of() gives, for statements that read it."""
    if clusters is not None:
        known = Centroid.objects.filter(cluster__in=clusters, space=space).count()
        if known == len(set(clusters)):
            return
    with transaction.atomic():
        _complete(_values(owner, space, clusters))


def _values(owner: Owner, space: Space, clusters: Collection[int] | None) -> dict[str, Any]:
    wanted = None if clusters is None else list(clusters)
    return {"owner": owner.pk, "space": space.pk, "clusters": wanted}


def _complete(values: dict[str, Any]) -> None:
    share(values["owner"])  # what is computed must still be so when it is stored
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, values)


def _stored(values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_MEANS, values)
        return list(cursor.fetchall())


def renew(owner: Owner) -> int:
    """Compute all of the owner's again when they are next needed; returns how many that are."""
    with transaction.atomic():
        gone, _ = Centroid.objects.filter(cluster__owner=owner).delete()
    return gone


def forget(clusters: Collection[int] | QuerySet[Any, Any], *spaces: Space) -> None:
    """The clusters have other vectors in `spaces` now."""
    Centroid.objects.filter(cluster__in=clusters, space__in=spaces).delete()


_MISSING = """
INSERT INTO faces_centroid (cluster_id, space_id, vector, size)
SELECT cluster.id, %(space)s, avg(stored.vector), count(*)
FROM faces_cluster AS cluster
JOIN faces_part AS part ON part.cluster_id = cluster.id
JOIN faces_membership AS member ON member.part_id = part.id AND member.how <> 'matched'
JOIN faces_facevector AS stored
    ON stored.face_id = member.face_id AND stored.space_id = %(space)s
WHERE cluster.owner_id = %(owner)s
    AND (%(clusters)s::bigint[] IS NULL OR cluster.id = ANY (%(clusters)s::bigint[]))
    AND NOT EXISTS (
        SELECT FROM faces_centroid AS there
        WHERE there.cluster_id = cluster.id AND there.space_id = %(space)s
    )
GROUP BY cluster.id
ORDER BY cluster.id
ON CONFLICT DO NOTHING
"""
_MEANS = """
SELECT cluster.id, COALESCE(cluster.person_id, -cluster.id),
    NOT (cluster.ignored OR COALESCE(person.ignored OR person.unrecognised, FALSE)),
    halfvec_send(mean.vector), mean.size
FROM faces_centroid AS mean
JOIN faces_cluster AS cluster ON cluster.id = mean.cluster_id
LEFT JOIN faces_person AS person ON person.id = cluster.person_id
WHERE cluster.owner_id = %(owner)s AND mean.space_id = %(space)s
    AND (%(clusters)s::bigint[] IS NULL OR cluster.id = ANY (%(clusters)s::bigint[]))
ORDER BY cluster.id
"""
