"""A remote worker of an earlier release, at the service of this one: word for word what it says."""

import base64
import hashlib
from typing import Any

import pytest
from django.conf import settings as django_settings

from faces.models import Face
from inference.geometry import CROP_SIDE, TEMPLATE
from jobs import tasks
from jobs.models import State
from jobs.operations import current_recipes
from jobs.remote.server import Claimed
from photos import roles
from photos.models import Owner, Photo
from search.models import DetectedObject, ImageVector
from tests.factories import unit
from tests.jobs.remote import PHOTO, Worker, encoded, space_of, submit
from tests.pictures import jpeg

pytestmark = pytest.mark.django_db(transaction=True)

ITS_OPERATIONS = ["embedding", "faces", "objects"]
# What it reads of an answer; it looks at nothing else.
OF_A_CLAIM = {
    "items", "lease_s", "max_pixels", "max_bytes", "roles", "spaces", "recipes", "able",
}  # fmt: skip
OF_AN_ITEM = {"id", "lease", "operations", "photo_url"}
# What earlier releases have put into the queue, or on its clock: a task may wait there still.
TASKS = [
    "drain", "sweep", "deliver", "tend", "reembed", "retag", "group_faces", "find_places",
    "index_words", "find_duplicates", "clean_up", "look_at_faces", "look_at_thumbnails",
    "calibrate",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _models(transactional_db: None) -> None:
    """The real repository is known, and no model server is needed."""
    roles.sync(django_settings.MODEL_REPOSITORY)


def its_answer() -> dict[str, Any]:
    """Before there were orientations, cameras, names in files, heads, and a second vector."""
    known = current_recipes()
    side, place = 30.0, (4.0, 5.0)
    return {
        "sha256": hashlib.sha256(PHOTO).hexdigest(),
        "recipes": {name: known[name] for name in ITS_OPERATIONS},
        "stage_ms": {"decode": 3.5},
        "picture": {
            "format": "JPEG",
            "width": 80,
            "height": 60,
            "exif": {"taken_local": None, "offset_s": None, "latitude": None, "longitude": None},
            "thumbnail": base64.b64encode(jpeg(width=40, height=30)).decode(),
        },
        "findings": {
            "embedding": {
                "space": space_of("image_encoder"),
                "vector": encoded(unit(1, dimension=384)),
            },
            "faces": {
                "space": space_of("face_embedder"),
                "faces": [
                    {
                        "box": [*place, side, side],
                        "landmarks": (TEMPLATE / CROP_SIDE * side + place).tolist(),
                        "confidence": 0.9,
                        "quality": dict.fromkeys(
                            ("size", "sharpness", "frontality", "confidence"), 0.9
                        ),
                        "vector": encoded(unit(0, 1, dimension=512)),
                        "crop": base64.b64encode(jpeg(width=48, height=48)).decode(),
                    }
                ],
            },
            "objects": [{"label": "dog", "box": [1, 2, 30, 40], "confidence": 0.8}],
        },
        "failures": {},
    }


class TestAnOldWorker:
    def test_is_given_photos_and_its_findings_are_stored(self, owner: Owner) -> None:
        worker, job = Worker(), submit(owner, operations=ITS_OPERATIONS)
        claimed = worker.claim(limit=1)
        [lease] = claimed["items"]
        photo = worker.photo(lease)
        held = worker.post("heartbeat", items=[lease["id"]]).json()
        ended = worker.complete(lease, its_answer())

        assert claimed.keys() >= OF_A_CLAIM
        assert lease.keys() >= OF_AN_ITEM
        assert photo.getvalue() == PHOTO
        assert (held["items"], held["lease_s"]) == (
            [{"id": lease["id"], "cancelling": False}],
            claimed["lease_s"],
        )
        assert (ended.status_code, ended.json()["status"]) == (200, "completed"), ended.json()
        assert job.items.get().state == State.SUCCEEDED
        stored = Photo.objects.get()
        assert (stored.camera, stored.faces.count()) == ("", Face.objects.count())
        assert (ImageVector.objects.count(), DetectedObject.objects.count()) == (1, 1)
        assert Face.objects.count() == 1

    def test_that_wants_no_more_gives_its_photo_back(self, owner: Owner) -> None:
        worker, job = Worker(), submit(owner, operations=ITS_OPERATIONS)

        released = worker.end(worker.lease(), "release")

        assert (released.status_code, job.items.get().state) == (200, State.QUEUED)

    def test_that_says_what_was_wrong_is_heard(self, owner: Owner) -> None:
        worker, job = Worker(), submit(owner, operations=ITS_OPERATIONS)

        told = worker.end(worker.lease(), "fail", code="image_truncated", detail="It is cut off.")

        assert told.status_code == 200
        assert job.items.get().error_code == "image_truncated"


class TestANewerService:
    def test_may_say_more_than_this_worker_reads(self, owner: Owner) -> None:
        submit(owner, operations=ITS_OPERATIONS)
        said = Worker().claim(limit=1)

        [item] = said["items"]
        more = {**said, "items": [{**item, "urgent": True}], "hints": {"batch": 8}}

        assert Claimed.read(more) == Claimed.read(said)


class TestTasks:
    @pytest.mark.parametrize("name", TASKS)
    def test_that_an_earlier_release_has_queued_are_there_still(self, name: str) -> None:
        task = getattr(tasks, name)

        assert task.__code__.co_argcount - len(task.__defaults__ or ()) == 0
