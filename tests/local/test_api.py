import email
import os
import threading
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local import LocalError
from local.album import Photo
from local.api import Api, Body, Refused, multipart, outcome, read
from local.report import Failure, Outcome
from local.triton import LOOPBACK, free_ports
from tests.local.findings import make_face, make_scene

FACE = {
    "id": 1,
    "box": {"x": 1, "y": 2, "width": 30, "height": 40},
    "confidence": 0.9,
    "cluster": None,
    "person": None,
    "crop": "http://127.0.0.1/media/1.jpg",
}
OUTDOOR = {"key": "outdoor", "words": {}, "confidence": 0.7}
WALK = {"key": "walk", "words": {"en": "going for a walk"}, "confidence": 0.7}
SCENE = {
    "objects": [
        {
            "label": "dog",
            "confidence": 0.8,
            "box": {"x": 5, "y": 6, "width": 20, "height": 10},
        }
    ],
    "tags": [OUTDOOR],
    "context": WALK,
    "text": [{"text": "EXIT", "confidence": 0.9, "quad": [[1, 2], [11, 2], [11, 7], [1, 7]]}],
    "captions": [{"language": "en", "sentence": "A dog.", "context": "", "source": "template"}],
    "embeddings": [{"space": "image_encoder:1:1", "dimension": 384}],
    "analyses": [
        {
            "operation": "objects",
            "recipe": "object_detector:1:1",
            "created_at": "2025-01-01T00:00:00Z",
        }
    ],
}


class Failing(BaseHTTPRequestHandler):
    """Answers with the status in the path, and a page for people."""

    def do_GET(self) -> None:
        self.send_error(int(self.path.rpartition("/")[2]))

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture
def failing() -> Iterator[str]:
    with ThreadingHTTPServer((LOOPBACK, 0), Failing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{LOOPBACK}:{server.server_port}"
        server.shutdown()
        thread.join()


def parse(form: bytes, content_type: str) -> list[Message]:
    parsed = email.message_from_bytes(f"Content-Type: {content_type}\n\n".encode() + form)
    parts = parsed.get_payload()
    assert isinstance(parts, list)
    return [part for part in parts if isinstance(part, Message)]


class TestApi:
    def test_says_what_the_service_says_where_that_is_no_error_of_its_own(
        self, failing: str
    ) -> None:
        with pytest.raises(Refused) as caught:
            Api(failing).file(f"{failing}/502")

        assert caught.value.failure == Failure("http_502", "The service answered 502 Bad Gateway.")

    def test_says_that_nobody_answers(self) -> None:
        url = f"http://{LOOPBACK}:{free_ports()[0]}"

        with pytest.raises(LocalError, match="The web server does not answer"):
            Api(url).file(url)

    def test_is_not_healthy_when_nobody_answers(self) -> None:
        assert not Api(f"http://{LOOPBACK}:{free_ports()[0]}").healthy()


class TestOutcome:
    def test_has_the_faces_and_what_the_work_took(self) -> None:
        job = {"error": None, "result": {"faces": [FACE]}, "items": [{"stage_ms": {"fetch": 1.5}}]}

        assert outcome("a.jpg", job) == Outcome("a.jpg", None, [make_face(1)], {"fetch": 1.5})

    def test_has_all_that_is_in_the_photo(self) -> None:
        result = {"faces": [], **SCENE}
        job: Body = {"error": None, "result": result, "items": [{"stage_ms": {}}]}

        assert outcome("a.jpg", job) == Outcome("a.jpg", None, [], {}, make_scene())

    def test_has_the_error_of_a_photo_that_failed(self) -> None:
        job = {"error": {"code": "image_truncated", "detail": "Too short."}, "result": None}

        found = outcome("a.jpg", job)

        assert found == Outcome("a.jpg", Failure("image_truncated", "Too short."))


class TestRead:
    def test_gives_the_bytes(self, tmp_path: Path) -> None:
        (tmp_path / "a.jpg").write_bytes(b"\xff\xd8")

        assert read(Photo("a.jpg", tmp_path / "a.jpg")) == b"\xff\xd8"

    def test_refuses_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(Refused) as caught:
            read(Photo("a.jpg", tmp_path / "a.jpg"))

        why = Failure("unreadable", "It cannot be read: No such file or directory.")
        assert caught.value.failure == why

    def test_refuses_a_pipe_on_which_it_would_wait_for_ever(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.jpg")

        with pytest.raises(Refused) as caught:
            read(Photo("a.jpg", tmp_path / "a.jpg"))

        assert caught.value.failure == Failure("unreadable", "It is no file.")


class TestMultipart:
    def test_carries_fields_and_the_file_as_it_is(self) -> None:
        field, file = parse(*multipart({"external_id": "a b"}, "a.jpg", b"\xff\xd8\r\n\0"))

        assert field.get_payload(decode=True) == b"a b"
        assert file.get_payload(decode=True) == b"\xff\xd8\r\n\0"
        assert file.get_filename() == "a.jpg"

    def test_keeps_a_name_inside_its_line(self) -> None:
        form, _ = multipart({}, 'a"\r\nX: y.jpg', b"")

        assert b'filename="a%22%0D%0AX: y.jpg"\r\n' in form
