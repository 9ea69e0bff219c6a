"""One request shows one credential, and none in its address."""

from itertools import combinations
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.factories import make_key

pytestmark = pytest.mark.django_db
JOBS = "/api/v1/jobs/"
HEADERS = {"Authorization": "Bearer {}", "X-API-Key": "{}", "api-key": "{}"}


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


class TestCredentials:
    @pytest.mark.parametrize("pair", list(combinations(HEADERS, 2)))
    def test_two_of_them_are_refused(self, pair: tuple[str, str]) -> None:
        _, secret = make_key()

        answer = APIClient().get(
            JOBS, headers={name: HEADERS[name].format(secret) for name in pair}
        )

        assert code_of(answer) == (400, "several_credentials")

    def test_of_a_worker_and_a_key_are_refused(self) -> None:
        _, secret = make_key()
        sent = {"Authorization": "Worker kworker_x", "X-API-Key": secret}

        for path in (JOBS, "/api/v1/worker/claim/", "/media/1/a.jpg", "/collections", "/admin/"):
            assert code_of(APIClient().get(path, headers=sent)) == (400, "several_credentials")

    @pytest.mark.parametrize("secret", ["{0},{0}", "{0} {0}", "{0}, Bearer {0}"])
    def test_two_in_one_header_are_none(self, secret: str) -> None:
        sent = f"Bearer {secret.format(make_key()[1])}"

        assert APIClient().get(JOBS, headers={"Authorization": sent}).status_code == 401


class TestAddress:
    @pytest.mark.parametrize(
        "query",
        [
            "api_key={}", "API_KEY={}", "apikey={}", "api-key={}", "X-API-Key={}", "token={}",
            "access_token={}", "auth=&jwt=a.b.c", "password=x", "a=1&secret={}", "q={}",
            "api%5Fkey={}", "token", "x=kworker_abc",
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("path", [JOBS, "/media/1/a.jpg", "/health", "/collections", "/admin/"])
    def test_takes_no_credential(self, path: str, query: str) -> None:
        _, secret = make_key()

        answer = APIClient().get(f"{path}?{query.format(secret)}", headers={"X-API-Key": secret})

        assert code_of(answer) == (400, "credential_in_address")
        assert secret not in answer.content.decode()

    @pytest.mark.parametrize(
        "query", ["q=token", "page_size=1", "cursor=abc", "&".join("a" * 2000)]
    )
    def test_takes_all_else(self, query: str) -> None:
        _, secret = make_key()

        answer = APIClient().get(f"{JOBS}?{query}", headers={"X-API-Key": secret})

        assert answer.status_code in {200, 404, 413}
        assert answer.json().get("code", "") != "credential_in_address"
