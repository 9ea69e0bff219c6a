"""The catalogue's services."""

from typing import Any

import pytest

import photos.services
from photos.models import Role, ServedModel
from tests.factories import make_space

pytestmark = pytest.mark.django_db
ROLE, HEAD = "face_embedder", "face_matcher"


def make_active(role: str, *, space: str, takes: str = "") -> None:
    """The role has a model that gives vectors in `space`."""
    model = ServedModel.objects.create(
        name=f"{role}.a.1",
        role=role,
        pack="a",
        version=1,
        space=space,
        memory_bytes=1,
        manifest={"parameters": {"takes": takes}} if takes else {},
    )
    Role.objects.create(name=role, active=model)


class TestCurrentSpace:
    def test_is_that_of_the_roles_model_and_not_the_newest(self) -> None:
        old = make_space(role=ROLE)
        make_space(role=ROLE)
        model = ServedModel.objects.create(
            name=f"{ROLE}.a.1", role=ROLE, pack="a", version=1, space=old.name, memory_bytes=1
        )
        Role.objects.create(name=ROLE, active=model)

        assert photos.services.current_space(ROLE) == old

    def test_is_the_newest_where_no_model_is_known(self) -> None:
        make_space(role=ROLE)
        newest = make_space(role=ROLE)

        assert photos.services.current_space(ROLE) == newest

    def test_is_that_of_the_head_while_it_takes_the_vectors_of_the_roles_model(self) -> None:
        old, other = make_space(role=ROLE), make_space(role=ROLE)
        moved = make_space(role=HEAD, name=f"{HEAD}:0:1")
        make_active(ROLE, space=old.name)
        make_active(HEAD, space=moved.name, takes=old.name)

        behind = photos.services.current_space(ROLE)
        ServedModel.objects.filter(role=ROLE).update(space=other.name)
        without = photos.services.current_space(ROLE)

        assert (behind, without) == (moved, other)

    def test_is_not_that_of_a_head_before_it_has_vectors(self) -> None:
        old = make_space(role=ROLE)
        make_active(ROLE, space=old.name)
        make_active(HEAD, space="face_matcher:0:1", takes=old.name)

        assert photos.services.current_space(ROLE) == old

    def test_is_found_in_one_query(self, django_assert_num_queries: Any) -> None:
        make_active(ROLE, space=make_space(role=ROLE).name)

        with django_assert_num_queries(1):
            photos.services.current_space(ROLE)

    def test_is_none_before_the_first_photo(self) -> None:
        assert photos.services.current_space(ROLE) is None
