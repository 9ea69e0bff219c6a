"""The catalogue's services."""

import pytest

import photos.services
from photos.models import Role, ServedModel
from tests.factories import make_space

pytestmark = pytest.mark.django_db
ROLE = "face_embedder"


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

    def test_is_none_before_the_first_photo(self) -> None:
        assert photos.services.current_space(ROLE) is None
