"""How items end: once, told with the end, whoever else wants to end them at the same time."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from jobs import queue, steering
from jobs.errors import Cancelled, JobFinished, JobUnfinished, LeaseLost
from jobs.models import FINAL, Event, Item, Job, State
from photos.errors import FetchTimeout, UnsupportedFormat
from tests.factories import (
    make_cluster,
    make_face,
    make_item,
    make_job,
    make_person,
    make_photo,
)

Kind = Event.Kind


def claim(worker: str = "anna") -> Item:
    [item] = Item.objects.claim(worker=worker, limit=1, lease_s=60)
    return item


def claimed() -> Item:
    make_item(external_id="IMG_1")
    return claim()


def expire(item: Item) -> None:
    Item.objects.filter(pk=item.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def kinds(job: Job) -> list[str]:
    return list(Event.objects.filter(job_id=job.pk).order_by("pk").values_list("kind", flat=True))


def state_of(item: Item) -> str:
    return Item.objects.get(pk=item.pk).state


@pytest.mark.django_db
class TestFinish:
    def test_is_told_with_the_photo(self) -> None:
        item, photo = claimed(), make_photo()

        queue.finish(item, photo)

        event = Event.objects.get()
        assert event.kind == Kind.PHOTO_COMPLETED
        assert event.owner_id == item.owner_id
        assert event.data == {
            "item_id": item.pk,
            "external_id": "IMG_1",
            "photo_id": photo.pk,
            "people": [],
            "status": "completed",
            "attempts": 1,
            "error": None,
        }

    def test_is_told_with_who_is_in_the_photo(self) -> None:
        item, photo = claimed(), make_photo()
        anna = make_person(owner=photo.owner, name="Anna", contact_id="user-44")
        shy = make_person(owner=photo.owner, unrecognised=True)
        known, hidden = (make_cluster(owner=photo.owner, person=each) for each in (anna, shy))
        face = make_face(photo=photo, cluster=known)
        make_face(photo=photo, cluster=hidden)
        make_face(photo=photo, cluster=make_cluster(owner=photo.owner))
        make_face(cluster=known)

        queue.finish(item, photo)

        assert Event.objects.get().data["people"] == [
            {
                "person_id": anna.pk,
                "contact_id": "user-44",
                "name": "Anna",
                "face_id": face.pk,
                "similarity": 0.8,
            }
        ]

    def test_of_a_lost_lease_is_refused_and_not_told(self) -> None:
        item = claimed()
        expire(item)
        Item.objects.sweep()
        second = Item.objects.claim(worker="ben", limit=1, lease_s=60, suspects=True)

        with pytest.raises(LeaseLost), transaction.atomic():
            queue.finish(item, make_photo())

        assert [each.pk for each in second] == [item.pk]
        assert Item.objects.get().worker == "ben"
        assert not Event.objects.exists()

    def test_twice_is_refused(self) -> None:
        item = claimed()
        queue.finish(item, make_photo())

        with pytest.raises(LeaseLost), transaction.atomic():
            queue.finish(item, make_photo())

        assert Event.objects.count() == 1

    def test_that_is_rolled_back_is_not_told(self) -> None:
        item = claimed()

        with transaction.atomic():
            queue.finish(item, make_photo())
            transaction.set_rollback(True)

        assert state_of(item) == State.PROCESSING
        assert not Event.objects.exists()


@pytest.mark.django_db
class TestGiveUp:
    def test_tells_why_and_that_it_is_tried_again(self) -> None:
        item = claimed()

        assert not queue.give_up(item, FetchTimeout("Too slow."))

        event = Event.objects.get()
        assert event.kind == Kind.PHOTO_RETRYING
        assert event.data["error"] == {"code": "fetch_timeout", "detail": "Too slow."}

    def test_tells_that_it_has_failed(self) -> None:
        item = claimed()

        assert queue.give_up(item, UnsupportedFormat("No photo."))

        assert Event.objects.get().kind == Kind.PHOTO_FAILED
        assert Item.objects.get().finished_at is not None

    def test_uses_up_as_many_attempts_as_were_asked_for(self) -> None:
        make_item(max_attempts=1)

        assert queue.give_up(claim(), FetchTimeout("Too slow."))


@pytest.mark.django_db
class TestHandBack:
    def test_is_no_attempt(self) -> None:
        item = claimed()

        queue.hand_back(item)

        back = Item.objects.get()
        assert (back.state, back.attempts, back.worker) == (State.QUEUED, 0, "")

    def test_leaves_nothing_that_a_late_end_could_hold_for(self) -> None:
        late = claimed()
        queue.hand_back(Item.objects.get())
        now = claim(late.worker)

        assert (now.pk, now.attempts) == (late.pk, late.attempts)
        with pytest.raises(LeaseLost):
            queue.finish(late)
        assert state_of(now) == State.PROCESSING


@pytest.mark.django_db
class TestSettle:
    def test_tells_the_end_of_a_job_once(self) -> None:
        item = claimed()
        queue.finish(item, make_photo())

        queue.settle([item.job_id])
        queue.settle([item.job_id])

        assert kinds(item.job) == [Kind.PHOTO_COMPLETED, Kind.JOB_COMPLETED]
        assert Job.objects.get().finished_at is not None

    def test_waits_for_the_last_photo(self) -> None:
        job = make_job(items=2)
        queue.finish(claim(), make_photo())

        queue.settle([job.pk])

        assert Job.objects.get().finished_at is None

    def test_says_how_many_photos_ended_how(self) -> None:
        job = make_job(items=2)
        queue.finish(claim(), make_photo())
        queue.give_up(claim(), UnsupportedFormat("No photo."))

        queue.settle([job.pk])

        event = Event.objects.get(kind=Kind.JOB_COMPLETED)
        assert event.data == {
            "kind": "photos",
            "status": "completed",
            "progress": {"total": 2, "completed": 1, "failed": 1, "cancelled": 0},
        }

    def test_of_all_makes_up_what_a_killed_worker_left_out(self) -> None:
        item = claimed()
        queue.finish(item, make_photo())
        make_item()

        queue.settle_all()

        assert [job.pk for job in Job.objects.exclude(finished_at=None)] == [item.job_id]


@pytest.mark.django_db
class TestSweep:
    def test_tells_of_photos_that_have_failed_and_of_their_job(self) -> None:
        make_item(max_attempts=1)
        item = claim()
        expire(item)

        queue.sweep()

        assert kinds(item.job) == [Kind.PHOTO_FAILED, Kind.JOB_FAILED]

    def test_ends_what_is_to_be_cancelled(self) -> None:
        item = claimed()
        steering.cancel(item.job)
        expire(item)

        queue.sweep()

        assert state_of(item) == State.CANCELLED
        assert kinds(item.job) == [Kind.PHOTO_CANCELLED, Kind.JOB_CANCELLED]


@pytest.mark.django_db
class TestCancel:
    def test_ends_what_waits_at_once(self) -> None:
        job = make_job(items=2)

        steering.cancel(job)

        assert {item.state for item in job.items.all()} == {State.CANCELLED}
        assert kinds(job) == [Kind.PHOTO_CANCELLED, Kind.PHOTO_CANCELLED, Kind.JOB_CANCELLED]

    def test_ends_what_is_paused(self) -> None:
        job = make_job(items=1)
        steering.pause(job)

        steering.cancel(job)

        assert job.items.get().state == State.CANCELLED

    def test_keeps_results_from_being_stored(self) -> None:
        item = claimed()
        steering.cancel(item.job)

        with pytest.raises(Cancelled), transaction.atomic():
            queue.finish(item, make_photo())
        queue.drop(item)

        assert state_of(item) == State.CANCELLED

    def test_lets_a_failure_end_as_cancelled_too(self) -> None:
        item = claimed()
        steering.cancel(item.job)

        with pytest.raises(Cancelled):
            queue.give_up(item, FetchTimeout("Too slow."))

    def test_is_told_to_the_worker_with_its_lease(self) -> None:
        item = claimed()
        steering.cancel(item.job)

        held = Item.objects.renew(worker="anna", items=[item.pk], lease_s=60)

        assert held == {item.pk: True}

    def test_leaves_what_is_done(self) -> None:
        job = make_job(items=2)
        done = claim()
        queue.finish(done, make_photo())

        steering.cancel(job)

        assert state_of(done) == State.SUCCEEDED
        assert Job.objects.with_progress().get().state == State.CANCELLED

    def test_of_a_finished_job_is_refused(self) -> None:
        item = claimed()
        queue.finish(item, make_photo())

        with pytest.raises(JobFinished):
            steering.cancel(item.job)


@pytest.mark.django_db
class TestPauseAndResume:
    def test_a_paused_job_is_not_claimed(self) -> None:
        job = make_job(items=2)

        assert steering.pause(job) == 2

        assert Item.objects.claim(worker="anna", limit=9, lease_s=60) == []
        assert Job.objects.with_progress().get().state == State.PAUSED

        assert steering.resume(job) == 2
        assert len(Item.objects.claim(worker="anna", limit=9, lease_s=60)) == 2

    def test_of_a_finished_job_is_refused(self) -> None:
        item = claimed()
        queue.finish(item, make_photo())

        for steer in (steering.pause, steering.resume):
            with pytest.raises(JobFinished):
                steer(item.job)


@pytest.mark.django_db
class TestRetry:
    def test_makes_a_finished_job_unfinished_until_it_ends_again(self) -> None:
        item = claimed()
        queue.give_up(item, UnsupportedFormat("No photo."))
        queue.settle([item.job_id])

        assert steering.retry(item.job.items.all()) == 1

        assert Job.objects.get().finished_at is None
        queue.finish(claim(), make_photo())
        queue.settle([item.job_id])
        assert kinds(item.job) == [
            Kind.PHOTO_FAILED, Kind.JOB_FAILED, Kind.PHOTO_COMPLETED, Kind.JOB_COMPLETED,
        ]  # fmt: skip


@pytest.mark.django_db
class TestDelete:
    def test_forgets_the_job_and_keeps_the_photo(self) -> None:
        item, photo = claimed(), make_photo()
        queue.finish(item, photo)

        steering.delete(item.job)

        assert not Job.objects.exists()
        photo.refresh_from_db()

    def test_of_an_unfinished_job_is_refused(self) -> None:
        job = make_job(items=1)

        with pytest.raises(JobUnfinished):
            steering.delete(job)

        assert job.items.exists()


def at_once(*calls: Callable[[], object]) -> None:
    """Run `calls` at the same time, each on its own connection."""
    ready = threading.Barrier(len(calls), timeout=30)

    def run(call: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            ready.wait()
            call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        list(pool.map(run, calls))


@pytest.mark.django_db(transaction=True)
class TestRaces:
    @pytest.mark.parametrize("round_", range(10))
    def test_cancelling_and_finishing_leave_one_end(self, round_: int) -> None:
        item, photo = claimed(), make_photo()

        def finish() -> None:
            try:
                with transaction.atomic():
                    queue.finish(item, photo)
            except Cancelled:
                queue.drop(item)
            queue.settle([item.job_id])

        def cancel() -> None:
            with suppress(JobFinished):
                steering.cancel(item.job)

        at_once(finish, cancel)

        ended = Item.objects.get()
        assert ended.state in FINAL
        assert (ended.photo_id is None) == (ended.state == State.CANCELLED)
        told = kinds(item.job)
        assert told in (
            [Kind.PHOTO_COMPLETED, Kind.JOB_COMPLETED],
            [Kind.PHOTO_CANCELLED, Kind.JOB_CANCELLED],
        )

    @pytest.mark.parametrize("round_", range(5))
    def test_a_sweep_and_a_heartbeat_leave_one_owner(self, round_: int) -> None:
        item = claimed()
        expire(item)
        held: dict[int, bool] = {}

        def beat() -> None:
            held.update(Item.objects.renew(worker="anna", items=[item.pk], lease_s=60))

        at_once(queue.sweep, beat)

        after = Item.objects.get()
        if held:
            assert (after.state, after.worker, after.deaths) == (State.PROCESSING, "anna", 0)
        else:
            assert (after.state, after.worker, after.deaths) == (State.QUEUED, "", 1)

    @pytest.mark.parametrize("round_", range(5))
    def test_two_sweeps_count_a_death_once(self, round_: int) -> None:
        expire(claimed())

        at_once(queue.sweep, queue.sweep)

        assert Item.objects.get().deaths == 1

    @pytest.mark.parametrize("round_", range(5))
    def test_two_last_photos_tell_the_end_of_their_job_once(self, round_: int) -> None:
        job = make_job(items=2)
        items = [claim("anna"), claim("ben")]

        def end(item: Item) -> None:
            with transaction.atomic():
                queue.finish(item, None)
            queue.settle([item.job_id])

        at_once(lambda: end(items[0]), lambda: end(items[1]))

        assert kinds(job).count(Kind.JOB_COMPLETED) == 1
