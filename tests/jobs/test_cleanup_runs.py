"""Cleaning up: what would go, what is left for next time, and over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django_q.models import OrmQ
from rest_framework.test import APIClient

from faces.models import Erasure
from jobs import cleanup, tasks
from jobs.cleanup import Cleaned, Order
from jobs.errors import CleanUpBusy
from jobs.models import CleanUp, Event, Job, Removal
from tests.factories import (
    make_event,
    make_job,
    make_owner,
    make_user,
)
from tests.jobs.aged import (
    NOTHING,
    ago,
    files,
    make_finished,
    make_left,
    note_search,
    put,
    removed,
    run,
)

pytestmark = pytest.mark.django_db

CLEANUP = ["/admin/cleanup", "/admin/cleanup/", "/api/v1/admin/cleanup", "/api/v1/admin/cleanup/"]


class TestDryRun:
    def test_counts_what_would_go_and_leaves_it(self, settings: Any) -> None:
        make_finished()
        (settings.TRAININGS_ROOT / ".unfinished-20260101T000000-abcdef").mkdir(parents=True)
        put("uploads/a", storage="intake")
        key = make_left(make_owner(), b"left")
        storages["results"].save("6ba7b810-9dad-11d1-80b4-00c04fd430c8/0.bin", ContentFile(b"1"))
        put("1/2/annotated.jpg", storage="annotated")
        make_event(created_at=ago(days=8))
        OrmQ.objects.create(key="kindred", payload="", lock=ago(days=2))
        Session.objects.create(session_key="a", expire_date=ago(days=1))
        note_search(days=91)
        counts = {"rows": {}, "files": 0, "left": {"rows": 0}}
        Erasure.objects.create(owner=make_owner(), person=1, counts=counts)
        Removal.objects.create(owner=make_owner(), why="asked", photos=[], counts={"files": 0})

        dry = [run(dry_run=True) for _ in range(2)]
        noted = CleanUp.objects.exists()
        kept = Job.objects.count(), files("intake"), files(), Event.objects.count()
        wet = run()

        assert dry[0] == dry[1] == wet == removed(**dict.fromkeys(NOTHING, 1))
        assert kept == (1, {"uploads/a"}, {key}, 1)
        assert not noted

    def test_is_not_noted(self) -> None:
        run()
        make_left(make_owner(), b"left")
        before = CleanUp.objects.values().get()

        run(dry_run=True)

        assert CleanUp.objects.values().get() == before


class TestRun:
    @pytest.fixture
    def elsewhere(self) -> Iterator[None]:
        """Another process cleans up."""
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [cleanup.LOCK])
        yield
        other.close()

    @pytest.mark.usefixtures("elsewhere")
    def test_is_done_by_one_at_a_time(self) -> None:
        make_finished()

        with pytest.raises(CleanUpBusy):
            run()

        assert Job.objects.count() == 1

    @pytest.mark.usefixtures("elsewhere")
    def test_by_the_clock_lets_another_one_be(self) -> None:
        make_finished()

        tasks.clean_up()

        assert Job.objects.count() == 1

    def test_by_the_clock_keeps_what_the_settings_say(self, settings: Any) -> None:
        settings.JOB_RETENTION_DAYS = 10.0
        old, young = make_job(finished_at=ago(days=11)), make_job(finished_at=ago(days=9))

        tasks.clean_up()

        assert Job.objects.get() == young
        assert CleanUp.objects.get().removed == NOTHING | {"jobs": 1}
        assert old.pk != young.pk

    def test_ends_when_the_worker_stops(self) -> None:
        for _ in range(2):
            make_finished()
        order = Order(job_days=30, event_days=7)

        cleaned = cleanup.run(order, limit_s=60, stopping=lambda: True)

        assert cleaned == Cleaned(NOTHING | {"jobs": 1}, complete=False)


class TestOverHttp:
    @pytest.fixture
    def staff(self) -> APIClient:
        user = make_user(is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="delete_job"))
        client = APIClient()
        client.force_authenticate(user)
        return client

    @pytest.mark.parametrize("url", CLEANUP)
    def test_cleans_up_now(self, staff: APIClient, url: str) -> None:
        make_finished()

        answer = staff.delete(url)

        body = {"dry_run": False, "removed": NOTHING | {"jobs": 1}, "complete": True}
        assert (answer.status_code, answer.json()) == (200, body)
        assert not Job.objects.exists()

    def test_only_counts_if_asked_to(self, staff: APIClient) -> None:
        make_finished()

        body = staff.delete(f"{CLEANUP[0]}?dry_run=true").json()

        assert (body["dry_run"], body["removed"]["jobs"]) == (True, 1)
        assert Job.objects.exists()

    def test_says_what_is_wrong_with_the_question(self, staff: APIClient) -> None:
        make_finished()

        answer = staff.delete(f"{CLEANUP[0]}?dry_run=perhaps")

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["dry_run"])
        assert Job.objects.exists()

    def test_says_that_another_one_is_at_it(self, staff: APIClient) -> None:
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [cleanup.LOCK])

        answer = staff.delete(CLEANUP[0])
        other.close()

        assert (answer.status_code, answer.json()["code"]) == (409, "cleanup_busy")
        assert answer.headers["Retry-After"] == "30"

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_is_asked_for_by_delete_alone(self, staff: APIClient, method: str) -> None:
        assert getattr(staff, method)(CLEANUP[0]).status_code == 405

    def test_is_not_for_others(self, api: APIClient) -> None:
        make_finished()
        looker = APIClient()
        user = make_user(is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="view_job"))
        looker.force_authenticate(user)

        answers = [client.delete(CLEANUP[0]) for client in (api, looker, APIClient())]

        assert [answer.status_code for answer in answers] == [403, 403, 401]
        assert Job.objects.exists()

    def test_is_not_for_other_sites(self, admin_user: Any) -> None:
        make_finished()
        client = APIClient(enforce_csrf_checks=True)
        client.force_login(admin_user)

        assert client.delete(CLEANUP[0]).status_code == 403
        assert Job.objects.exists()
