"""Lists and their filters: whatever is asked of them, they answer soon, and with no more."""

from time import process_time
from typing import Any
from urllib.parse import urlencode

import pytest
from rest_framework.test import APIClient

from config.access.listing import endpoints
from config.access.table import Way
from photos.models import Owner
from tests.factories import make_job, make_owner, make_person, make_user

pytestmark = pytest.mark.django_db
MOST = 200  # of a page
QUICK_S = 0.5
SQL = ["'", "' OR 1=1 --", "1; DROP TABLE photos_photo", "%' UNION SELECT 1 --", "\\", "\0", "{}"]
SORTED = [
    {"ordering": "password"}, {"ordering": "owner__user__password"}, {"ordering": "-pk; --"},
    {"owner__user__password__startswith": "p"}, {"order_by": "password"}, {"sort": "password"},
]  # fmt: skip
NUMBERS = ["-1", "0", "9" * 30, "1e9", "NaN", "1.5", "", "true", "\u0661", "x"]


def lists() -> list[str]:
    """Where somebody finds rows of their own."""
    known = [each for each in endpoints() if each.method == "get" and each.act == "list"]
    return sorted(
        each.path for each in known if each.need and each.need.way is Way.CALLER
        and "<" not in each.path and not each.need.right
    )  # fmt: skip


def rows_of(answer: Any) -> int:
    body = answer.json()
    rows = body if isinstance(body, list) else body.get("results", body.get("clusters", []))
    return len(rows)


@pytest.fixture(autouse=True)
def _no_server(settings: Any) -> None:
    settings.TRITON_URL = "127.0.0.1:9"


class TestPages:
    def test_are_those_of_many_lists(self) -> None:
        assert len(lists()) > 5

    def test_are_never_larger_than_they_may_be(self, api: APIClient, owner: Owner) -> None:
        for _ in range(MOST + 1):
            make_person(owner=owner)

        answer = api.get(f"/api/v1/people/?page_size={10**9}")

        assert rows_of(answer) == MOST

    @pytest.mark.parametrize("number", NUMBERS, ids=ascii)
    def test_are_asked_for_by_numbers(self, api: APIClient, number: str) -> None:
        for path in lists():
            asked = dict.fromkeys(["page_size", "limit", "page", "offset", "cursor"], number)
            answer = api.get(path, asked)
            assert answer.status_code in {200, 400, 404}, (path, answer.content)


class TestFilters:
    @pytest.mark.parametrize("asked", SORTED, ids=str)
    def test_do_not_sort_by_what_nobody_may_see(
        self, api: APIClient, owner: Owner, asked: dict[str, str]
    ) -> None:
        make_job(owner=owner)
        make_job(owner=make_owner(user=make_user()))
        plain = api.get("/api/v1/jobs/").json()["results"]

        answer = api.get("/api/v1/jobs/", asked)

        assert answer.status_code == 400 or answer.json()["results"] == plain

    @pytest.mark.parametrize("words", SQL, ids=ascii)
    def test_of_sql_find_no_more(self, api: APIClient, words: str) -> None:
        theirs = make_job(owner=make_owner(user=make_user()))

        for path in lists():
            asked = dict.fromkeys(["status", "kind", "q", "search", "owner", "person"], words)
            answer = api.get(path, asked)
            assert answer.status_code in {200, 400, 404, 422}, (path, answer.content)
            assert str(theirs.pk) not in answer.content.decode()

    @pytest.mark.parametrize("path", ["search/", "search/suggest/", "search/by-object/"])
    @pytest.mark.parametrize(
        "words", ["a" * 10_000, "-" * 10_000, "not " * 1000, '"' * 9999, "(" * 5000, "a or " * 2000]
    )
    def test_that_are_long_are_answered_soon(self, api: APIClient, path: str, words: str) -> None:
        api.get(f"/api/v1/{path}?q=warm")
        begun = process_time()

        answer = api.get(f"/api/v1/{path}?{urlencode({'q': words, 'objects': words})}")

        assert process_time() - begun < QUICK_S
        assert answer.status_code in {200, 400, 422}


class TestMetrics:
    @pytest.mark.parametrize(
        ("path", "refusals"),
        [
            ("/metrics", [401, 403]),
            ("/metrics/", [401, 403]),
            ("/api/v1/metrics", [404, 404]),
            ("/debug/", [404, 404]),
        ],
    )
    def test_are_told_to_nobody(self, api: APIClient, path: str, refusals: list[int]) -> None:
        answers = [client.get(path) for client in (APIClient(), api)]

        assert [each.status_code for each in answers] == refusals
        assert all(b"kindred_" not in each.content for each in answers)
