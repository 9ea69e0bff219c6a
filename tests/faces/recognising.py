"""What recognition is tried with: faces whose vectors are known."""

import pytest

from faces.likeness import Hit, Sought, search
from faces.models import Cluster, Membership, Person
from inference.arrays import Array
from photos.models import Owner, Space
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_person,
    make_photo,
    make_space,
)

LEAST = 0.5


@pytest.fixture
def owner() -> Owner:
    return make_owner()


@pytest.fixture
def space() -> Space:
    return make_space()


def known(owner: Owner, space: Space, name: str, *vectors: Array, **values: bool) -> Person:
    """Somebody with a confirmed face for each of `vectors`."""
    person = make_person(owner=owner, name=name, **values)
    cluster = make_cluster(owner=owner, space=space, person=person)
    for vector in vectors:
        make_face(photo=make_photo(owner=owner), cluster=cluster, vector=vector, space=space)
    return person


def put(
    owner: Owner, space: Space, cluster: Cluster, vector: Array, how: Membership.How
) -> Membership:
    face = make_face(photo=make_photo(owner=owner), vector=vector, space=space)
    return Membership.objects.create(face=face, part_id=cluster.pk, how=how, similarity=0.8)


def found(
    owner: Owner, sought: Sought, space: Space, limit: int = 10, offset: int = 0
) -> list[Hit]:
    return search(owner, sought, space, least=LEAST, limit=limit, offset=offset)
