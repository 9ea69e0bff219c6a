"""What holds for the whole API."""

from typing import Any

import pytest
from django.db import OperationalError
from rest_framework.test import APIClient

from config.api import error_response
from config.mishaps import codes_of
from config.statuses import errors
from faces.views.faces import FaceViewSet
from jobs.views.search import SearchView
from photos import roles

pytestmark = pytest.mark.django_db
PRIVATE = ["/api/v1/jobs", "/api/v1/faces/clusters", "/media/1/a.jpg"]


class TestSchema:
    def test_describes_every_endpoint_without_a_warning(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        answer = APIClient().get("/api/schema/?format=json")

        assert answer.status_code == 200
        assert {
            "/api/v1/process/image/",
            "/api/v1/jobs/",
            "/api/v1/faces/clusters/",
            "/api/v1/models/",
            "/api/v1/models/load/{role}/{name}/",
            "/api/process/",
            "/api/cluster/{public_id}/thumbnail/",
            "/job/{task_type}/",
        } <= answer.json()["paths"].keys()
        assert capsys.readouterr().err == ""

    def test_describes_the_errors_of_every_operation(self) -> None:
        schema = APIClient().get("/api/schema/?format=json").json()

        for path, operations in schema["paths"].items():
            for method, operation in operations.items():
                errors = {
                    status: answer["content"]["application/problem+json"]["schema"]["$ref"]
                    for status, answer in operation["responses"].items()
                    if int(status) >= 400
                }
                assert {"400", "401", "403", "404", "429", "503"} <= errors.keys(), (method, path)
                for name in errors.values():
                    problem, said = schema["components"]["schemas"][name.rpartition("/")[2]][
                        "allOf"
                    ]
                    assert problem == {"$ref": "#/components/schemas/Problem"}
                    assert said["properties"]["code"]["enum"]

    def test_says_which_codes_an_error_may_have(self) -> None:
        found = codes_of(SearchView, "POST")

        assert "filter_unknown" in found[422]
        assert "person_missing" in found[404]
        assert "parse_error" in found[400]
        assert "queue_full" in found[429]
        assert "parse_error" not in codes_of(SearchView, "GET")[400]
        assert all("filter_unknown" not in codes for codes in codes_of(FaceViewSet, "GET").values())

    def test_has_every_code_that_an_error_of_the_house_has(self) -> None:
        every = set[str]().union(*codes_of(SearchView, "POST").values())

        assert {vars(error)["code"] for error in errors()} <= every

    def test_has_a_page_that_needs_no_other_host(self) -> None:
        page = APIClient().get("/api/docs/").content.decode()

        assert "/static/drf_spectacular_sidecar/" in page
        assert "//cdn" not in page


class TestAddressesThatAreNone:
    @pytest.mark.parametrize("path", ["nothing", "jobs/17", "faces/clusters/clu_XYZ", ""])
    def test_answer_in_the_shape_of_the_api(self, api: APIClient, path: str) -> None:
        answer = api.get(f"/api/v1/{path}")

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    @pytest.mark.parametrize(
        "path", ["/api/nothing", "/api/cluster/cluster-123/thumbnail", "/api/jobs/17", "/job/17"]
    )
    def test_do_so_at_the_doors_of_other_systems(self, api: APIClient, path: str) -> None:
        answer = api.get(path)

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


class TestStrangers:
    @pytest.mark.parametrize("url", PRIVATE)
    def test_are_told_to_log_in(self, url: str) -> None:
        answer = APIClient().get(url)

        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")

    def test_may_know_the_health(self, triton_url: str, settings: Any) -> None:
        settings.TRITON_URL = triton_url
        roles.sync(settings.MODEL_REPOSITORY)

        answer, ready = (APIClient().get(path) for path in ("/health", "/readyz"))

        assert answer.status_code == ready.status_code == 200
        assert answer.json() == {
            "status": "ok",
            "database": True,
            "models": True,
            "device": "cpu",
        }

    def test_are_told_when_models_are_missing(self, settings: Any) -> None:
        settings.TRITON_URL = "127.0.0.1:9"

        answer = APIClient().get("/api/v1/health")

        assert answer.status_code == 503
        assert answer.json() == {
            "status": "unavailable",
            "database": True,
            "models": False,
            "device": "unknown",
        }


class TestDatabaseThatIsDown:
    def test_is_said_in_a_sentence_without_its_address(self) -> None:
        answer = error_response(OperationalError("connection to 10.0.0.1 failed"), {})

        assert answer is not None
        assert answer.status_code == 503
        assert answer.data["code"] == "database_unavailable"
        assert "10.0.0.1" not in answer.data["detail"]
