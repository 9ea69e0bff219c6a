"""An owner's clusters of which staff are asked, who is alike at angles that one can choose."""

from typing import Any

import numpy as np
from django.contrib.auth.models import User

from faces.models import Cluster, Face, Membership, Pair, Person, Rejection
from faces.review import sittings
from faces.review.questions import Kind
from faces.review.sittings import Answer, Desk, decide, look, sit_down
from inference.arrays import Array
from photos.models import Owner, Space
from tests.factories import make_cluster, make_face, make_photo, unit

UNSURE = 1.03  # radians: a score of about one half, where cosines from 0.5 on are one person


def at(angle: float) -> Array:
    return unit(float(np.cos(angle)), float(np.sin(angle)))


def axis(number: int, angle: float = 0.0) -> Array:
    """In one of four planes, which have nothing in common."""
    vector = np.zeros(8, np.float32)
    vector[2 * number : 2 * number + 2] = np.cos(angle), np.sin(angle)
    return vector


def cluster_of(owner: Owner, space: Space, *vectors: Array, **values: Any) -> Cluster:
    cluster = make_cluster(owner=owner, space=space, **values)
    for vector in vectors:
        make_face(cluster=cluster, space=space, vector=vector)
    return cluster


def join(cluster: Cluster, vector: Array, similarity: float) -> Face:
    """A face that was matched with the cluster."""
    face = make_face(photo=make_photo(owner=cluster.owner), space=cluster.space, vector=vector)
    how = Membership.How.MATCHED
    Membership.objects.create(face=face, part_id=cluster.pk, how=how, similarity=similarity)
    return face


class Desks:
    """Somebody at the desk of an owner."""

    def __init__(self, owner: Owner, space: Space, kind: Kind, by: User) -> None:
        self.space, self.by = space, by
        self.sitting = sit_down(owner, kind, by)

    def look(self) -> Desk:
        return look(self.sitting)

    def decide(self, answer: Answer, key: str = "") -> sittings.Decision:
        return decide(self.sitting, key or self.keys()[0], answer, self.by)

    def keys(self) -> list[str]:
        return [each.key for each in self.look().questions]


def everything() -> list[Any]:
    """All rows of people, whatever the keys of memberships and verdicts are."""
    return [
        *Person.objects.order_by("pk").values(),
        *Cluster.objects.order_by("pk").values(),
        *Membership.objects.order_by("face").values("face", "part__cluster", "how", "similarity"),
        *Pair.objects.order_by("first").values("first", "second", "same"),
        *Rejection.objects.order_by("face").values("face", "person"),
    ]


def two_in_plane(
    owner: Owner, space: Space, number: int, *, angle: float = UNSURE
) -> list[Cluster]:
    """Clusters who may be one."""
    return [cluster_of(owner, space, axis(number, each)) for each in (0, angle)]
