"""Cancelling, pausing, trying again and forgetting jobs, over HTTP."""

import json
from typing import Any

import pytest
from django_q.models import OrmQ
from rest_framework.test import APIClient

from jobs import events, queue, steering
from jobs.models import FINAL, Event, Item, Job, State
from photos.models import Owner
from tests.factories import make_item, make_job, make_owner, make_photo

pytestmark = pytest.mark.django_db
MISSING = "00000000-0000-4000-8000-000000000000"


def claim() -> Item:
    [item] = Item.objects.claim(worker="anna", limit=1, lease_s=60)
    return item


def make_failed(job: Job, **values: Any) -> Item:
    return make_item(job=job, state=State.FAILED, error_code="empty_file", attempts=3, **values)


def finished(owner: Owner) -> Job:
    job = make_job(owner=owner)
    make_item(job=job, state=State.SUCCEEDED)
    return job


class TestEveryWayToSteer:
    @pytest.mark.parametrize("way", ["cancel", "pause", "resume", "retry"])
    def test_looks_at_another_owner_s_job_as_at_a_missing_one(
        self, api: APIClient, way: str
    ) -> None:
        job = make_job(owner=make_owner(), items=1)
        make_failed(job)
        before = list(Item.objects.order_by("pk").values())

        theirs = api.post(f"/api/v1/jobs/{job.pk}/{way}")
        missing = api.post(f"/api/v1/jobs/{MISSING}/{way}")

        assert theirs.status_code == missing.status_code == 404
        assert theirs.json() == missing.json()
        assert list(Item.objects.order_by("pk").values()) == before

    @pytest.mark.parametrize("way", ["cancel", "pause", "resume"])
    def test_has_no_place_in_a_finished_job(self, api: APIClient, owner: Owner, way: str) -> None:
        job = finished(owner)

        answer = api.post(f"/api/v1/jobs/{job.pk}/{way}")

        assert (answer.status_code, answer.json()["code"]) == (409, "job_finished")

    @pytest.mark.parametrize("way", ["cancel", "pause", "resume", "retry"])
    def test_changes_nothing_by_being_looked_at(
        self, api: APIClient, owner: Owner, way: str
    ) -> None:
        job = make_job(owner=owner, items=1)

        assert api.get(f"/api/v1/jobs/{job.pk}/{way}").status_code == 405

    @pytest.mark.parametrize("way", ["cancel", "pause", "resume", "retry"])
    def test_wants_a_caller_who_is_known(self, way: str) -> None:
        job = make_job(items=1)

        assert APIClient().post(f"/api/v1/jobs/{job.pk}/{way}").status_code == 401


class TestCancel:
    def test_ends_a_job_that_waits(self, api: APIClient, owner: Owner) -> None:
        job = make_job(owner=owner, items=2)

        answer = api.post(f"/api/v1/jobs/{job.pk}/cancel")

        assert (answer.status_code, answer.json()["status"]) == (202, "cancelled")
        assert answer.json()["progress"]["cancelled"] == 2
        assert answer.json()["finished_at"] is not None

    def test_lets_a_worker_come_to_its_next_step(self, api: APIClient, owner: Owner) -> None:
        job = make_job(owner=owner, items=1)
        item = claim()

        answer = api.post(f"/api/v1/jobs/{job.pk}/cancel")
        queue.drop(item)

        assert (answer.status_code, answer.json()["status"]) == (202, "processing")
        assert api.get(f"/api/v1/jobs/{job.pk}/status").json()["status"] == "cancelled"


class TestPause:
    def test_lets_nothing_more_be_begun_until_it_is_resumed(
        self, api: APIClient, owner: Owner
    ) -> None:
        job = make_job(owner=owner, items=2)

        paused = api.post(f"/api/v1/jobs/{job.pk}/pause")
        claimed = Item.objects.claim(worker="anna", limit=9, lease_s=60)
        resumed = api.post(f"/api/v1/jobs/{job.pk}/resume")

        assert (paused.status_code, paused.json()["status"]) == (202, "paused")
        assert paused.json()["progress"]["paused"] == 2
        assert claimed == []
        assert (resumed.status_code, resumed.json()["status"]) == (202, "pending")
        assert claim().job_id == job.pk

    def test_twice_changes_nothing(self, api: APIClient, owner: Owner) -> None:
        job = make_job(owner=owner, items=1)

        first, second = (api.post(f"/api/v1/jobs/{job.pk}/pause") for _ in range(2))

        assert first.json() == second.json()


class TestRetry:
    def test_tries_all_that_has_failed_once_more(self, api: APIClient, owner: Owner) -> None:
        job = make_job(owner=owner)
        done = make_item(job=job, state=State.SUCCEEDED)
        failed = [make_failed(job), make_failed(job)]

        answer = api.post(f"/api/v1/jobs/{job.pk}/retry")

        assert answer.status_code == 202
        assert (answer.json()["status"], answer.json()["finished_at"]) == ("processing", None)
        states = dict(Item.objects.values_list("pk", "state"))
        assert states == {done.pk: State.SUCCEEDED} | {each.pk: State.QUEUED for each in failed}
        assert set(job.items.filter(state=State.QUEUED).values_list("attempts", flat=True)) == {0}
        assert OrmQ.objects.exists()

    def test_can_be_of_some_alone(self, api: APIClient, owner: Owner) -> None:
        job = make_job(owner=owner)
        one, other = make_failed(job), make_failed(job)
        done = make_item(job=job, state=State.SUCCEEDED)

        answer = api.post(f"/api/v1/jobs/{job.pk}/retry", {"items": [one.pk, one.pk, done.pk]})

        assert answer.status_code == 202
        assert answer.json()["progress"]["pending"] == 1
        states = [Item.objects.get(pk=each.pk).state for each in (one, other, done)]
        assert states == [State.QUEUED, State.FAILED, State.SUCCEEDED]

    def test_of_nothing_that_failed_is_refused(self, api: APIClient, owner: Owner) -> None:
        job = finished(owner)

        answer = api.post(f"/api/v1/jobs/{job.pk}/retry")

        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_failed")

    def test_knows_no_photos_but_those_of_the_job(self, api: APIClient, owner: Owner) -> None:
        job = make_job(owner=owner)
        mine = make_failed(job)
        elsewhere = make_failed(make_job(owner=owner))
        foreign = make_failed(make_job(owner=make_owner()))
        url = f"/api/v1/jobs/{job.pk}/retry"

        answers = [
            api.post(url, {"items": [mine.pk, other]})
            for other in (elsewhere.pk, foreign.pk, 10**15)
        ]

        assert {answer.status_code for answer in answers} == {404}
        assert len({str(answer.json()) for answer in answers}) == 1
        assert not Item.objects.exclude(state=State.FAILED).exists()

    @pytest.mark.parametrize("items", [[], ["a"], [0], [2**63], "all"])
    def test_wants_numbers(self, api: APIClient, owner: Owner, items: Any) -> None:
        job = make_job(owner=owner)
        make_failed(job)

        answer = api.post(f"/api/v1/jobs/{job.pk}/retry", {"items": items})

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["items"])


class TestDelete:
    def test_cancels_a_job_that_waits_and_then_forgets_it(
        self, api: APIClient, owner: Owner
    ) -> None:
        job = make_job(owner=owner, items=2)

        first = api.delete(f"/api/v1/jobs/{job.pk}")
        second = api.delete(f"/api/v1/jobs/{job.pk}")
        third = api.delete(f"/api/v1/jobs/{job.pk}")

        assert (first.status_code, first.json()["status"]) == (202, "cancelled")
        assert (second.status_code, third.status_code) == (204, 404)
        assert Job.objects.count() == 0

    def test_of_what_is_being_worked_on_waits_for_the_worker(
        self, api: APIClient, owner: Owner
    ) -> None:
        job = make_job(owner=owner, items=1)
        item = claim()

        first, again = (api.delete(f"/api/v1/jobs/{job.pk}") for _ in range(2))
        queue.drop(item)
        last = api.delete(f"/api/v1/jobs/{job.pk}")

        assert [each.status_code for each in (first, again, last)] == [202, 202, 204]
        assert first.json()["status"] == "processing"

    def test_keeps_the_photos(self, api: APIClient, owner: Owner) -> None:
        photo = make_photo(owner=owner)
        job = make_job(owner=owner)
        make_item(job=job, photo=photo, state=State.SUCCEEDED)

        assert api.delete(f"/api/v1/jobs/{job.pk}").status_code == 204
        assert list(owner.photos.all()) == [photo]

    def test_of_another_owner_s_job_is_as_of_a_missing_one(self, api: APIClient) -> None:
        foreign = finished(make_owner())

        theirs = api.delete(f"/api/v1/jobs/{foreign.pk}")
        missing = api.delete(f"/api/v1/jobs/{MISSING}")

        assert theirs.status_code == missing.status_code == 404
        assert theirs.json() == missing.json()
        assert Job.objects.count() == 1


class TestCancelledJobs:
    def test_tell_it_once(self, api: APIClient, owner: Owner) -> None:
        job = make_job(owner=owner, items=1)

        api.post(f"/api/v1/jobs/{job.pk}/cancel")
        queue.settle([job.pk])

        photo, whole = Event.objects.filter(job_id=job.pk).order_by("pk")
        item = Item.objects.get()
        assert (photo.kind, whole.kind) == ("photo.cancelled", "job.cancelled")
        assert photo.data == json.loads(events.of_photo(item, State.CANCELLED)["data"])

    def test_can_not_be_tried_again(self, api: APIClient, owner: Owner) -> None:
        job = make_job(owner=owner, items=1)
        steering.cancel(job)

        answer = api.post(f"/api/v1/jobs/{job.pk}/retry")

        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_failed")
        assert Item.objects.get().state in FINAL
