"""The client for Python over gRPC."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from config.rpc.server import serving
from kindred_client import KindredError
from kindred_client import recognition_pb2 as messages
from kindred_client.recognition import FaceRecognition
from local.triton import LOOPBACK
from photos.models import Owner
from tests.config.calling import LIMIT_S
from tests.config.seeing import work
from tests.factories import make_item, make_job, make_key, unit

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("roles_filled"),
]
URL = "https://photos.example/1.jpg"
WITHOUT_PICTURE = messages.AnswerOptions(without_picture=True)


@pytest.fixture
def address() -> Iterator[str]:
    with serving(f"{LOOPBACK}:0") as port:
        yield f"{LOOPBACK}:{port}"


@pytest.fixture
def faces(address: str, owner: Owner) -> Iterator[FaceRecognition]:
    with FaceRecognition(address, make_key(user=owner.user)[1]) as client:
        yield client


def failure(act: Any) -> KindredError:
    with pytest.raises(KindredError) as raised:
        act()
    return raised.value


class TestProcess:
    def test_says_who_is_in_a_photo(self, faces: FaceRecognition) -> None:
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(
                faces.process, "one", URL, options=WITHOUT_PICTURE, timeout_s=LIMIT_S
            )
            work(1, unit(1))
            answer = asked.result()

        assert (answer.photo_id, answer.status, len(answer.faces)) == ("one", messages.DONE, 1)

    def test_goes_on_after_its_time(self, faces: FaceRecognition) -> None:
        waiting = faces.process("one", URL, timeout_s=2)
        work(1, unit(1))

        done = faces.photo(waiting.job_id, options=WITHOUT_PICTURE)

        assert (waiting.status, done.status) == (messages.PROCESSING, messages.DONE)
        assert (done.photo_id, len(done.faces)) == ("one", 1)

    def test_says_what_is_wrong(self, faces: FaceRecognition) -> None:
        error = failure(lambda: faces.process("one", "ftp://x"))

        assert (error.code, error.status) == ("invalid_url", "INVALID_ARGUMENT")
        assert error.detail

    def test_does_not_know_photos_of_others(self, faces: FaceRecognition) -> None:
        theirs = make_item(job=make_job()).job

        error = failure(lambda: faces.photo(str(theirs.pk)))

        assert (error.code, error.status) == ("not_found", "NOT_FOUND")


class TestProcessMany:
    def test_answers_each(self, faces: FaceRecognition) -> None:
        asked = [
            messages.ProcessPhotoRequest(photo_id="one", url=URL, options=WITHOUT_PICTURE),
            messages.ProcessPhotoRequest(photo_id="bad", url="ftp://x"),
        ]
        with ThreadPoolExecutor(1) as pool:
            answered = pool.submit(lambda: list(faces.process_many(asked, timeout_s=LIMIT_S)))
            work(1, unit(1))
            by_id = {each.photo_id: each for each in answered.result()}

        assert len(by_id["one"].photo.faces) == 1
        assert by_id["bad"].error.code == "invalid_url"

    def test_is_nothing_without_a_key(self, address: str) -> None:
        with FaceRecognition(address, "wrong") as nobody:
            error = failure(lambda: list(nobody.process_many([])))

        assert (error.code, error.status) == ("authentication_failed", "UNAUTHENTICATED")


class TestTheServer:
    def test_may_be_away(self) -> None:
        with serving(f"{LOOPBACK}:0") as port:
            pass
        with FaceRecognition(f"{LOOPBACK}:{port}", "any") as client:
            error = failure(lambda: client.photo("x"))

        assert (error.code, error.status) == ("unreachable", "UNAVAILABLE")
