"""A demo without authentication."""

import logging
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from rest_framework.test import APIClient

from config.access.bound import check_bound
from tests.factories import make_key

pytestmark = pytest.mark.django_db
JOBS = "/api/v1/jobs/"


@pytest.fixture(autouse=True)
def _disabled(settings: Any) -> None:
    settings.AUTH_DISABLED, settings.DEBUG = True, False


class TestNoAuthentication:
    def test_lets_everybody_be_one_user(self) -> None:
        assert [APIClient().get(JOBS).status_code for _ in range(2)] == [200, 200]
        assert User.objects.get().username == "demo"

    def test_opens_nothing_of_the_staff(self) -> None:
        assert APIClient().get("/api/v1/admin/stats/").status_code == 403
        assert APIClient().get("/api/v1/keys/").status_code == 403
        assert APIClient().get("/admin/").status_code == 302

    def test_still_refuses_a_wrong_key(self) -> None:
        _, secret = make_key()

        assert APIClient().get(JOBS, headers={"X-API-Key": secret}).status_code == 200
        assert APIClient().get(JOBS, headers={"X-API-Key": "wrong"}).status_code == 401

    @pytest.mark.parametrize(
        "sent",
        [
            {"REMOTE_ADDR": "192.0.2.1"},
            {"REMOTE_ADDR": "::ffff:192.0.2.1"},
            {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
            {"HTTP_FORWARDED": "for=127.0.0.1"},
        ],
    )
    def test_is_for_this_machine(self, sent: dict[str, str]) -> None:
        answer = APIClient().get(JOBS, **sent)  # type: ignore[arg-type]  # of the environment

        assert answer.status_code == 403
        assert not User.objects.exists()

    def test_is_off_by_itself(self, settings: Any) -> None:
        settings.AUTH_DISABLED = False

        assert APIClient().get(JOBS).status_code == 401

    def test_is_loud(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.WARNING):
            apps.get_app_config("config").ready()

        assert "AUTH_DISABLED: everybody on this machine" in caplog.text


class TestCheckBound:
    @pytest.mark.parametrize(
        "listening", [("127.0.0.1", 8000), ("localhost", 8000), ("::1", 8000), "/run/kindred.sock"]
    )
    def test_lets_it_listen_here(self, listening: object) -> None:
        elsewhere = ("192.0.2.1", 80)

        check_bound([listening], is_on=True, debug=False)
        with pytest.raises(ImproperlyConfigured) as told:
            check_bound([listening, elsewhere], is_on=True, debug=False)

        assert f"is to listen at {elsewhere}: " in str(told.value)

    @pytest.mark.parametrize(
        "listening", [("::", 8000), ("", 8000), ("192.0.2.1", 8000), ("web", 80)]
    )
    def test_stops_what_others_could_reach(self, listening: object) -> None:
        with pytest.raises(ImproperlyConfigured, match="AUTH_DISABLED lets everybody in"):
            check_bound([("127.0.0.1", 1), listening], is_on=True, debug=False)

        check_bound([listening], is_on=True, debug=True)
        check_bound([listening], is_on=False, debug=False)
