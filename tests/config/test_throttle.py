"""Who asks too often is told to come back later."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from config.access.rates import Rate
from config.access.throttle import count
from config.models import Asking
from photos.models import Owner
from tests.config.test_access_settings import start
from tests.factories import make_key, make_owner, make_user

pytestmark = pytest.mark.django_db
JOBS = "/api/v1/jobs/"


def ask(secret: str, address: str = "192.0.2.7") -> Any:
    return APIClient().get(JOBS, headers={"X-API-Key": secret}, REMOTE_ADDR=address)


def let_time_go_by() -> None:
    Asking.objects.update(ends_at=timezone.now())


class TestKey:
    def test_is_told_to_come_back(self, settings: Any) -> None:
        settings.RATE_PER_KEY = Rate(2, 60)
        _, secret = make_key()

        answers = [ask(secret) for _ in range(3)]

        assert [each.status_code for each in answers] == [200, 200, 429]
        assert answers[-1].json()["code"] == "throttled"
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
        let_time_go_by()
        assert ask(secret).status_code == 200

    def test_is_counted_by_itself(self, settings: Any) -> None:
        settings.RATE_PER_KEY = Rate(1, 60)
        user = make_user()
        secrets = [make_key(user=user)[1] for _ in range(2)]

        assert [ask(each).status_code for each in secrets * 2] == [200, 200, 429, 429]


class TestOwner:
    def test_is_counted_over_all_ways_in(self, settings: Any, owner: Owner, api: APIClient) -> None:
        settings.RATE_PER_OWNER = Rate(3, 60)
        secrets = [make_key(user=owner.user)[1] for _ in range(2)]

        codes = [ask(each).status_code for each in secrets] + [
            api.get(JOBS).status_code for _ in range(2)
        ]

        assert codes == [200, 200, 200, 429]
        assert ask(make_key()[1]).status_code == 200

    def test_has_the_requests_of_a_key_for_all_that_name_it(self, settings: Any) -> None:
        settings.RATE_PER_OWNER = Rate(1, 60)
        make_owner(subject="anna")
        _, secret = make_key(scopes={"read", "all-owners"})
        client = APIClient()
        client.credentials(HTTP_X_API_KEY=secret)

        codes = [client.get(JOBS, HTTP_X_OWNER="anna").status_code for _ in range(2)]

        assert [*codes, client.get(JOBS).status_code] == [200, 429, 200]


class TestWrongKeys:
    def test_are_taken_so_many_times(self, settings: Any) -> None:
        settings.RATE_OF_WRONG_KEYS = Rate(2, 60)
        _, secret = make_key()

        assert [ask("wrong").status_code for _ in range(4)] == [401, 401, 429, 429]
        assert ask("wrong", "192.0.2.8").status_code == 401
        assert ask(secret).status_code == 200

    def test_are_forgotten(self, settings: Any) -> None:
        settings.RATE_OF_WRONG_KEYS = Rate(2, 60)
        ask("wrong")
        let_time_go_by()

        ask("wrong", "192.0.2.8")

        assert Asking.objects.get().who == "address:192.0.2.8"


class TestCount:
    def test_is_one_statement_however_many_are_counted(self) -> None:
        rates = {"b": Rate(1, 60), "a": Rate(5, 60)}

        with CaptureQueriesContext(connection) as asked:
            waits = [count(rates) for _ in range(2)]

        assert len(asked) == 2
        assert waits[0] is None
        assert waits[1] is not None
        assert dict(Asking.objects.values_list("who", "count")) == {"a": 2, "b": 2}

    def test_asks_nothing_where_nothing_is_limited(self) -> None:
        _, secret = make_key()
        ask(secret)

        with CaptureQueriesContext(connection) as asked:
            ask(secret)

        assert not [each for each in asked if "config_asking" in each["sql"]]

    def test_waits_for_the_window_to_end(self) -> None:
        count({"a": Rate(1, 3600)})
        Asking.objects.update(ends_at=F("ends_at") - timedelta(seconds=3000))

        wait_s = count({"a": Rate(1, 3600)})

        assert wait_s is not None
        assert 590 < wait_s <= 600


class TestSettings:
    @pytest.mark.parametrize("rate", ["10", "10/week", "0/minute", "ten/minute", "1e3/minute"])
    def test_that_can_not_be_meant_stop_the_start(self, rate: str) -> None:
        assert "is no rate: give one such as 600/minute" in start(RATE_PER_KEY=rate)

    def test_may_be_of_any_window(self) -> None:
        assert start(RATE_PER_KEY="1/second", RATE_PER_OWNER="9/day", RATE_OF_WRONG_KEYS="") == ""
