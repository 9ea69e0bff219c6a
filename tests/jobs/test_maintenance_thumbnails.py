"""Thumbnails made anew, by a worker."""

from itertools import count
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from inference.arrays import RGB
from jobs import maintenance, queue, steering
from jobs.errors import Cancelled
from jobs.maintenance import Made
from jobs.models import Item, Job, State
from photos.images import decode
from photos.models import Owner, Photo
from tests.factories import (
    make_face,
    make_photo,
)
from tests.jobs.maintained import (
    THUMBNAILS,
    claim,
    shown,
    work,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lost(owner: Owner) -> list[Photo]:
    """Photos whose thumbnails and pictures of faces are not there any more."""
    photos = [make_photo(owner=owner, width=64, height=48) for _ in range(3)]
    for photo in photos:
        face = make_face(photo=photo, x=5, y=5, width=20, height=20)
        default_storage.delete(str(photo.thumbnail))
        default_storage.delete(str(face.crop))
    return photos


def pixels(file: Any) -> RGB:
    with default_storage.open(str(file)) as opened:
        return decode(bytes(opened.read()), max_pixels=10**6).pixels


def made_by(item: Item) -> dict[str, Any]:
    assert item.outcome is not None
    return dict(item.outcome)


class TestThumbnails:
    def test_that_have_got_lost_are_made_anew(
        self, api: APIClient, owner: Owner, lost: list[Photo]
    ) -> None:
        there = make_photo(owner=owner)

        answer = api.post(THUMBNAILS)
        work()

        job = shown(api, answer)
        assert (job["status"], job["kind"]) == ("completed", "backfill_thumbnails")
        assert job["outcome"] == {
            "photos": 4, "thumbnails": 3, "crops": 3, "failed": 0, "failures": [],
            "last_photo": there.pk,
        }  # fmt: skip
        assert job["progress"]["steps"]["total"] == 4
        for photo in lost:
            assert pixels(photo.thumbnail).shape == (48, 64, 3)
            assert max(pixels(photo.faces.get().crop).shape) == 192

    def test_that_are_there_are_left_alone(self, api: APIClient, lost: list[Photo]) -> None:
        for _ in range(2):
            api.post(THUMBNAILS)
        first, second = work(), work()

        assert (made_by(first)["thumbnails"], made_by(second)["thumbnails"]) == (3, 0)
        assert (made_by(first)["crops"], made_by(second)["crops"]) == (3, 0)

    def test_of_photos_that_can_not_be_read_are_told(
        self, api: APIClient, lost: list[Photo]
    ) -> None:
        default_storage.delete(str(lost[0].original))
        default_storage.save(str(lost[1].original), ContentFile(b"no photo"))

        answer = api.post(THUMBNAILS)
        work()

        outcome = shown(api, answer)["outcome"]
        assert (outcome["thumbnails"], outcome["failed"]) == (1, 2)
        assert outcome["failures"] == [
            {"photo": lost[0].pk, "code": "original_missing"},
            {"photo": lost[1].pk, "code": "unsupported_format"},
        ]

    def test_of_others_are_not_looked_at(self, api: APIClient) -> None:
        theirs = make_photo()
        default_storage.delete(str(theirs.thumbnail))

        api.post(THUMBNAILS)

        assert made_by(work())["photos"] == 0
        assert not default_storage.exists(str(theirs.thumbnail))

    def test_can_be_cancelled_between_two_photos(
        self, api: APIClient, owner: Owner, lost: list[Photo]
    ) -> None:
        answer = api.post(THUMBNAILS)
        item = claim()

        def cancel() -> bool:
            steering.cancel(item.job)
            return False

        with pytest.raises(Cancelled):
            maintenance.run(item, stopping=cancel)
        queue.drop(item)

        job = shown(api, answer)
        assert (job["status"], job["outcome"]["thumbnails"]) == ("cancelled", 1)

    def test_go_on_where_a_worker_has_stopped(self, api: APIClient, lost: list[Photo]) -> None:
        answer = api.post(THUMBNAILS)
        calls = count()

        stopped = work(stopping=lambda: next(calls) == 1)
        ended = work()

        assert (stopped.state, stopped.attempts) == (State.QUEUED, 0)
        assert (made_by(stopped)["photos"], stopped.done, stopped.total) == (2, 2, 3)
        assert (ended.state, made_by(ended)["thumbnails"]) == (State.SUCCEEDED, 3)
        assert shown(api, answer)["progress"]["steps"] == {"done": 3, "total": 3}

    def test_of_a_worker_that_was_killed_are_made_by_the_next(self, lost: list[Photo]) -> None:
        first = Made()
        first.complete(lost[0])

        owner = lost[0].owner
        made = maintenance.at_once(owner, Job.Kind.THUMBNAILS, {})

        assert (made["photos"], made["thumbnails"]) == (3, 2)

    @pytest.mark.parametrize("photos", [1, 3])
    def test_cost_the_same_queries_however_many_are_there(
        self, owner: Owner, photos: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(photos):
            make_face(photo=make_photo(owner=owner))

        with django_assert_num_queries(6):
            maintenance.at_once(owner, Job.Kind.THUMBNAILS, {})
