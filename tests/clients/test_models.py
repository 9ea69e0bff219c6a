"""The client for Python, with real models and real photos."""

from pathlib import Path
from typing import Any

import pytest

from jobs import tasks
from jobs.models import Job
from kindred_client import Kindred, KindredError
from local.packages import fetch
from local.photos import FACE_RECOGNITION
from photos.models import Photo
from tests.clients.working import worker
from tests.photos.web import Server, answer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("models")]


@pytest.fixture(scope="session")
def portraits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real photos of two people."""
    folder = tmp_path_factory.mktemp("portraits")
    fetch(FACE_RECOGNITION, ["*/test_images/obama*.jpg", "*/test_images/biden.jpg"], folder)
    return folder


class TestProcess:
    def test_says_what_is_in_a_file(self, kindred: Kindred, portraits: Path) -> None:
        with worker():
            job = kindred.process(portraits / "obama.jpg", external_id="one", operations=["faces"])

        assert job["result"]
        assert (job["status"], len(job["result"]["faces"])) == ("completed", 1)
        assert job["items"][0]["external_id"] == "one"

    def test_says_what_is_in_a_photo_at_an_address(
        self, kindred: Kindred, group_photo: bytes, settings: Any
    ) -> None:
        settings.FETCH_ALLOWED_HOSTS = frozenset({"127.0.0.1"})
        with Server(lambda _path: answer(group_photo)) as server, worker():
            job = kindred.process(server.url(), operations=["faces"])

        assert job["result"]
        assert len(job["result"]["faces"]) == 6

    def test_does_not_wait_if_nobody_wants_to(self, kindred: Kindred, group_photo: bytes) -> None:
        waiting = kindred.process(group_photo, operations=["faces"], wait=False)
        tasks.drain()

        done = kindred.wait(waiting["job_id"])

        assert (waiting["status"], waiting["result"]) == ("pending", None)
        assert done["result"]
        assert len(done["result"]["faces"]) == 6

    def test_asked_for_twice_with_one_key_is_the_same(
        self, kindred: Kindred, group_photo: bytes
    ) -> None:
        with worker():
            jobs = [
                kindred.process(group_photo, operations=["faces"], idempotency_key="one")
                for _ in range(2)
            ]

        assert jobs[0] == jobs[1]
        assert Photo.objects.count() == Job.objects.filter(kind="photos").count() == 1

    def test_says_why_a_photo_can_not_be_processed(self, kindred: Kindred) -> None:
        with worker(), pytest.raises(KindredError) as raised:
            kindred.process(b"not a photo", operations=["faces"])

        assert (raised.value.code, raised.value.status) == ("unsupported_format", 422)
        assert raised.value.job_id == str(Job.objects.get().pk)


class TestRecognition:
    def test_names_who_is_known(self, kindred: Kindred, portraits: Path) -> None:
        with worker():
            known = kindred.process(portraits / "obama.jpg", operations=["faces"])
        assert known["result"]
        [face] = known["result"]["faces"]
        kindred.add_person("Barack", faces=[face["id"]])

        [found] = kindred.identify(portraits / "obama2.jpg")["faces"]
        same = kindred.verify(face["id"], portraits / "obama2.jpg")
        other = kindred.verify(portraits / "biden.jpg", portraits / "obama2.jpg", threshold=0.9)

        assert found["person"]
        assert (found["accepted"], found["person"]["name"]) == (True, "Barack")
        assert (same["same"], same["first"]["face_id"]) == (True, face["id"])
        assert not other["same"]
        assert other["threshold"] == pytest.approx(0.9)
        assert Photo.objects.count() == 1

    def test_says_what_is_wrong_with_a_picture(self, kindred: Kindred) -> None:
        with pytest.raises(KindredError) as raised:
            kindred.identify(b"not a photo", limit=1)

        assert (raised.value.code, raised.value.status) == ("unsupported_format", 422)
