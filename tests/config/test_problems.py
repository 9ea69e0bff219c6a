"""Errors as RFC 9457 has them, and the ids of requests."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from photos.models import Owner
from tests.factories import make_key

pytestmark = pytest.mark.django_db
NEW = "test"  # see conftest.py


def problem(answer: Any) -> dict[str, Any]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == answer.status_code
    assert body["type"] == f"urn:kindred:problem:{body['code']}"
    assert body["request_id"] == answer.headers["X-Request-ID"]
    return body


class TestProblems:
    def test_say_what_is_wrong_with_which_field(self, api: APIClient) -> None:
        body = problem(api.post("/api/v1/people/", {}))

        assert body == {
            "type": "urn:kindred:problem:invalid",
            "title": "Bad Request",
            "status": 400,
            "code": "invalid",
            "detail": "name: This field is required.",
            "fields": {"name": ["This field is required."]},
            "request_id": NEW,
        }

    @pytest.mark.parametrize(
        ("path", "status", "title", "code"),
        [
            ("/api/v1/people/1/", 404, "Not Found", "not_found"),
            ("/api/v1/nothing/", 404, "Not Found", "not_found"),
            ("/api/v1/jobs/?token=1", 400, "Bad Request", "credential_in_address"),
            ("/api/v1/edits/1/undo/", 405, "Method Not Allowed", "method_not_allowed"),
        ],
    )
    def test_are_the_same_wherever_they_come_from(
        self, api: APIClient, path: str, status: int, title: str, code: str
    ) -> None:
        body = problem(api.get(path))

        assert (body["status"], body["title"], body["code"]) == (status, title, code)

    def test_are_so_for_strangers(self, settings: Any) -> None:
        assert problem(APIClient().get("/api/v1/jobs/"))["code"] == "not_authenticated"
        settings.ALLOWED_IPS = ()
        assert problem(APIClient().get("/api/v1/people/1/"))["status"] == 401

    def test_are_in_the_shape_of_qdrant_for_its_clients(self, owner: Owner) -> None:
        client = APIClient(headers={"api-key": make_key(user=owner.user)[1]})

        answer = client.get("/collections/nothing")

        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/json")
        assert set(answer.json()) == {"status", "time"}


class TestRequestIds:
    def test_are_the_callers(self, api: APIClient) -> None:
        answer = api.get("/api/v1/people/1/", headers={"X-Request-ID": "trace-1.a_B"})

        assert problem(answer)["request_id"] == "trace-1.a_B"

    @pytest.mark.parametrize("given", ["", "a b", "é", "x" * 65, 'a"b', "a%0Ab"])
    def test_are_ours_where_theirs_are_not_fit(self, api: APIClient, given: str) -> None:
        answer = api.get("/health", headers={"X-Request-ID": given})

        assert answer.headers["X-Request-ID"] == NEW
