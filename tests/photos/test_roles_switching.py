"""Which model a role has: found, switched, and with a head behind it."""

import json
from typing import Any

import pytest

from photos import roles
from photos.errors import FacesMustFollow, ModelUnknown, NothingBefore
from photos.models import Role
from tests.photos.repository import (
    ONE,
    TWO,
    model,
    repository,
)
from tests.tiny import Tiny

__all__ = ["repository"]  # fixtures
pytestmark = pytest.mark.django_db

HEAD = "face_matcher.trained.1"


class TestFind:
    @pytest.fixture(autouse=True)
    def _models(self, repository: Tiny) -> None:
        for name in (ONE, TWO, "face_embedder.open.1", "face_embedder.open.2"):
            repository.write(name)
        roles.sync(repository.folder)

    @pytest.mark.parametrize(
        ("name", "found"),
        [
            ("packaged.1", ONE),
            ("packaged", TWO),  # the active one
            ("open", "face_embedder.open.2"),  # the newest one
        ],
    )
    def test_knows_a_model_by_its_pack_and_version(self, name: str, found: str) -> None:
        assert roles.find("face_embedder", name).name == found

    def test_prefers_the_active_one_of_a_pack(self) -> None:
        roles.activate(model(ONE))

        assert roles.find("face_embedder", "packaged").name == ONE

    @pytest.mark.parametrize(
        ("role", "name"),
        [
            ("face_embedder", "packaged.3"),
            ("face_embedder", ".."),
            ("face_detector", "packaged"),
            ("", ""),
        ],
    )
    def test_knows_no_other(self, role: str, name: str) -> None:
        with pytest.raises(ModelUnknown):
            roles.find(role, name)


class TestSwitching:
    @pytest.fixture(autouse=True)
    def _models(self, repository: Tiny) -> None:
        for name in (ONE, TWO):
            repository.write(name)
        roles.sync(repository.folder)

    def test_changes_the_role_and_remembers(self) -> None:
        role = roles.activate(model(ONE))

        assert (role.active.name, role.previous) == (ONE, model(TWO))
        assert roles.active_models() == {"face_embedder": ONE}

    def test_to_the_same_changes_nothing(self) -> None:
        roles.activate(model(ONE))

        role = roles.activate(model(ONE))

        assert role.previous == model(TWO)

    def test_is_undone_by_one_step_back(self) -> None:
        roles.activate(model(ONE))

        roles.roll_back("face_embedder")

        role = Role.objects.get()
        assert (role.active, role.previous) == (model(TWO), model(ONE))

    def test_has_no_way_back_in_the_beginning(self) -> None:
        with pytest.raises(NothingBefore):
            roles.roll_back("face_embedder")

    def test_back_needs_a_role(self) -> None:
        with pytest.raises(ModelUnknown):
            roles.roll_back("face_detector")


class TestHeads:
    """Models that are trained for the vectors of another role's."""

    @pytest.fixture(autouse=True)
    def _models(self, repository: Tiny) -> None:
        for name in (ONE, TWO, HEAD):
            repository.write(name)
        file = repository.folder / HEAD / "manifest.json"
        manifest = json.loads(file.read_text()) | {"parameters": {"takes": TWO}}
        file.write_text(json.dumps(manifest))
        roles.sync(repository.folder)

    def test_are_not_used_before_somebody_says_so(self) -> None:
        assert roles.active_models() == {"face_embedder": TWO}

    def test_are_used_with_the_model_that_they_were_trained_for(self) -> None:
        roles.activate(model(HEAD))
        with_it = roles.active_models()
        roles.activate(model(ONE))

        assert with_it == {"face_embedder": TWO, "face_matcher": HEAD}
        assert roles.active_models() == {"face_embedder": ONE}

    def test_are_gone_after_one_step_back(self) -> None:
        roles.activate(model(HEAD))

        assert roles.roll_back_head("face_matcher") is None
        assert roles.active_models() == {"face_embedder": TWO}

    def test_give_way_to_the_one_before(self, repository: Tiny) -> None:
        newer = HEAD.replace(".1", ".2")
        repository.write(newer)
        roles.sync(repository.folder)
        roles.activate(model(HEAD))
        roles.activate(model(newer))

        role = roles.roll_back_head("face_matcher")

        assert role is not None
        assert (role.active.name, role.previous) == (HEAD, model(newer))

    def test_are_not_taken_back_where_there_is_none(self) -> None:
        with pytest.raises(NothingBefore, match="No head is active"):
            roles.roll_back_head("face_matcher")

    def test_are_not_taken_back_as_others_are(self) -> None:
        roles.activate(model(HEAD))

        with pytest.raises(FacesMustFollow, match=r"matchers/rollback.*py rollback_matcher"):
            roles.roll_back("face_matcher")

        assert roles.active_models() == {"face_embedder": TWO, "face_matcher": HEAD}

    def test_are_of_no_pack(self) -> None:
        assert {each.role for each in roles.of_pack("packaged")} == {"face_embedder"}
        with pytest.raises(ModelUnknown):
            roles.of_pack("trained")

    def test_cost_no_query_more(self, django_assert_num_queries: Any) -> None:
        roles.activate(model(HEAD))

        with django_assert_num_queries(1):
            roles.active_models()
