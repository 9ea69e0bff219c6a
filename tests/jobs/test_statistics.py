"""How the queue stands, counted on the real database."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from jobs import queue, statistics, steering
from jobs.models import Event, Item, Job, State
from jobs.statistics import Depth, Minute, StageTime
from tests.factories import (
    make_face,
    make_item,
    make_job,
    make_owner,
    make_photo,
    make_remote_worker,
    make_user,
)

pytestmark = pytest.mark.django_db
FAILED: dict[str, Any] = {"state": State.FAILED, "error_code": "too_large"}
STATS = ["/admin/stats", "/admin/stats/", "/api/v1/admin/stats", "/api/v1/admin/stats/"]


def ago(**span: float) -> Any:
    return timezone.now() - timedelta(**span)


def make_waiting(priority: int, *, minutes: float = 0, **values: Any) -> Item:
    """An item that was asked for so many minutes ago."""
    item = make_item(priority=priority, **values)
    Item.objects.filter(pk=item.pk).update(created_at=ago(minutes=minutes))
    return item


def make_ended(*, minutes: float = 0, **values: Any) -> Item:
    """An item that ended so many minutes ago, with the event that tells it."""
    item = make_item(**{"state": State.SUCCEEDED, "finished_at": ago(minutes=minutes)} | values)
    failed = item.state == State.FAILED
    Event.objects.create(
        owner=item.owner,
        kind=Event.Kind.PHOTO_FAILED if failed else Event.Kind.PHOTO_COMPLETED,
        job_id=item.job_id,
        data={"item_id": item.pk},
        created_at=item.finished_at or timezone.now(),
    )
    return item


def waiting(depths: list[Depth]) -> dict[int, int]:
    return {depth.priority: depth.waiting for depth in depths if depth.waiting}


@pytest.fixture
def staff(db: None) -> APIClient:
    """The API as staff see it who may look at jobs."""
    user = make_user(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_job"))
    client = APIClient()
    client.force_authenticate(user)
    return client


class TestDepths:
    def test_count_what_waits_by_priority_with_the_age_of_the_oldest(self) -> None:
        make_waiting(5, minutes=1)
        make_waiting(5, minutes=30)
        make_waiting(9, minutes=2)
        make_waiting(9, deaths=1, minutes=3)
        for state in (State.PAUSED, State.SUCCEEDED):
            make_item(state=state)

        depths = statistics.depths()

        assert [depth.priority for depth in depths] == list(range(10, -1, -1))
        assert waiting(depths) == {9: 2, 5: 2}
        assert depths[1].oldest_s == pytest.approx(180, abs=30)
        assert depths[5].oldest_s == pytest.approx(1800, abs=30)
        assert depths[0].oldest_s is None

    def test_put_what_has_risen_where_it_is_now(self) -> None:
        make_item(priority=2, rank=4)

        assert waiting(statistics.depths()) == {4: 1}

    def test_count_up_to_a_bound_and_say_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(statistics, "MANY", 2)
        make_job(items=3)

        depth = statistics.depths()[5]

        assert (depth.waiting, depth.is_bounded) == (2, True)


class TestThroughput:
    def test_counts_what_ended_in_each_minute_of_the_last_hour(self) -> None:
        for minutes in (0, 0, 10, 61):
            make_ended(minutes=minutes)
        make_ended(minutes=10, **FAILED)

        counted = statistics.throughput()

        assert [minute.ago for minute in counted] == list(range(59, -1, -1))
        assert {minute for minute in counted if minute.completed or minute.failed} == {
            Minute(0, completed=2),
            Minute(10, completed=1, failed=1),
        }

    def test_counts_each_minute_up_to_a_bound_and_says_so(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(statistics, "MANY_A_MINUTE", 2)
        for minutes in (1, 1, 1, 5):
            make_ended(minutes=minutes)

        counted = {minute.ago: minute for minute in statistics.throughput()}

        assert (counted[1].completed, counted[1].is_bounded) == (2, True)
        assert (counted[5].completed, counted[5].is_bounded) == (1, False)


class TestStageTimes:
    def test_are_medians_and_95ths_in_the_order_of_work(self) -> None:
        for ms in range(1, 102):
            make_ended(stage_ms={"store": 7.0, "faces": ms, "decode": 2 * ms, "fetch": 1.0})
        make_ended(minutes=70, stage_ms={"faces": 100_000.0})

        times = statistics.stage_times()

        assert times == [
            StageTime("fetch", 101, 1.0, 1.0),
            StageTime("decode", 101, 102.0, 192.0),
            StageTime("faces", 101, 51.0, 96.0),
            StageTime("store", 101, 7.0, 7.0),
        ]

    def test_are_none_without_photos(self) -> None:
        assert statistics.stage_times() == []


class TestWorkers:
    def test_are_those_who_hold_items_with_their_leases(self) -> None:
        make_job(items=3)
        busy = Item.objects.claim(worker="one:17:abc", limit=2, lease_s=30)
        Item.objects.filter(pk=busy[1].pk).update(started_at=ago(minutes=5))
        Item.objects.claim(worker="two:18:def", limit=1, lease_s=-10)

        one, two = statistics.workers()

        assert (one.shown, len(one.items), one.items[0]) == ("one:17", 2, busy[1])
        assert one.longest_s == pytest.approx(300, abs=30)
        assert one.lease_s == pytest.approx(30, abs=15)
        assert (two.lease_s or 0) < 0

    def test_include_remote_ones_that_were_heard_of_lately(self) -> None:
        remote, silent = make_remote_worker(name="nas"), make_remote_worker(name="attic")
        type(silent).objects.filter(pk=silent.pk).update(seen_at=ago(days=2))
        make_item()
        Item.objects.claim(worker=remote.worker, limit=1, lease_s=30)

        (found,) = statistics.workers()

        assert (found.shown, found.remote, len(found.items)) == ("nas", remote, 1)


class TestFailures:
    def test_are_counted_by_code_with_the_last_one_as_an_example(self) -> None:
        make_item(finished_at=ago(hours=2), **FAILED)
        last = make_item(finished_at=ago(hours=1), **FAILED)
        make_item(state=State.FAILED, error_code="not_an_image")
        make_item(state=State.FAILED, error_code="too_old", finished_at=ago(days=8))

        found = statistics.failures()

        assert [(each.code, each.count) for each in found] == [
            ("too_large", 2),
            ("not_an_image", 1),
        ]
        assert found[0].example == last

    def test_that_are_tried_again_are_the_recent_ones_of_a_code(self) -> None:
        recent = make_item(**FAILED)
        make_item(finished_at=ago(days=8), **FAILED)
        make_item(state=State.FAILED, error_code="not_an_image")

        assert statistics.recent_failures("too_large") == [recent.pk]


class TestStats:
    @pytest.mark.parametrize("url", STATS)
    def test_tell_staff_how_everything_stands(self, staff: APIClient, url: str) -> None:
        make_face(photo=make_photo(size_bytes=3000))
        job = make_job()
        make_item(job=job, state=State.FAILED, error_code="too_large")
        make_waiting(7, minutes=2, job=job)
        make_ended(stage_ms={"decode": 20.0}, job=job)
        make_job()
        Job.objects.exclude(pk=job.pk).update(finished_at=timezone.now())

        body = staff.get(url).json()

        oldest_s = body["queue"].pop("oldest_s")
        assert oldest_s == pytest.approx(120, abs=30)
        assert body["queue"].pop("by_priority") == {"7": {"waiting": 1, "oldest_s": oldest_s}}
        assert body["queue"] == {"waiting": 1, "is_bounded": False}
        assert body["disks"].keys() == {"default", "intake", "results"}
        del body["queue"], body["disks"]
        items = {"pending": 1, "completed": 1, "failed": 1}
        assert body == {
            "paused": False,
            "jobs": {"pending": 0, "processing": 1, "paused": 0, "finished": 1},
            "items": {"paused": 0, "processing": 0, "cancelled": 0} | items,
            "last_hour": {
                "completed": 1,
                "failed": 0,
                "stages_ms": {"decode": {"p50": 20.0, "p95": 20.0}},
            },
            "failures": {"too_large": 1},
            "workers": [],
            "deliveries": {"pending": 0, "delivered": 0, "failed": 0},
            "photos": 1,
            "faces": 1,
            "original_bytes": 3000,
            "estimated": [],
        }

    def test_say_who_works_and_that_the_queue_is_paused(self, staff: APIClient) -> None:
        make_item()
        Item.objects.claim(worker="one:17:abc", limit=1, lease_s=30)
        steering.pause_queue(by="anna")

        body = staff.get(STATS[0]).json()

        assert body["paused"]
        assert [(each["name"], each["items"]) for each in body["workers"]] == [("one:17", 1)]

    @pytest.mark.parametrize("rows", [1, 3])
    def test_cost_the_same_however_much_there_is(
        self, staff: APIClient, django_assert_num_queries: Any, rows: int
    ) -> None:
        for number in range(rows):
            make_ended(state=State.FAILED, error_code=f"code_{number}")
            make_remote_worker(name=f"worker-{number}")
            make_waiting(number)

        with django_assert_num_queries(22):
            assert staff.get(STATS[0]).status_code == 200

    def test_are_not_for_others(self, api: APIClient) -> None:
        plain_staff = APIClient()
        plain_staff.force_authenticate(make_user(is_staff=True))

        answers = [client.get(STATS[0]) for client in (api, plain_staff, APIClient())]

        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
            (403, "permission_denied"),
            (403, "permission_denied"),
            (401, "not_authenticated"),
        ]


@pytest.mark.django_db(transaction=True)
class TestManyRows:
    def test_are_estimated_and_said_to_be(
        self, staff: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("jobs.totals.FEW", 3)
        job = make_job(owner=make_owner(), items=6)
        for item in Item.objects.claim(worker="w", limit=2, lease_s=30):
            queue.finish(item)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE jobs_item, jobs_job, photos_photo, faces_face")

        body = staff.get(STATS[0]).json()

        assert body["items"] == {
            "pending": 4,
            "paused": 0,
            "processing": 0,
            "completed": 2,
            "failed": 0,
            "cancelled": 0,
        }
        assert body["estimated"] == ["items"]
        assert job.items.count() == 6
