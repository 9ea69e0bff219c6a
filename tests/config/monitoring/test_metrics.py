"""What Prometheus reads: who may, what it costs, and that it tells of nobody."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone
from django_q.models import Schedule
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from config.access.addresses import networks
from config.access.scopes import Scope
from config.monitoring import standing
from jobs import metrics, queue
from jobs.metrics import OTHER
from jobs.models import Delivery, Item, Job, State
from jobs.telling import outbox
from jobs.telling.outbox import Answer
from photos.models import Owner
from tests.factories import (
    make_delivery,
    make_item,
    make_job,
    make_key,
    make_person,
    make_user,
    make_webhook,
)

pytestmark = pytest.mark.django_db
URL = "/metrics"
TOKEN = "a token of more than sixteen letters"  # noqa: S105  # of these tests alone
SOMEBODY = "Zaphod"


@pytest.fixture(autouse=True)
def _no_server(settings: Any) -> None:
    settings.TRITON_URL = "127.0.0.1:9"


@pytest.fixture
def watcher(settings: Any) -> APIClient:
    """Prometheus."""
    settings.METRICS_TOKEN = TOKEN
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {TOKEN}")
    return client


def read(client: APIClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = client.get(URL)
    assert answer.status_code == 200, answer.content
    return {
        (sample.name, frozenset(sample.labels.items()) - {("program", "alone")}): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def of(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


class TestWhoMayRead:
    def test_is_whoever_has_the_token(self, watcher: APIClient) -> None:
        answer = watcher.get(URL, headers={"Accept": "application/openmetrics-text, text/plain"})

        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")

    def test_is_nobody_with_another_one(self, settings: Any) -> None:
        settings.METRICS_TOKEN = TOKEN
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {TOKEN}x")

        assert client.get(URL).status_code == 401

    @pytest.mark.parametrize("secret", ["", "Bearer ", "Bearer"])
    def test_is_nobody_where_there_is_no_token(self, settings: Any, secret: str) -> None:
        settings.METRICS_TOKEN = ""
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=secret)

        assert client.get(URL).status_code == 401

    def test_with_the_token_opens_nothing_else(self, watcher: APIClient) -> None:
        assert watcher.get("/api/v1/jobs/").status_code == 401
        assert "checks" not in watcher.get("/readyz").json()

    def test_is_who_comes_from_an_address_of_the_list(self, settings: Any) -> None:
        settings.METRICS_ALLOWED_IPS = networks(["10.0.0.0/8"])

        found = [
            APIClient().get(URL, REMOTE_ADDR=address).status_code
            for address in ("10.1.2.3", "11.1.2.3")
        ]

        assert found == [200, 401]

    def test_is_nobody_who_only_says_so(self, settings: Any) -> None:
        settings.METRICS_ALLOWED_IPS = networks(["10.0.0.0/8"])

        answer = APIClient().get(URL, REMOTE_ADDR="11.1.2.3", HTTP_X_FORWARDED_FOR="10.1.2.3")

        assert answer.status_code == 401

    @pytest.mark.parametrize(("scope", "status"), [(Scope.ADMIN, 200), (Scope.READ, 403)])
    def test_is_staff_with_a_key_for_it(self, scope: Scope, status: int) -> None:
        user = make_user(is_staff=True, is_superuser=True)
        client = APIClient(headers={"X-API-Key": make_key(user=user, scopes={scope})[1]})

        assert client.get(URL).status_code == status


class TestWhatIsTold:
    def test_is_what_waits_and_how_long(self, watcher: APIClient, owner: Owner) -> None:
        make_item(job=make_job(owner=owner), priority=7, rank=7)

        found = read(watcher)

        assert found[of("kindred_queue_waiting", priority="7")] == 1
        assert found[of("kindred_queue_waiting", priority="5")] == 0
        assert found[of("kindred_queue_processing")] == 0
        assert found[of("kindred_jobs_unfinished")] == 1
        assert found[of("kindred_database_up")] == 1
        assert found[of("kindred_check_ok", check="models")] == 0
        assert found[of("kindred_check_ok", check="database")] == 1

    def test_is_how_late_workers_are_once_there_was_one(self, watcher: APIClient) -> None:
        name = of("kindred_schedule_overdue_seconds")

        assert name not in read(watcher)
        Schedule.objects.create(
            func="jobs.tasks.sweep", next_run=timezone.now() - timedelta(hours=1)
        )
        standing.forget()

        assert 3600 <= read(watcher)[name] < 7200

    @pytest.mark.parametrize("count", [1, 3])
    def test_costs_the_same_however_much_there_is(
        self, owner: Owner, count: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(count):
            make_item(job=make_job(owner=owner))
            make_person(owner=owner)

        with django_assert_num_queries(6):
            found = list(standing.metrics())

        assert len(found) == 14

    def test_costs_nothing_a_moment_later(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        first = [each.name for each in standing.metrics()]

        with django_assert_num_queries(0):
            assert [each.name for each in standing.metrics()] == first

    def test_says_that_the_database_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def away() -> Any:
            raise OperationalError

        monkeypatch.setattr("jobs.statistics.depths", away)

        [up] = standing.metrics()

        assert (up.name, [each.value for each in up.samples]) == ("kindred_database_up", [0.0])

    def test_is_no_word_and_no_id_of_anybody(
        self, watcher: APIClient, owner: Owner, api: APIClient
    ) -> None:
        person = make_person(owner=owner, name=SOMEBODY)
        job = make_job(owner=owner, items=1)
        api.get(f"/api/v1/people/{person.pk}/")
        api.get(f"/api/v1/jobs/{job.pk}/")
        api.get(f"/api/v1/{SOMEBODY}/")

        text = watcher.get(URL).content.decode()

        assert SOMEBODY not in text
        assert str(job.pk) not in text
        assert re.search(r'route="job-detail"', text)
        assert not re.search(r'route="[^"]*/', text)


class TestWhatIsCounted:
    def test_is_a_request_by_the_name_of_its_address(
        self, watcher: APIClient, api: APIClient
    ) -> None:
        wanted = of("kindred_http_requests_total", route="job-list", method="GET", status="200")
        before = read(watcher).get(wanted, 0)

        api.get("/api/v1/jobs/")

        assert read(watcher)[wanted] == before + 1

    def test_is_an_end_by_its_outcome(
        self, watcher: APIClient, owner: Owner, django_capture_on_commit_callbacks: Any
    ) -> None:
        item = claimed(owner)
        item.stage_ms = {"fetch": 20.0, "made_up_by_a_worker": 3.0}
        ended = of("kindred_items_ended_total", what="photo", outcome="succeeded")
        stages = [of("kindred_stage_seconds_count", stage=name) for name in ("fetch", OTHER)]
        before = read(watcher)

        with django_capture_on_commit_callbacks(execute=True):
            queue.finish(item)

        after = read(watcher)
        assert after[ended] - before.get(ended, 0) == 1
        assert [after[each] - before.get(each, 0) for each in stages] == [1, 1]

    def test_is_nothing_that_was_not_committed(self, watcher: APIClient, owner: Owner) -> None:
        item = claimed(owner)
        ended = of("kindred_items_ended_total", what="photo", outcome="succeeded")
        before = read(watcher).get(ended, 0)

        queue.finish(item)  # in the transaction of this test

        assert read(watcher).get(ended, 0) == before

    def test_has_no_more_codes_than_there_are(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(metrics, "_CODES", {"a"})
        monkeypatch.setattr(metrics, "_MOST_CODES", 2)

        found = [metrics._bounded(code) for code in ("a", "b", "c", "b")]  # noqa: SLF001  # the bound

        assert found == ["a", "b", OTHER, "b"]

    def test_is_a_job_when_nothing_is_left_of_it(
        self, watcher: APIClient, owner: Owner, django_capture_on_commit_callbacks: Any
    ) -> None:
        item = claimed(owner)
        wanted = of("kindred_jobs_finished_total", kind="photos", outcome="succeeded")
        before = read(watcher).get(wanted, 0)

        with django_capture_on_commit_callbacks(execute=True):
            queue.finish(item)
            queue.settle([item.job_id])
            queue.settle([item.job_id])

        assert read(watcher)[wanted] == before + 1

    def test_is_a_delivery_by_what_came_of_it(self, watcher: APIClient, owner: Owner) -> None:
        make_delivery(webhook=make_webhook(owner=owner))
        [delivery] = Delivery.objects.claim(limit=1, lease_s=60)
        wanted = of("kindred_deliveries_total", channel="webhook", outcome="failed")
        before = read(watcher).get(wanted, 0)

        outbox.note(delivery, Answer(delivered=False))

        assert read(watcher)[wanted] == before + 1


class TestTheCommand:
    def test_shows_them(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("metrics")

        assert "\nkindred_build_info{" in capsys.readouterr().out


def claimed(owner: Owner) -> Item:
    make_item(job=make_job(owner=owner, kind=Job.Kind.PHOTOS), state=State.QUEUED)
    [item] = Item.objects.claim(worker="one", limit=1, lease_s=60)
    return item
