"""What callers and staff are told while the database is away."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError
from django.test import Client
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db
LOST = [OperationalError("the connection is closed"), InterfaceError("connection already closed")]


@pytest.fixture(params=LOST, ids=["away", "closed"])
def lost(request: Any) -> Exception:
    error: Exception = request.param
    return error


class TestWithoutADatabase:
    def test_callers_are_told_that_nothing_was_stored(
        self, api: APIClient, lost: Exception, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("jobs.services.submit", _raising(lost))

        answer = api.post("/api/v1/process/batch/", {"photos": [{"url": "https://a.example/b"}]},
                          format="json")  # fmt: skip

        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")

    def test_staff_are_told_to_come_again(
        self, admin_user: User, lost: Exception, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = Client(raise_request_exception=False)
        client.force_login(admin_user)
        monkeypatch.setattr("django.contrib.admin.ModelAdmin.get_queryset", _raising(lost))

        answer = client.get("/admin/jobs/job/")

        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.content.decode() == "The database gives no answer. Try again in a moment."


def _raising(error: Exception) -> Any:
    def act(*_args: object, **_named: object) -> None:
        raise error

    return act
