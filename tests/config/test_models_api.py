"""Models over HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from inference.control import TritonControl
from photos import roles, serving
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
from tests.factories import make_user
from tests.tiny import BROKEN, GIVEN, Tiny, doubler

__all__ = ["no_server", "repository", "staff"]  # fixtures
pytestmark = pytest.mark.django_db

STEERING = [
    ("post", "models/load/face_detector/tiny.1"),
    ("post", "models/unload/face_detector/tiny.1"),
    ("post", "models/unload-all"),
    ("put", "models/face_detector"),
]


@pytest.fixture
def control(tiny: Tiny, settings: Any) -> Iterator[TritonControl]:
    with TritonControl(settings.TRITON_URL, timeout_s=10) as control:
        yield control


class TestModels:
    @pytest.mark.usefixtures("repository")
    def test_shows_the_model_of_each_role(self, api: APIClient) -> None:
        status, body = call(api, "models")

        assert status == 200
        assert (body["device"], body["problem"]) == ("unknown", "")
        assert [(each["role"], each["name"]) for each in body["models"]] == [
            ("face_detector", TWO),
            ("face_embedder", OTHER),
        ]
        assert body["models"][1] == {
            "name": OTHER,
            "role": "face_embedder",
            "pack": "tiny",
            "version": 1,
            "active": True,
            "state": "unloaded",
            "device": "",
            "pinned": False,
            "memory_bytes": 2**20,
            "licences": ["MIT"],
            "loaded_at": None,
            "last_used_at": None,
        }

    @pytest.mark.usefixtures("repository")
    def test_says_what_models_run_on(self, api: APIClient, staff: APIClient) -> None:
        call(staff, "models/load/face_detector/tiny", "post")

        body = call(api, "models")[1]

        assert (body["device"], body["models"][0]["device"]) == ("cpu", "cpu")

    @pytest.mark.usefixtures("repository")
    def test_never_hides_that_there_is_no_gpu(
        self, api: APIClient, staff: APIClient, settings: Any
    ) -> None:
        settings.MODEL_DEVICE = "cuda"
        call(staff, "models/load/face_detector/tiny", "post")

        body = call(api, "models")[1]

        assert body["problem"] == f"The model {TWO} runs on cpu, although MODEL_DEVICE is cuda."
        assert call(APIClient(), "health")[0] == 503

    def test_tells_of_files_that_are_not_what_was_built(
        self, api: APIClient, staff: APIClient, repository: Tiny
    ) -> None:
        (repository.folder / TWO / "1" / "model.onnx").write_bytes(b"PK\x03\x04")

        loading = refused(staff, "models/load/face_detector/tiny.2")
        problem = call(api, "models")[1]["problem"]
        health, body = call(APIClient(), "health")

        assert loading == (503, "inference_refused")
        assert problem == (
            f"The model {TWO} is not loaded any more: model.onnx is not the one that was built, "
            "by its sha256: build it again."
        )
        assert (health, body["models"]) == (503, False)
        repository.write(TWO)
        assert call(APIClient(), "health")[0] == 200

    @pytest.mark.usefixtures("repository", "no_server")
    def test_is_there_without_the_model_server(self, api: APIClient) -> None:
        status, body = call(api, "models")

        assert (status, body["problem"]) == (200, "The model server does not answer.")
        assert {each["state"] for each in body["models"]} == {"unknown"}

    @pytest.mark.usefixtures("repository")
    @pytest.mark.parametrize("slash", ["", "/"])
    def test_shows_every_model_of_the_repository(self, api: APIClient, slash: str) -> None:
        status, body = call(api, f"models/available{slash}")

        assert status == 200
        assert [(each["name"], each["active"]) for each in body] == [
            (ONE, False),
            (TWO, True),
            (OTHER, True),
        ]

    def test_shows_one_whose_manifest_lists_no_licences(self, tiny: Tiny, api: APIClient) -> None:
        tiny.write(ONE)
        manifest = {"role": "face_detector", "version": 1, "weights": ["tiny.onnx"]}
        (tiny.folder / ONE / "manifest.json").write_text(json.dumps(manifest))
        roles.sync(tiny.folder)

        status, [shown] = call(api, "models/available")

        assert (status, shown["name"], shown["licences"]) == (200, ONE, [])

    @pytest.mark.parametrize("count", [1, 3])
    def test_costs_the_same_however_many_there_are(
        self, tiny: Tiny, api: APIClient, django_assert_num_queries: Any, count: int
    ) -> None:
        for number in range(count):
            tiny.write(f"role_{number}.tiny.1")
        roles.sync(tiny.folder)

        for path in ("models", "models/available"):
            with django_assert_num_queries(1):
                call(api, path)


@pytest.mark.usefixtures("no_server")  # nothing of this ever gets there
class TestHostileNames:
    @pytest.mark.parametrize(
        "name",
        [
            "face_detector/..",
            "face_detector/../face_detector.tiny.1",
            "face_detector/%2e%2e",
            "face_detector/%2e%2e%2fface_detector.tiny.1",
            "../face_detector.tiny.1",
            "%2e%2e/tiny.1",
            "face_detector/tiny.1%00",
            "face_detector/tiny%2f1",
            "face_detector/..tiny.1",
            "face_detector/tiny..1",
            "face_detector/" + "a" * 1000,
            "face_detector/none.1",
            "none/tiny.1",
            "/",
        ],
    )
    @pytest.mark.parametrize("what", ["load", "unload"])
    def test_are_no_models(
        self, repository: Tiny, staff: APIClient, what: str, name: str, settings: Any
    ) -> None:
        settings.TRITON_URL = "127.0.0.1:9"

        status, code = refused(staff, f"models/{what}/{name}")

        assert status == 404
        assert code in {"not_found", "model_unknown"}


class TestRights:
    @pytest.mark.parametrize(("method", "path"), STEERING)
    def test_to_steer_are_those_of_staff_with_the_permission(
        self, api: APIClient, method: str, path: str
    ) -> None:
        plain_staff, permitted_user = APIClient(), APIClient()
        plain_staff.force_authenticate(make_user(is_staff=True))
        user = make_user()
        user.user_permissions.add(Permission.objects.get(codename="change_servedmodel"))
        permitted_user.force_authenticate(user)

        for client in (api, plain_staff, permitted_user):
            assert refused(client, path, method) == (403, "permission_denied")

    @pytest.mark.parametrize(
        ("method", "path"), [*STEERING, ("get", "models"), ("get", "models/available")]
    )
    def test_are_none_for_strangers(self, method: str, path: str) -> None:
        assert refused(APIClient(), path, method) == (401, "not_authenticated")


class TestHealth:
    @pytest.mark.usefixtures("repository")
    def test_needs_no_model_loaded(self) -> None:
        answer = call(APIClient(), "health")

        assert answer == (
            200,
            {"status": "ok", "database": True, "models": True, "device": "unknown"},
        )

    @pytest.mark.usefixtures("repository")
    def test_says_what_models_ran_on_last(self) -> None:
        with serving.client() as client:
            client.infer(doubler(TWO), given=GIVEN)
        with TritonControl(serving.keeper().url, timeout_s=10) as control:
            control.unload(TWO)

        assert call(APIClient(), "health")[1]["device"] == "cpu"

    @pytest.mark.usefixtures("tiny")
    def test_needs_roles(self) -> None:
        assert call(APIClient(), "health")[0] == 503

    def test_suffers_from_a_role_whose_model_is_gone(self, repository: Tiny) -> None:
        repository.clear()

        status, body = call(APIClient(), "health")

        assert (status, body["models"]) == (503, False)

    def test_suffers_from_a_model_that_can_not_be_loaded(
        self, tiny: Tiny, staff: APIClient
    ) -> None:
        tiny.write_program(BAD)
        tiny.mark(BAD, BROKEN)
        roles.sync(tiny.folder)
        call(staff, "models/load/face_detector/bad.1", "post")

        assert call(APIClient(), "health")[0] == 503

    @pytest.mark.usefixtures("repository")
    def test_needs_them_loaded_where_the_server_alone_decides(
        self, settings: Any, control: TritonControl
    ) -> None:
        settings.MODEL_CONTROL = "none"
        before = call(APIClient(), "health")[0]
        for name in (TWO, OTHER):
            control.load(name, timeout_s=30)

        assert (before, call(APIClient(), "health")[0]) == (503, 200)
