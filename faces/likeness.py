"""Photos that show somebody: whose faces are known to be theirs, and then those that look so."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection

from faces import centroids
from faces.models import Cluster, Person
from faces.recognition import likeness_of
from inference.arrays import Array
from photos.models import Owner, Space
from photos.vectors import written

# Where a face is sought, and no person or cluster.
_ANYBODY = "COALESCE(%(person)s::bigint, %(cluster)s::bigint) IS NULL"


@dataclass(frozen=True, eq=False)
class Sought:
    """Whom photos are searched for: a face, or a person or a cluster and what it looks like."""

    vector: Array | None  # (d,) of length 1; none: nothing is known of that
    factor: float = 1.0  # of the cosine to it: likeness
    person: int | None = None
    cluster: int | None = None


@dataclass(frozen=True)
class Hit:
    """A photo, by the face in it that is most like whom it was searched for."""

    photo: int
    face: int
    how: str | None  # as `Membership.How`, where it is known to be theirs
    cosine: float | None  # likeness; none: the active model has not seen it


def of_person(owner: Owner, person: Person, space: Space) -> Sought:
    """By all faces that somebody has confirmed; nothing is matched with whom staff left out."""
    clusters = list(person.clusters.filter(ignored=False).values_list("pk", flat=True))
    vector, factor = _mean(owner, clusters if person.is_matched else [], space)
    return Sought(vector, factor, person=person.pk)


def of_cluster(owner: Owner, cluster: Cluster, space: Space) -> Sought:
    person = cluster.person
    matched = not cluster.ignored and (person is None or person.is_matched)
    vector, factor = _mean(owner, [cluster.pk] if matched else [], space)
    return Sought(vector, factor, cluster=cluster.pk)


def _mean(owner: Owner, clusters: Sequence[int], space: Space) -> tuple[Array | None, float]:
    """Of all faces of `clusters`, of length 1, and what makes likeness of the cosine to it."""
    known = centroids.of(owner, space, clusters)
    if not len(known):
        return None, 1.0
    mean = known.sizes @ known.vectors / known.sizes.sum()
    length = float(np.linalg.norm(mean))
    if not length:
        return None, 1.0
    return mean / length, float(likeness_of(np.array(length), known.sizes.sum()))


def search(
    owner: Owner, sought: Sought, space: Space, *, least: float, limit: int, offset: int
) -> list[Hit]:
    """The owner's photos that show whom is `sought`, best first. One query, and exact.

    First those with a face that is theirs; then those with one whose likeness is at least `least`.
    That is a face of nobody, where a person or a cluster is sought, and nobody has said that it is
    not them; where a face is, it is anybody's. Faces and people that are left out of matching are
    left out here.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _search_sql(space),
            {
                "owner": owner.pk,
                "probe": None if sought.vector is None else written(sought.vector),
                "factor": sought.factor,
                "person": sought.person,
                "cluster": sought.cluster,
                "least": least,
                "limit": limit,
                "offset": offset,
            },
        )
        return [
            Hit(photo, face, how, None if cosine is None else min(1.0, cosine))
            for photo, face, how, cosine in cursor.fetchall()
        ]


def _search_sql(space: Space) -> str:
    kind = f"halfvec({int(space.dimension)})"
    return _SEARCH.format(kind=kind, space=int(space.pk), anybody=_ANYBODY)


# Numbers of our own rows stand in it, as in `vectors`: no index of vectors is wanted.
_SEARCH = """
WITH alike AS MATERIALIZED (
    SELECT face_id,
        %(factor)s * (1 - (vector::{kind} <=> %(probe)s::text::{kind})) AS cosine
    FROM faces_facevector
    WHERE owner_id = %(owner)s AND space_id = {space}
        AND %(probe)s::text IS NOT NULL
), theirs AS (
    SELECT member.face_id, member.how
    FROM faces_cluster AS cluster
    JOIN faces_part AS part ON part.cluster_id = cluster.id
    JOIN faces_membership AS member ON member.part_id = part.id
    WHERE cluster.owner_id = %(owner)s
        AND (cluster.person_id = %(person)s::bigint OR cluster.id = %(cluster)s::bigint)
), seen AS (
    SELECT theirs.face_id, theirs.how, alike.cosine
    FROM theirs LEFT JOIN alike ON alike.face_id = theirs.face_id
    UNION ALL
    SELECT alike.face_id, NULL, alike.cosine
    FROM alike
    JOIN faces_face AS face ON face.id = alike.face_id AND NOT face.ignored
    LEFT JOIN faces_membership AS member ON member.face_id = face.id
    LEFT JOIN faces_part AS part ON part.id = member.part_id
    LEFT JOIN faces_cluster AS cluster ON cluster.id = part.cluster_id
    LEFT JOIN faces_person AS person ON person.id = cluster.person_id
    WHERE alike.cosine >= %(least)s
        AND NOT COALESCE(cluster.ignored, FALSE)
        AND NOT COALESCE(person.ignored OR person.unrecognised, FALSE)
        AND face.id NOT IN (SELECT face_id FROM theirs)
        AND (person.id IS NULL OR {anybody})
        AND NOT EXISTS (
            SELECT FROM faces_rejection AS rejection
            WHERE rejection.face_id = face.id
                AND rejection.person_id = %(person)s::bigint
        )
), found AS (
    SELECT DISTINCT ON (face.photo_id) face.photo_id, seen.*
    FROM seen JOIN faces_face AS face ON face.id = seen.face_id
    ORDER BY face.photo_id, seen.how IS NULL, seen.cosine DESC NULLS LAST, face.id
)
SELECT photo_id, face_id, how, cosine FROM found
ORDER BY how IS NULL, cosine DESC NULLS LAST, photo_id
LIMIT %(limit)s OFFSET %(offset)s
"""
