"""Streams as the web server serves them, to real clients."""

import string
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import Any

import httpcore
import pytest
from django.conf import settings as django_settings

from jobs.models import Event
from local.processes import Child, Command, last_lines, wait_until
from local.stack import CHECKOUT, GRACE_S, THREADS, web_server
from local.triton import LOOPBACK, free_ports
from photos.models import Owner
from tests.database import database_url
from tests.factories import make_key
from tests.jobs.listening import finish, listeners, submit, tell, told

pytestmark = pytest.mark.django_db(transaction=True)

STREAMS = 2
BUSY = 503
HEARTBEAT_S = 0.2
STATIC = "/static/admin/css/base.css"
PATIENCE_S = 30.0


class Web:
    """A real web server on the test's database, and the one who listens to it."""

    def __init__(self, port: int, log: Path) -> None:
        self.log = log
        self._url = f"http://{LOOPBACK}:{port}"
        variables = {
            "DATABASE_URL": database_url(),
            "DATABASE_POOL": "1",
            "SECRET_KEY": "not a secret, but " + string.ascii_letters,
            "EVENT_STREAMS": str(STREAMS),
            "EVENTS_HEARTBEAT_S": str(HEARTBEAT_S),
        }
        with log.open("wb") as output:
            self.child = Child(Command("web", web_server(port), variables, CHECKOUT), output)

    def open(self, stack: ExitStack, path: str, owner: Owner) -> Any:
        """An answer whose body is not read yet; on a connection of its own."""
        _, secret = make_key(user=owner.user)
        own = [(b"Authorization", f"Token {secret}".encode())]
        pool = stack.enter_context(httpcore.ConnectionPool())
        url = f"{self._url}/api/v1/{path}"
        limits = {"timeout": {"connect": PATIENCE_S, "read": PATIENCE_S}}
        return stack.enter_context(pool.stream("GET", url, headers=own, extensions=limits))

    def listen(self, stack: ExitStack, owner: Owner) -> Iterator[bytes]:
        """What comes after the first words; waits for the seats of those who have just left."""
        answer = self.open(stack, "events", owner)
        while answer.status == BUSY:
            answer = self.open(stack, "events", owner)
        chunks: Iterator[bytes] = answer.iter_stream()
        next(chunks)
        return chunks

    def status(self, path: str, owner: Owner) -> int:
        with ExitStack() as stack:
            return int(self.open(stack, path, owner).status)

    def answers(self) -> bool:
        try:
            return httpcore.request("GET", f"{self._url}{STATIC}").status == 200
        except httpcore.ConnectError:
            return False


@pytest.fixture(scope="module")
def web(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    server = start(tmp_path_factory.mktemp("web"))
    yield server
    server.child.stop()
    assert "Traceback" not in last_lines(server.log)


def start(folder: Path) -> Web:
    port, *_ = free_ports()
    server = Web(port, folder / "log")
    wait_until(server.answers, timeout_s=PATIENCE_S, alive=lambda: server.child.alive)
    return server


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What is opened is closed after the test."""
    with ExitStack() as opened:
        yield opened


class TestWebServer:
    def test_tells_a_job_from_its_beginning_to_its_end(
        self, web: Web, stack: ExitStack, owner: Owner
    ) -> None:
        job = submit(owner, photos=2)
        answer = web.open(stack, f"jobs/{job.pk}/events", owner)
        listening = told(answer.iter_stream())

        created = next(listening)
        finish()
        kinds = [created.kind, *(each.kind for each in listening)]

        assert dict(answer.headers)[b"Content-Type"] == b"text/event-stream"
        assert kinds == ["job.created", *["photo.completed"] * 2, "job.completed"]

    def test_has_one_connection_that_hears_for_all_streams(
        self, web: Web, stack: ExitStack, owner: Owner
    ) -> None:
        streams = [web.listen(stack, owner) for _ in range(STREAMS)]

        assert len(streams) == STREAMS
        wait_until(lambda: len(listeners()) == 1, timeout_s=PATIENCE_S)

    def test_refuses_more_streams_than_it_may_have_but_nothing_else(
        self, web: Web, stack: ExitStack, owner: Owner
    ) -> None:
        streams = [web.listen(stack, owner) for _ in range(STREAMS)]

        refused = web.open(stack, "events", owner)

        assert len(streams) == STREAMS
        assert (refused.status, dict(refused.headers)[b"Retry-After"]) == (BUSY, b"5")
        assert web.status("jobs", owner) == 200

    def test_has_room_again_when_listeners_go_away(self, web: Web, owner: Owner) -> None:
        with ExitStack() as listeners_leave:
            streams = [web.listen(listeners_leave, owner) for _ in range(STREAMS)]
            full = web.status("events", owner)

        assert (len(streams), full) == (STREAMS, BUSY)
        wait_until(lambda: web.status("events", owner) == 200, timeout_s=PATIENCE_S)

    def test_ends_streams_when_it_is_told_to_stop(
        self, stack: ExitStack, owner: Owner, tmp_path: Path
    ) -> None:
        web = start(tmp_path)
        listening = [told(web.listen(stack, owner)) for _ in range(STREAMS)]
        tell(owner, Event.Kind.JOB_FAILED)
        heard = [next(each).kind for each in listening]

        began = monotonic()
        web.child.stop()
        took_s = monotonic() - began

        assert heard == ["job.failed"] * STREAMS
        assert [list(each) for each in listening] == [[]] * STREAMS
        assert took_s < GRACE_S
        assert "Traceback" not in last_lines(web.log)

    def test_has_more_threads_than_streams(self) -> None:
        assert THREADS >= django_settings.EVENT_STREAMS + 8
