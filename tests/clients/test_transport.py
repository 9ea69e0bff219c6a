"""How the client for Python asks: again where that may help, and nobody but the service."""

import json
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler

import pytest

from kindred_client import Kindred, KindredError
from tests.jobs.receiver import Receiver, Reply, listening
from tests.photos.web import Server, answer, redirect

KEY = "kkey_mine"
BUSY = b'{"code": "queue_full", "detail": "Many photos wait already."}'
JOB = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"


def told(status: int, body: bytes, **headers: str) -> Reply:
    """An answer; headers are named as keywords."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def one_by_one(replies: Iterable[Reply]) -> Reply:
    """The first to the first request, and so on."""
    left = iter(replies)

    def reply(handler: BaseHTTPRequestHandler) -> None:
        next(left)(handler)

    return reply


class Asking:
    """A client that does not wait, but notes how long it would."""

    def __init__(self, url: str) -> None:
        self.pauses: list[float] = []
        self.client = Kindred(url, KEY, pause=self.pauses.append)


@pytest.fixture
def done() -> Reply:
    return told(200, json.dumps({"edit": None, "person": None, "cluster": None}).encode())


def asking_of(receiver: Receiver) -> Asking:
    return Asking(receiver.url.removesuffix("/hook"))


class TestTryingAgain:
    def test_is_one_change_and_heeds_what_the_service_says(self, done: Reply) -> None:
        busy = told(429, BUSY, retry_after="7")
        with listening(one_by_one([busy, told(503, b"proxy"), done])) as receiver:
            asking = asking_of(receiver)
            answered = asking.client.undo(1)
            asking.client.close()

        assert answered["edit"] is None
        assert asking.pauses[0] == 7
        assert 0.5 < asking.pauses[1] <= 2
        [key] = {each.headers["idempotency-key"] for each in receiver.told}
        assert (len(receiver.told), len(key)) == (3, 36)

    def test_comes_to_an_end(self) -> None:
        with listening(told(503, b"")) as receiver:
            asking = asking_of(receiver)
            with pytest.raises(KindredError) as raised:
                asking.client.undo(1)
            asking.client.close()

        assert (raised.value.code, raised.value.status) == ("http_503", 503)
        assert (len(receiver.told), len(asking.pauses)) == (3, 2)

    @pytest.mark.parametrize(
        ("status", "body", "headers"),
        [
            (409, b'{"code": "name_taken", "detail": "Somebody has it."}', {}),
            (500, b"", {}),
            (503, b'{"code": "inference_timeout", "detail": "x", "job_id": "1"}', {}),
            (429, BUSY, {"retry_after": "3600"}),
        ],
    )
    def test_is_left_where_it_would_not_help(
        self, status: int, body: bytes, headers: dict[str, str]
    ) -> None:
        with listening(told(status, body, **headers)) as receiver:
            asking = asking_of(receiver)
            with pytest.raises(KindredError) as raised:
                asking.client.undo(1)
            asking.client.close()

        assert (raised.value.status, len(receiver.told), asking.pauses) == (status, 1, [])
        assert raised.value.retry_after_s == (3600 if headers else None)

    def test_is_done_where_nobody_answers(self) -> None:
        with Server(lambda _path: answer()) as gone:
            url = gone.url("")
        asking = Asking(url)

        with pytest.raises(KindredError) as raised:
            asking.client.job(JOB)
        asking.client.close()

        assert (raised.value.code, raised.value.status, len(asking.pauses)) == ("unreachable", 0, 2)


class TestTheKey:
    def test_goes_to_the_service(self, done: Reply) -> None:
        with listening(done) as receiver:
            asking = asking_of(receiver)
            asking.client.undo(1)
            asking.client.close()

        assert receiver.told[0].headers["x-api-key"] == KEY
        assert receiver.told[0].path == "/api/v1/edits/1/undo"

    def test_is_not_taken_elsewhere(self) -> None:
        with (
            Server(lambda _path: answer()) as other,
            Server(lambda _path: redirect(other.url())) as service,
        ):
            asking = Asking(service.url(""))
            with pytest.raises(KindredError) as raised:
                asking.client.job(JOB)
            asking.client.close()

        assert (raised.value.code, other.requests) == ("http_302", [])

    def test_stays_where_the_next_page_is_said_to_be_elsewhere(self) -> None:
        pages = iter(["http://elsewhere.example/x?cursor=abc", None])

        def page(_path: str) -> Iterable[bytes]:
            return answer(json.dumps({"results": [], "next": next(pages)}).encode())

        with Server(page) as service:
            asking = Asking(service.url(""))
            assert list(asking.client.people()) == []
            asking.client.close()

        assert [each.split(" ")[1] for each in service.requests] == [
            "/api/v1/people?page_size=200",
            "/api/v1/people?cursor=abc",
        ]


class TestAStreamThatBreaks:
    def test_goes_on_where_it_was(self) -> None:
        first = b'id: 1\nevent: job.created\ndata: {"type": "job.created"}\n\n'
        streams = iter([(first, "1000"), (first.replace(b"1", b"2", 1), "1000")])

        def stream(_path: str) -> Iterable[bytes]:
            body, length = next(streams, (b"", ""))
            if not body:
                return answer(status="204 No Content")
            head, _ = answer(content_length=length, content_type="text/event-stream")
            return [head, body]

        with Server(stream) as service:
            asking = Asking(service.url(""))
            heard = [each.id for each in asking.client.events(JOB)]
            asking.client.close()

        assert heard == ["1", "2"]
        assert ["last-event-id: 1" in each.lower() for each in service.requests] == [
            False,
            True,
            False,
        ]
        assert asking.pauses == [2.0, 2.0]
