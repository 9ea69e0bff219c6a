"""Who is at the desk, and whom the pages are about."""

import pytest
from django.contrib.auth.models import User

from faces.models import Cluster, Person
from photos.models import Owner, Space
from tests.faces.house import at, cluster_of
from tests.factories import make_person, make_space, make_user


@pytest.fixture
def space(db: None) -> Space:
    return make_space(same_person_cosine=0.5)


@pytest.fixture
def staff(db: None) -> User:
    return make_user(is_staff=True)


@pytest.fixture
def anna(owner: Owner) -> Person:
    return make_person(owner=owner, name="Anna")


@pytest.fixture
def hers(owner: Owner, space: Space, anna: Person) -> Cluster:
    """A cluster of two confirmed faces."""
    return cluster_of(owner, space, at(0), at(0.01), person=anna)
