"""Other models become active; and a server that alone decides which it has."""

from typing import Any

import pytest

from inference.control import TritonControl
from inference.errors import (
    InferenceNotReady,
)
from photos import roles, serving
from photos.errors import FacesMustFollow, ModelControlOff, ModelUnknown
from photos.serving import PostgresKeeper
from tests.photos.kept_models import (
    ONE,
    TWO,
    control,
    keeper,
    loaded,
    model,
)
from tests.tiny import BROKEN, GIVEN, Tiny, doubler

__all__ = ["control", "keeper"]  # fixtures
pytestmark = pytest.mark.django_db

HEAD = "face_matcher.trained.1"


class TestSwitch:
    def test_loads_the_model_first(self, keeper: PostgresKeeper, tiny: Tiny) -> None:
        newer = "face_detector.tiny.2"
        tiny.write(newer)
        roles.sync(tiny.folder)

        keeper.switch(model(newer))

        assert roles.active_models()["face_detector"] == newer
        assert loaded(keeper) == [newer]

    def test_leaves_the_role_what_it_has_if_the_new_one_is_broken(
        self, keeper: PostgresKeeper, tiny: Tiny
    ) -> None:
        newer = "face_detector.bad.2"
        tiny.write_program(newer)
        tiny.mark(newer, BROKEN)
        roles.sync(tiny.folder)

        with pytest.raises(InferenceNotReady):
            keeper.switch(model(newer))

        assert roles.active_models()["face_detector"] == ONE

    def test_is_not_for_heads(self, keeper: PostgresKeeper, tiny: Tiny) -> None:
        tiny.write(HEAD)
        roles.sync(tiny.folder)

        with pytest.raises(FacesMustFollow, match="matchers/ID/activate"):
            keeper.switch(model(HEAD))

        assert "face_matcher" not in roles.active_models()
        assert loaded(keeper) == []


class TestSwitchPack:
    def test_switches_all_roles_that_the_pack_has(self, keeper: PostgresKeeper, tiny: Tiny) -> None:
        for name in ("face_detector.other.1", "face_detector.other.2", "tagger.other.1"):
            tiny.write(name)
        roles.sync(tiny.folder)

        keeper.switch_pack("other")

        assert roles.active_models() == {
            "face_detector": "face_detector.other.2",
            "face_embedder": TWO,
            "tagger": "tagger.other.1",
        }

    def test_leaves_heads_alone(self, keeper: PostgresKeeper, tiny: Tiny) -> None:
        for name in (HEAD, "tagger.trained.1"):
            tiny.write(name)
        roles.sync(tiny.folder)

        keeper.switch_pack("trained")

        assert roles.active_models()["tagger"] == "tagger.trained.1"
        assert "face_matcher" not in roles.active_models()

    def test_switches_nothing_if_one_is_broken(self, keeper: PostgresKeeper, tiny: Tiny) -> None:
        tiny.write("face_detector.odd.1")
        tiny.write_program("tagger.odd.1")
        tiny.mark("tagger.odd.1", BROKEN)
        roles.sync(tiny.folder)
        before = roles.active_models()

        with pytest.raises(InferenceNotReady):
            keeper.switch_pack("odd")

        assert roles.active_models() == before

    def test_knows_no_pack_that_is_not_there(self, keeper: PostgresKeeper) -> None:
        with pytest.raises(ModelUnknown, match="nothing"):
            keeper.switch_pack("nothing")


class TestServerThatAloneDecides:
    @pytest.fixture
    def idle(self, keeper: PostgresKeeper, settings: Any) -> PostgresKeeper:
        settings.MODEL_CONTROL = "none"
        return serving.keeper()

    def test_is_never_told_to_load_or_unload(self, idle: PostgresKeeper) -> None:
        for change in (idle.load, idle.unload):
            with pytest.raises(ModelControlOff):
                change(model(ONE))
        with pytest.raises(ModelControlOff):
            idle.unload_all()

    def test_lets_a_call_be_tried_again_later(self, idle: PostgresKeeper) -> None:
        with serving.client() as client, pytest.raises(InferenceNotReady) as refusal:
            client.infer(doubler(ONE), given=GIVEN)

        assert refusal.value.retryable is True
        assert loaded(idle) == []

    def test_gives_a_role_only_what_it_has_loaded(
        self, idle: PostgresKeeper, control: TritonControl
    ) -> None:
        with pytest.raises(InferenceNotReady):
            idle.switch(model(ONE))
        control.load(ONE, timeout_s=30)

        assert idle.switch(model(ONE)).active == model(ONE)
