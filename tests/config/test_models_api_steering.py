"""Models over HTTP: loaded, unloaded and switched."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from photos import roles, serving
from photos.models import ServedModel
from tests.config.model_doors import (
    BAD,
    ONE,
    OTHER,
    TWO,
    call,
    no_server,
    refused,
    repository,
    staff,
)
from tests.tiny import BROKEN, GIVEN, Tiny, doubler

__all__ = ["no_server", "repository", "staff"]  # fixtures
pytestmark = pytest.mark.django_db


def states(client: APIClient) -> dict[str, str]:
    return {each["name"]: each["state"] for each in call(client, "models/available")[1]}


class TestLoad:
    @pytest.mark.usefixtures("repository")
    @pytest.mark.parametrize("slash", ["", "/"])
    def test_waits_for_the_model(self, staff: APIClient, slash: str) -> None:
        status, body = call(staff, f"models/load/face_detector/tiny.1{slash}", "post")

        assert (status, body["name"], body["state"]) == (200, ONE, "loaded")
        assert states(staff) == {ONE: "loaded", TWO: "unloaded", OTHER: "unloaded"}

    @pytest.mark.usefixtures("repository")
    def test_of_a_loaded_model_is_fine(self, staff: APIClient) -> None:
        answers = [call(staff, "models/load/face_detector/tiny.1", "post") for _ in range(2)]

        assert [(status, body["state"]) for status, body in answers] == [(200, "loaded")] * 2

    @pytest.mark.usefixtures("repository")
    def test_of_a_pack_means_the_active_one(self, staff: APIClient) -> None:
        assert call(staff, "models/load/face_detector/tiny", "post")[1]["name"] == TWO

    def test_of_a_broken_model_does_not_say_where_it_lies(
        self, tiny: Tiny, staff: APIClient
    ) -> None:
        tiny.write_program(BAD)
        tiny.mark(BAD, BROKEN)
        roles.sync(tiny.folder)

        status, body = call(staff, "models/load/face_detector/bad.1", "post")

        assert (status, body["code"]) == (503, "inference_not_ready")
        assert str(tiny.folder) not in body["detail"]
        assert states(staff) == {BAD: "failed"}

    @pytest.mark.usefixtures("repository", "no_server")
    def test_needs_the_model_server(self, staff: APIClient) -> None:
        answer = refused(staff, "models/load/face_detector/tiny.1")

        assert answer == (503, "inference_unavailable")


class TestUnload:
    @pytest.mark.usefixtures("repository")
    def test_frees_the_memory_and_is_fine_twice(self, staff: APIClient) -> None:
        call(staff, "models/load/face_detector/tiny.1", "post")

        answers = [call(staff, "models/unload/face_detector/tiny.1", "post") for _ in range(2)]

        assert [(status, body["state"]) for status, body in answers] == [(200, "unloaded")] * 2

    @pytest.mark.usefixtures("repository")
    def test_of_a_model_in_use_is_refused(self, staff: APIClient) -> None:
        with serving.client() as client:
            client.infer(doubler(ONE), given=GIVEN)

        answer = refused(staff, "models/unload/face_detector/tiny.1")

        assert answer == (409, "model_in_use")
        assert states(staff)[ONE] == "loaded"

    @pytest.mark.usefixtures("repository")
    def test_of_a_pinned_model_is_refused(self, staff: APIClient) -> None:
        call(staff, "models/load/face_detector/tiny.1", "post")
        ServedModel.objects.get(name=ONE).pin(pinned=True)

        assert refused(staff, "models/unload/face_detector/tiny.1") == (409, "model_pinned")

    @pytest.mark.usefixtures("repository")
    def test_of_all_says_what_stays(self, staff: APIClient) -> None:
        for name in ("face_detector/tiny.1", "face_embedder/tiny.1"):
            call(staff, f"models/load/{name}", "post")
        ServedModel.objects.get(name=ONE).pin(pinned=True)

        answer = call(staff, "models/unload-all", "post")

        assert answer == (200, {"unloaded": [OTHER], "kept": {ONE: "model_pinned"}})

    @pytest.mark.usefixtures("repository")
    def test_is_not_ours_where_the_server_alone_decides(
        self, staff: APIClient, settings: Any
    ) -> None:
        settings.MODEL_CONTROL = "none"

        for path in ("load/face_detector/tiny.1", "unload/face_detector/tiny.1", "unload-all"):
            assert refused(staff, f"models/{path}") == (409, "model_control_off")


class TestSwitch:
    @pytest.mark.usefixtures("repository")
    def test_gives_the_role_another_version(self, staff: APIClient) -> None:
        status, body = call(staff, "models/face_detector", "put", pack="tiny", version=1)

        assert (status, body["name"], body["active"], body["state"]) == (200, ONE, True, "loaded")
        assert roles.active_models()["face_detector"] == ONE

    @pytest.mark.usefixtures("repository")
    @pytest.mark.parametrize(
        ("choice", "field"),
        [
            ({"version": 1}, "pack"),
            ({"pack": "tiny"}, "version"),
            ({"pack": "../tiny", "version": 1}, "pack"),
            ({"pack": "tiny", "version": 0}, "version"),
            ({"pack": "tiny", "version": "newest"}, "version"),
        ],
    )
    def test_says_which_field_is_wrong(
        self, staff: APIClient, choice: dict[str, Any], field: str
    ) -> None:
        status, body = call(staff, "models/face_detector", "put", **choice)

        assert (status, body["code"], list(body["fields"])) == (400, "invalid", [field])

    @pytest.mark.usefixtures("repository")
    @pytest.mark.parametrize(
        ("role", "choice"),
        [
            ("face_detector", {"pack": "tiny", "version": 3}),
            ("face_detector", {"pack": "none", "version": 1}),
            ("tagger", {"pack": "tiny", "version": 1}),
        ],
    )
    def test_knows_only_what_is_there(
        self, staff: APIClient, role: str, choice: dict[str, Any]
    ) -> None:
        answer = refused(staff, f"models/{role}", "put", **choice)

        assert answer == (404, "model_unknown")

    def test_is_refused_for_heads_as_faces_are_to_follow(
        self, staff: APIClient, repository: Tiny
    ) -> None:
        repository.write("face_matcher.trained.1")
        roles.sync(repository.folder)

        status, body = call(staff, "models/face_matcher", "put", pack="trained", version=1)

        assert (status, body["code"]) == (409, "faces_must_follow")
        assert "POST /api/v1/faces/matchers/ID/activate" in body["detail"]
        assert "face_matcher" not in roles.active_models()

    @pytest.mark.usefixtures("repository", "no_server")
    def test_changes_nothing_if_the_model_can_not_be_loaded(self, staff: APIClient) -> None:
        answer = refused(staff, "models/face_detector", "put", pack="tiny", version=1)

        assert answer == (503, "inference_unavailable")
        assert roles.active_models()["face_detector"] == TWO
