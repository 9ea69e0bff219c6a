"""Items that end, wait or begin anew as their owner says."""

import pytest
from django.db import transaction

from jobs import queue, steering
from jobs.errors import Cancelled, JobFinished, JobUnfinished
from jobs.models import Item, Job, State
from photos.errors import FetchTimeout, UnsupportedFormat
from tests.factories import (
    make_job,
    make_photo,
)
from tests.jobs.ending import (
    Kind,
    claim,
    claimed,
    kinds,
    state_of,
)


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
