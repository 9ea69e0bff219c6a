"""What erasing is tried with: somebody who is erased, and where anything of them may be."""

import pytest

from faces.models import Face, Person
from faces.people import naming
from photos.models import Owner
from tests.factories import (
    make_cluster,
    make_face,
    make_photo,
    make_space,
    unit,
)

NAME = "Zoë Ñandú"


@pytest.fixture
def zoe(owner: Owner) -> Person:
    """Somebody with two faces, which have vectors, in two photos."""
    cluster, space = make_cluster(owner=owner), make_space()
    for _ in range(2):
        photo = make_photo(owner=owner)
        make_face(photo=photo, cluster=cluster, vector=unit(1, 0), space=space)
    return naming.name_cluster(cluster, NAME)


def faces_of(person: Person) -> list[Face]:
    return list(Face.objects.filter(membership__part__cluster__person=person).order_by("pk"))
