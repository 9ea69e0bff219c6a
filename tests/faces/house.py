"""An owner's clusters of which staff are asked, who is alike at angles that one can choose."""

from typing import Any

import numpy as np

from faces.models import Cluster, Face, Membership
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
