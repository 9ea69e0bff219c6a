"""What remote workers have found: what is taken of it, once, and from whom."""

import base64
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db.models import F
from django.utils import timezone

from faces.models import Face
from jobs import queue, steering
from jobs.models import Event, Item, State
from jobs.operations import current_recipes
from photos.models import Photo
from search.models import Caption, DetectedObject, ImageVector, PhotoTag, TextLine
from search.words import matching
from tests.factories import make_owner
from tests.jobs.remote import (
    API,
    PHOTO,
    Worker,
    answer_of,
    face,
    findings,
    picture_of,
    submit,
)
from tests.jobs.remote_api import (
    ENDS,
    _models,
    refusal,
    state_of,
    worker,
)
from tests.pictures import jpeg

__all__ = ["_models", "worker"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


class TestComplete:
    def test_stores_what_was_found(self, worker: Worker) -> None:
        owner = make_owner()
        job = submit(owner, external_id="party-1")

        done = worker.complete(worker.lease(), answer_of())

        assert (done.status_code, done.json()) == (200, {"status": "completed", "error": None})
        assert state_of(job) == (State.SUCCEEDED, "")
        photo = Photo.objects.get(references__external_id="party-1")
        assert (photo.owner, photo.width, photo.height) == (owner, 80, 60)
        assert Path(photo.original.path).read_bytes() == PHOTO
        assert ImageVector.objects.get().space.dimension == 384
        stored = Face.objects.get()
        assert (stored.x, stored.width, stored.quality) == (4.0, 30.0, 0.8739)
        assert Path(stored.crop.path).exists()
        assert list(DetectedObject.objects.values_list("label", "x")) == [("dog", 1.0)]
        assert list(TextLine.objects.values_list("text", flat=True)) == ["EXIT"]
        tags = PhotoTag.objects.order_by("key").values_list("key", "confidence")
        assert list(tags) == [("dog", 0.75), ("people:1", 0.9)]
        assert "dog" in Caption.objects.get(language="en").sentence
        hits = matching(owner, "anjing exit", limit=2, language="id")
        assert [(hit.photo, hit.matched) for hit in hits] == [(photo.pk, 2)]
        assert job.items.get().stage_ms["faces"] == 40.0

    def test_settles_the_job_and_tells_it(self, worker: Worker) -> None:
        job = submit(make_owner())

        worker.complete(worker.lease(), answer_of())

        job.refresh_from_db()
        assert job.finished_at
        kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
        assert kinds == ["job.created", "photo.completed", "job.completed"]
        assert storages["intake"].listdir("uploads")[1] == []

    def test_twice_is_refused_and_changes_nothing(self, worker: Worker) -> None:
        job = submit(make_owner())
        lease = worker.lease()
        worker.complete(lease, answer_of())

        again = worker.complete(lease, answer_of(findings=findings(objects=[])))

        assert refusal(again) == (409, "lease_lost")
        assert (DetectedObject.objects.count(), job.items.get().attempts) == (1, 1)

    def test_of_a_lost_lease_is_refused_and_changes_nothing(self, worker: Worker) -> None:
        job = submit(make_owner())
        late = worker.lease()
        job.items.update(lease_until=timezone.now())
        queue.sweep()
        other = Worker("other")
        current = other.lease()

        refused = worker.complete(late, answer_of())

        assert refusal(refused) == (409, "lease_lost")
        assert (Photo.objects.count(), job.items.get().worker) == (
            0, f"remote:{other.token.pk}:other",
        )  # fmt: skip
        assert other.complete(current, answer_of()).status_code == 200

    def test_of_an_earlier_attempt_of_the_same_worker_is_refused(self, worker: Worker) -> None:
        job = submit(make_owner())
        late = worker.lease()
        job.items.update(lease_until=timezone.now())
        queue.sweep()
        worker.lease()

        assert refusal(worker.complete(late, answer_of())) == (409, "lease_lost")
        assert Photo.objects.count() == 0

    def test_that_loses_its_lease_while_it_is_stored_changes_nothing(
        self, worker: Worker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = submit(make_owner())
        lease = worker.lease()
        finish = queue.finish

        def finish_late(item: Item, *values: Any, **named: Any) -> None:
            Item.objects.filter(pk=item.pk).update(leases=F("leases") + 1)
            finish(item, *values, **named)

        monkeypatch.setattr(queue, "finish", finish_late)

        assert refusal(worker.complete(lease, answer_of())) == (409, "lease_lost")
        assert (Photo.objects.count(), job.items.get().state) == (0, State.PROCESSING)

    def test_of_a_photo_that_nobody_claimed_is_refused(self, worker: Worker) -> None:
        job = submit(make_owner())
        lease = {"id": job.items.get().pk, "lease": 1}

        assert refusal(worker.complete(lease, answer_of())) == (409, "lease_lost")

    @pytest.mark.parametrize("how", ENDS)
    def test_of_a_cancelled_photo_ends_it_as_cancelled(self, worker: Worker, how: str) -> None:
        job = submit(make_owner())
        lease = worker.lease()
        steering.cancel(job)

        refused = worker.end(lease, how, **answer_of(), code="image_truncated", detail="x")

        assert refusal(refused) == (409, "cancelled")
        assert (state_of(job), Photo.objects.count()) == ((State.CANCELLED, ""), 0)

    def test_by_models_that_are_active_no_more_gives_the_photo_another_try(
        self, worker: Worker
    ) -> None:
        job = submit(make_owner(), operations=["faces"])
        old = answer_of(recipes=current_recipes() | {"faces": "face_detector.old.1"})

        refused = worker.complete(worker.lease(), old)

        assert refusal(refused) == (409, "findings_outdated")
        assert (state_of(job), Photo.objects.count()) == ((State.QUEUED, "findings_outdated"), 0)

    def test_keeps_what_was_found_beside_what_failed(self, worker: Worker) -> None:
        job = submit(make_owner(), operations=["objects", "ocr"])
        lease = worker.lease()
        found = findings()
        del found["ocr"]
        failures = {"ocr": {"code": "inference_failed", "detail": "It broke."}}

        done = worker.complete(lease, answer_of(findings=found, failures=failures))

        assert done.json() == {
            "status": "pending",
            "error": {"code": "inference_failed", "detail": "It broke."},
        }
        assert (DetectedObject.objects.count(), TextLine.objects.count()) == (1, 0)
        assert state_of(job) == (State.QUEUED, "inference_failed")

    def test_does_the_rest_at_another_try(self, worker: Worker) -> None:
        job = submit(make_owner(), operations=["objects", "ocr"])
        failures = {"ocr": {"code": "inference_failed", "detail": "It broke."}}
        found = {"objects": findings()["objects"]}
        worker.complete(worker.lease(), answer_of(findings=found, failures=failures))
        job.items.update(run_after=timezone.now())

        done = worker.complete(worker.lease(), answer_of(findings={"ocr": findings()["ocr"]}))

        assert done.status_code == 200, done.json()
        assert (DetectedObject.objects.count(), TextLine.objects.count()) == (1, 1)
        assert state_of(job) == (State.SUCCEEDED, "")

    def test_of_a_photo_on_which_nothing_was_left(self, worker: Worker) -> None:
        owner = make_owner()
        submit(owner, operations=["objects"])
        worker.complete(worker.lease(), answer_of())
        again = submit(owner, operations=["objects"], external_id="again")
        lease = worker.lease()
        assert worker.photo(lease).headers["Kindred-Operations"] == ""

        done = worker.complete(lease, answer_of(findings={}, picture=None))

        assert (done.status_code, state_of(again)) == (200, (State.SUCCEEDED, ""))
        assert Photo.objects.get().references.get().external_id == "again"

    def test_of_a_photo_that_lies_on_its_side_in_its_file(self, worker: Worker) -> None:
        submit(make_owner(), operations=["objects"])
        picture = picture_of(width=60, height=80)

        done = worker.complete(worker.lease(), answer_of(picture=picture))

        photo = Photo.objects.get()
        assert (done.status_code, photo.width, photo.height) == (200, 60, 80)

    def test_of_a_photo_of_many_people(self, worker: Worker) -> None:
        photo = jpeg(width=2000, height=600)
        submit(make_owner(), photo, operations=["faces"])
        crop = base64.b64encode(jpeg(width=192, height=192)).decode()
        places = [(100.0 * (n % 20), 100.0 * (n // 20)) for n in range(100)]
        faces = [face(x, y, 90, crop=crop) for x, y in places]
        found = findings(faces={**findings()["faces"], "faces": faces})
        picture = picture_of(width=2000, height=600)

        done = worker.complete(worker.lease(), answer_of(photo, findings=found, picture=picture))

        assert (done.status_code, Face.objects.count()) == (200, 100)

    def test_with_lists_in_lists_is_refused(self, worker: Worker) -> None:
        submit(make_owner())
        lease = worker.lease()

        refused = worker.client.post(
            f"{API}/items/{lease['id']}/complete",
            data="[" * 100_000 + "]" * 100_000,
            content_type="application/json",
        )

        assert refusal(refused) == (400, "parse_error")

    def test_that_is_too_large_is_not_read(self, worker: Worker) -> None:
        submit(make_owner())
        lease = worker.lease()

        refused = worker.client.post(
            f"{API}/items/{lease['id']}/complete",
            data=b"{}",
            content_type="application/json",
            CONTENT_LENGTH=str(32 * 2**20 + 1),
        )

        assert refusal(refused) == (413, "too_large")
