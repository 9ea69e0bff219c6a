"""What remote workers get to work on: its photo, their sign of life, and what they give up."""

import hashlib
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone

from jobs import services, steering
from jobs.models import Item, State
from photos.models import Photo
from tests.factories import make_owner
from tests.jobs.remote import (
    API,
    PHOTO,
    Worker,
    answer_of,
    submit,
)
from tests.jobs.remote_api import (
    _models,
    refusal,
    state_of,
    worker,
)
from tests.photos.web import Server, answer

__all__ = ["_models", "worker"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


def claim_time(item: Item) -> Any:
    item.refresh_from_db()
    return item.lease_until


class TestHeartbeat:
    def test_renews_the_leases_that_it_names(self, worker: Worker) -> None:
        job = submit(make_owner())
        lease = worker.lease()
        soon = timezone.now()
        job.items.update(lease_until=soon)

        beat = worker.post("heartbeat", items=[lease["id"]]).json()

        assert beat["items"] == [{"id": lease["id"], "cancelling": False}]
        assert claim_time(job.items.get()) > soon

    def test_says_that_somebody_has_cancelled(self, worker: Worker) -> None:
        job = submit(make_owner())
        lease = worker.lease()
        steering.cancel(job)

        beat = worker.post("heartbeat", items=[lease["id"]]).json()

        assert beat["items"] == [{"id": lease["id"], "cancelling": True}]

    def test_leaves_anothers_leases_alone(self, worker: Worker) -> None:
        job = submit(make_owner())
        lease = worker.lease()
        before = claim_time(job.items.get())

        other = Worker("other").post("heartbeat", worker_id="nas", items=[lease["id"]]).json()

        assert other["items"] == []
        assert claim_time(job.items.get()) == before


class TestPhoto:
    def test_is_given_to_who_holds_it(self, worker: Worker) -> None:
        submit(make_owner())

        photo = worker.photo(worker.lease())

        assert photo.content == PHOTO
        assert photo.headers["Kindred-Operations"] == (
            "embedding, faces, objects, ocr, tags, caption"
        )
        assert photo.headers["Content-Type"] == "application/octet-stream"

    def test_is_given_to_nobody_else(self, worker: Worker) -> None:
        submit(make_owner())
        lease = worker.lease()

        assert refusal(Worker("other").photo(lease)) == (409, "lease_lost")

    def test_from_an_address_is_fetched_once(self, worker: Worker, settings: Any) -> None:
        settings.FETCH_ALLOWED_HOSTS = frozenset({"127.0.0.1"})
        with Server(lambda path: answer(PHOTO)) as web:
            source = services.Source(Item.Source.URL, web.url("/2023-07-12%2015.30.00.jpg"))
            job = services.submit(make_owner(), [source], operations=["objects"])
            lease = worker.lease()

            photos = [worker.photo(lease).content for _ in range(2)]
            done = worker.complete(lease, answer_of())

            assert (photos, web.connections) == ([PHOTO, PHOTO], 1)
        assert (done.status_code, state_of(job)) == (200, (State.SUCCEEDED, ""))
        photo = Photo.objects.get()
        assert photo.sha256 == hashlib.sha256(PHOTO).hexdigest()
        assert (photo.dated_by, photo.dated_at.isoformat()) == (
            "file_name",
            "2023-07-12T15:30:00+00:00",
        )
        assert storages["intake"].listdir("uploads")[1] == []

    @pytest.mark.parametrize(
        ("status", "state", "code"),
        [("404 Not Found", State.FAILED, "fetch_status"),
         ("503 Busy", State.QUEUED, "fetch_unavailable")],
    )  # fmt: skip
    def test_that_cannot_be_fetched_ends_the_item(
        self, worker: Worker, settings: Any, status: str, state: State, code: str
    ) -> None:
        settings.FETCH_ALLOWED_HOSTS = frozenset({"127.0.0.1"})
        with Server(lambda path: answer(status=status)) as web:
            source = services.Source(Item.Source.URL, web.url())
            job = services.submit(make_owner(), [source])

            refused = worker.photo(worker.lease())

        assert refusal(refused) == (422, code)
        assert state_of(job) == (state, code)

    def test_of_a_private_address_is_not_fetched(self, worker: Worker) -> None:
        with Server(lambda path: answer(PHOTO)) as web:
            source = services.Source(Item.Source.URL, web.url())
            job = services.submit(make_owner(), [source])

            refused = worker.photo(worker.lease())

            assert web.connections == 0
        assert refusal(refused) == (422, "blocked_address")
        assert state_of(job) == (State.FAILED, "blocked_address")

    def test_that_is_gone_ends_the_item(self, worker: Worker) -> None:
        job = submit(make_owner())
        storages["intake"].delete(job.items.get().location)

        assert refusal(worker.photo(worker.lease())) == (422, "file_missing")
        assert state_of(job) == (State.FAILED, "file_missing")

    def test_of_the_media_store_stays_its_own(self, worker: Worker, settings: Any) -> None:
        settings.MEDIA_STORE_STUB = True
        owner = make_owner()
        storages["intake"].save("media_store/asset-1", ContentFile(PHOTO))
        source = services.Source(Item.Source.MEDIA_STORE, "asset-1")
        job = services.submit(owner, [source], operations=["objects"])
        lease = worker.lease()

        photo, done = worker.photo(lease), worker.complete(lease, answer_of())

        item = job.items.get()
        assert (photo.content, done.status_code) == (PHOTO, 200)
        assert (item.state, item.source, item.location) == (
            State.SUCCEEDED, Item.Source.MEDIA_STORE, "asset-1",
        )  # fmt: skip

    def test_says_what_is_left_to_do(self, worker: Worker) -> None:
        owner = make_owner()
        submit(owner, operations=["objects", "faces"])
        worker.complete(worker.lease(), answer_of())
        submit(owner, operations=["objects", "ocr"])

        photo = worker.photo(worker.lease())

        assert photo.headers["Kindred-Operations"] == "ocr"


class TestFail:
    @pytest.mark.parametrize(
        ("code", "state", "kept"),
        [
            ("image_truncated", State.FAILED, "image_truncated"),
            ("inference_timeout", State.QUEUED, "inference_timeout"),
            ("vocabulary_broken", State.QUEUED, "vocabulary_broken"),
            ("internal_error", State.FAILED, "internal_error"),
        ],
    )
    def test_ends_the_attempt_as_it_does_here(
        self, worker: Worker, code: str, state: State, kept: str
    ) -> None:
        job = submit(make_owner())

        ended = worker.end(worker.lease(), "fail", code=code, detail="What went wrong.")

        assert ended.status_code == 200
        assert state_of(job) == (state, kept)

    @pytest.mark.parametrize("code", ["", "nonsense", "lease_lost", "queue_full", 7])
    def test_wants_an_error_that_there_is(self, worker: Worker, code: Any) -> None:
        job = submit(make_owner())

        refused = worker.end(worker.lease(), "fail", code=code, detail="x")

        assert refused.status_code == 422
        assert "code" in refused.json()["detail"]
        assert job.items.get().state == State.PROCESSING

    @pytest.mark.parametrize("detail", ["", "x" * 501, "a\0b", None])
    def test_wants_a_sentence(self, worker: Worker, detail: Any) -> None:
        job = submit(make_owner())

        refused = worker.end(worker.lease(), "fail", code="image_truncated", detail=detail)

        assert refusal(refused) == (422, "invalid")
        assert job.items.get().state == State.PROCESSING

    def test_of_anothers_photo_is_refused(self, worker: Worker) -> None:
        job = submit(make_owner())
        lease = worker.lease()

        refused = Worker("other").end(lease, "fail", code="image_truncated", detail="x")

        assert refusal(refused) == (409, "lease_lost")
        assert job.items.get().state == State.PROCESSING


class TestRelease:
    def test_gives_the_photo_back_as_it_was(self, worker: Worker) -> None:
        job = submit(make_owner())

        released = worker.end(worker.lease(), "release")

        assert released.json() == {"status": "pending", "error": None}
        item = job.items.get()
        assert (item.state, item.attempts, item.worker) == (State.QUEUED, 0, "")

    def test_twice_is_refused(self, worker: Worker) -> None:
        submit(make_owner())
        lease = worker.lease()
        worker.end(lease, "release")

        assert refusal(worker.end(lease, "release")) == (409, "lease_lost")


class TestEvents:
    def test_tell_that_there_is_work(self, worker: Worker) -> None:
        submit(make_owner())

        told: Any = worker.client.get(f"{API}/events")

        assert told.headers["Content-Type"] == "text/event-stream"
        assert b"event: work" in next(iter(told.streaming_content))
        told.close()
