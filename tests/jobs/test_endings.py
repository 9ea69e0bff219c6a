"""How items end: once, told with the end, whoever else wants to end them at the same time."""

import pytest
from django.db import transaction

from jobs import queue, steering
from jobs.errors import LeaseLost
from jobs.models import Event, Item, Job, State
from photos.errors import FetchTimeout, UnsupportedFormat
from tests.factories import (
    make_cluster,
    make_face,
    make_item,
    make_job,
    make_person,
    make_photo,
)
from tests.jobs.ending import (
    Kind,
    claim,
    claimed,
    expire,
    kinds,
    state_of,
)


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
        second = claim("ben", suspects=True)

        with pytest.raises(LeaseLost), transaction.atomic():
            queue.finish(item, make_photo())

        assert second.pk == item.pk
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
        make_item(max_attempts=1, deaths=1)
        item = claim(suspects=True)
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
