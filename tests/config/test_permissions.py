"""Every endpoint of the API, as everybody finds it: what the table of permissions says."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from config.access import keys, table
from config.access.listing import Endpoint, endpoints, views
from config.access.scopes import Scope
from config.access.table import TABLE, Need, Way
from jobs.remote import tokens
from tests.factories import make_key, make_user
from tests.problems import said

pytestmark = pytest.mark.django_db
KNOWN = list(endpoints())
NOBODY = 10**9  # a number that no row has
JOB = "00000000-0000-4000-8000-000000000000"
VALUES = {  # of the parts of addresses that are no numbers
    "collection": "faces",
    "key": "1/a.jpg",
    "matcher": "20260101T000000-abcdef",
    "name": "a.1",
    "path": "embedding.bin",
    "plot": "loss",
    "public_id": "clu_1",
    "role": "tagger",
    "task_type": "face_detection",
}


@pytest.fixture(autouse=True)
def _no_server(settings: Any) -> None:
    settings.TRITON_URL = "127.0.0.1:9"


def address(path: str, number: object = NOBODY) -> str:
    """A real one, of what nobody has."""
    number = JOB if re.search("/jobs?/<pk>", path) and number == NOBODY else number
    return re.sub("<([a-z_]+)>", lambda part: VALUES.get(part[1], str(number)), path)


def ask(client: APIClient, endpoint: Endpoint, url: str = "") -> Any:
    answer: Any = getattr(client, endpoint.method)(url or address(endpoint.path))
    if answer.streaming:
        answer.close()  # some never end
    return answer


def signed_in(**values: Any) -> APIClient:
    client = APIClient()
    client.force_login(make_user(**values))
    return client


def with_header(value: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=value)
    return client


def revoked() -> APIClient:
    key, secret = make_key()
    keys.revoke([key])
    return with_header(f"Bearer {secret}")


def with_key(**values: Any) -> APIClient:
    return with_header(f"Bearer {make_key(**values)[1]}")


BOSS = {"is_staff": True, "is_superuser": True}
CALLERS: Mapping[str, Callable[[], APIClient]] = {
    "owner": signed_in,
    "staff without a right": lambda: signed_in(is_staff=True),
    "admin": lambda: signed_in(**BOSS),
    "anonymous": APIClient,
    "expired key": lambda: with_key(expires_at=timezone.now() - timedelta(seconds=1)),
    "revoked key": revoked,
    "read-only key": lambda: with_key(scopes={Scope.READ}),
    "everyday key of an admin": lambda: with_key(user=make_user(**BOSS)),
    "worker": lambda: with_header(f"Worker {tokens.issue('nas')[1]}"),
}
STRANGERS = {"anonymous", "expired key", "revoked key"}


def expected(need: Need, caller: str) -> int:
    """401, 403, or 200 for whoever gets in, whatever becomes of it there."""
    match need.way:
        case Way.WORKER:
            return 200 if caller == "worker" else 401
        case Way.CALLER | Way.WATCHER if caller in STRANGERS | {"worker"}:
            return 401
        case Way.OWN | Way.ANYHOW:  # one that has a secret of its own tells that itself
            return 200
    if caller == "admin":
        return 200
    by_scope = {
        "read-only key": {Scope.READ},
        "everyday key of an admin": {Scope.READ, Scope.WRITE, Scope.PEOPLE},
    }
    if need.scope not in by_scope.get(caller, {*Scope}):
        return 403
    return 403 if need.right else 200


def as_expected(answer: Any) -> int:
    if answer.status_code in {401, 403}:
        return int(answer.status_code)
    assert answer.status_code < 500 or answer.status_code == 503, answer.content
    return 200


class TestTable:
    def test_has_a_row_for_every_view_and_none_besides(self) -> None:
        assert {view.__name__ for view in views()} == {*TABLE}
        assert len(views()) == len(TABLE)  # no two are called alike

    def test_has_every_action_of_every_view(self) -> None:
        there: dict[str, set[str]] = {view.__name__: set() for view in views()}
        for each in KNOWN:
            there[each.view.__name__].add(each.act)

        said = {
            view: {act for acts in row.values() for act in acts.split()}
            for view, row in TABLE.items()
        }
        assert said == there

    def test_closes_what_it_does_not_have(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(table, "_BY_ACTION", {})

        assert signed_in(**BOSS).get("/api/v1/jobs/").status_code == 403


class TestEndpoints:
    @pytest.mark.django_db(transaction=True)  # which one of them begins by itself
    @pytest.mark.parametrize("caller", CALLERS)
    def test_let_in_whom_the_table_does(self, caller: str) -> None:
        client = CALLERS[caller]()

        found, said = {}, {}
        for each in KNOWN:
            assert each.need
            if each.need.way is Way.ANYHOW and caller in STRANGERS - {"anonymous"}:
                continue  # whether a wrong key is looked at there does not matter
            name = f"{each.method} {each.path}"
            said[name] = expected(each.need, caller)
            found[name] = as_expected(ask(client, each))

        assert found == said

    def test_say_what_a_key_lacks(self) -> None:
        client = with_key(scopes={Scope.READ})

        answer = client.post("/api/v1/process/image/", {})

        assert (answer.status_code, said(answer)) == (
            403,
            {
                "code": "permission_denied",
                "detail": "Your key is not for that: it lacks the scope write.",
            },
        )

    def test_answer_questions_of_browsers_to_callers_alone(self) -> None:
        assert APIClient().options("/api/v1/jobs/").status_code == 401
        assert signed_in().options("/api/v1/jobs/").status_code == 200
        assert signed_in().put("/api/v1/jobs/").status_code == 405


class TestSession:
    """Of somebody whose browser is made to ask by another page."""

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_changes_nothing_without_the_token_of_our_page(self, method: str) -> None:
        client = APIClient(enforce_csrf_checks=True)
        client.force_login(make_user(**BOSS))
        known = [each for each in KNOWN if each.need and each.need.way is Way.CALLER]

        codes = {ask(client, each).status_code for each in known if each.method == method}

        assert codes == {403}
        assert client.get("/api/v1/jobs/").status_code == 200
