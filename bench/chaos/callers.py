"""Those who use the service on a fault day. Each asks again until the service has answered.

What was accepted is written down, so that it can be looked for when all is over.
"""

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2

from local.triton import LOOPBACK

ANSWER_S = 60.0
AGAIN_S = 0.3  # between two tries
_IDLE_S = 0.5  # of a connection
AT_ONCE = 10  # photos that wait at a time, at most
OPERATIONS = ["faces", "embedding"]
_TURNS = 100_000  # numbers of what is sent again begin here, times the originals
QUESTIONS = ("a group of people", "someone on a beach", "text on a sign", "a dog", "a mountain")

Call = tuple[
    str, float, float, int, str
]  # what, begun, ended, status (0: none), its problem's code


@dataclass
class Notes:
    """What all of them did, and what they were promised."""

    closing: threading.Event = field(default_factory=threading.Event)  # nothing more comes in
    uploaded: threading.Event = field(default_factory=threading.Event)  # the last one did
    stop: threading.Event = field(default_factory=threading.Event)
    calls: list[Call] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)  # answers that nobody foresaw
    jobs: dict[str, int] = field(default_factory=dict)  # id -> number of the photo
    photos: list[int] = field(default_factory=list)  # keys of some that are done
    heard: dict[str, Counter[str]] = field(default_factory=dict)  # job -> ids of events of its end
    hooked: dict[str, Counter[str]] = field(default_factory=dict)  # the same of webhooks
    people: int = 0  # that were made
    merges: int = 0
    waiting: set[str] = field(default_factory=set)  # jobs of which the end was not seen yet


class Caller:
    """One of them, with a connection of their own."""

    def __init__(self, url: str, key: str, notes: Notes) -> None:
        self.notes = notes
        self._http = httpx2.Client(
            base_url=f"{url}/api/v1",
            headers={"X-API-Key": key},
            timeout=ANSWER_S,
            # shorter than the server keeps them: else it hangs up on some who begin to ask
            limits=httpx2.Limits(keepalive_expiry=_IDLE_S),
        )

    def ask(self, what: str, method: str, path: str, **sent: Any) -> Any:
        """The answer, whatever it is; None: there was none."""
        begun, answer, code = time.monotonic(), None, ""
        try:
            answer = self._http.request(method, path, **sent)
            if answer.status_code >= HTTPStatus.BAD_REQUEST:
                code = str(answer.json().get("code", ""))
        except (httpx2.HTTPError, ValueError):  # no answer, or one that is no problem of ours
            code = ""
        status = answer.status_code if answer is not None else 0
        self.notes.calls.append((what, begun, time.monotonic(), status, code))
        return answer

    def persist(self, what: str, method: str, path: str, **sent: Any) -> Any:
        """Ask again until there is an answer that is no failure of the service."""
        while True:
            answer = self.ask(what, method, path, **sent)
            if answer is not None and answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                return self._noted(what, answer)
            time.sleep(AGAIN_S)

    def _noted(self, what: str, answer: Any) -> Any:
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            self.notes.odd.append(f"{what}: {answer.status_code} {answer.text[:200]}")
        return answer


def upload(caller: Caller, originals: Sequence[bytes]) -> None:
    """Send copies of the originals, each with bytes and an idempotency key of its own."""
    notes = caller.notes
    for number in itertools.count():
        while len(notes.waiting) >= AT_ONCE and not notes.closing.wait(AGAIN_S / 3):
            _look(caller)
        if notes.closing.is_set():
            notes.uploaded.set()
            return
        _send(caller, number, originals[number % len(originals)] + f" day {number}".encode())


def resend(caller: Caller, originals: Sequence[bytes]) -> None:
    """The same photo again and again, each time called otherwise, also while others wait."""
    notes, content = caller.notes, originals[0] + b" again"
    for turn in itertools.count(_TURNS):
        if notes.closing.wait(8 * AGAIN_S):
            return
        _send(caller, turn * len(originals), content)


def _send(caller: Caller, number: int, content: bytes) -> None:
    answer = caller.persist(
        "upload",
        "POST",
        "/process/image",
        files={"file": ("photo.jpg", content)},
        data={"external_id": str(number), "operations": OPERATIONS},
        headers={"Prefer": "respond-async", "Idempotency-Key": f"day {number}"},
    )
    if answer.status_code < HTTPStatus.BAD_REQUEST:
        caller.notes.jobs[answer.json()["job_id"]] = number
        caller.notes.waiting.add(answer.json()["job_id"])


def _look(caller: Caller) -> None:
    """How far are those that wait?"""
    for job in list(caller.notes.waiting):
        answer = caller.ask("status", "GET", f"/jobs/{job}/")
        if answer is None or answer.status_code != HTTPStatus.OK:
            return
        told = answer.json()
        if told["status"] not in {"pending", "processing"}:
            caller.notes.waiting.discard(job)
            if told["result"]:
                caller.notes.photos.append(told["result"]["id"])


def search(caller: Caller, _originals: Sequence[bytes]) -> None:
    for question in itertools.cycle(QUESTIONS):
        caller.ask("search", "POST", "/search/", json={"q": question, "limit": 10})
        caller.ask("list", "GET", "/jobs/?page_size=10")
        caller.ask("list", "GET", "/people/")
        if caller.notes.stop.wait(AGAIN_S):
            return


def merge(caller: Caller, _originals: Sequence[bytes]) -> None:
    """Two new people, who turn out to be one."""
    notes = caller.notes
    for number in itertools.count():
        if notes.closing.wait(2 * AGAIN_S):
            return
        made = [_person(caller, f"{number} {which}") for which in ("one", "other")]
        merged = caller.persist(
            "merge",
            "POST",
            f"/people/{made[0]}/merge/",
            json={"people": [made[1]]},
            headers={"Idempotency-Key": f"merge {number}"},
        )
        notes.merges += merged.status_code == HTTPStatus.OK


def _person(caller: Caller, name: str) -> int:
    answer = caller.persist(
        "person",
        "POST",
        "/people/",
        json={"name": f"Somebody {name}", "another": True},
        headers={"Idempotency-Key": f"person {name}"},
    )
    caller.notes.people += 1
    key: int = answer.json()["person"]["id"]
    return key


def publish(caller: Caller, _originals: Sequence[bytes]) -> None:
    """Have photos with their faces marked put into the store."""
    for number in itertools.count():
        if caller.notes.stop.wait(4 * AGAIN_S):
            return
        if photos := caller.notes.photos:
            photo = photos[number % len(photos)]
            caller.ask("publish", "POST", f"/photos/{photo}/annotated/", json={})


def listen(caller: Caller, _originals: Sequence[bytes]) -> None:
    """Follow the events, and come back where the stream broke off."""
    last = ""
    while not caller.notes.stop.is_set():
        headers = {"Last-Event-ID": last} if last else {}
        begun = time.monotonic()
        status = 0
        try:
            with caller._http.stream("GET", "/events", headers=headers, timeout=20) as stream:  # noqa: SLF001  # ours
                status = stream.status_code
                for event in _events(stream.iter_lines(), caller.notes.stop):
                    last = event.get("id", last)
                    _hear(caller.notes, event)
        except httpx2.HTTPError:
            caller.notes.stop.wait(AGAIN_S)
        if status != HTTPStatus.OK:
            code = "database_unavailable" if status == HTTPStatus.SERVICE_UNAVAILABLE else ""
            caller.notes.calls.append(("listen", begun, time.monotonic(), status, code))
            caller.notes.stop.wait(AGAIN_S)


def _events(lines: Iterator[str], stop: threading.Event) -> Iterator[dict[str, str]]:
    """Each is told whole, or not at all. Source: HTML, server-sent events."""
    event: dict[str, str] = {}
    for line in lines:
        if stop.is_set():
            return
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
        else:
            yield event
            event = {}


def _hear(notes: Notes, event: dict[str, str]) -> None:
    if event.get("event") == "job.completed":
        job = json.loads(event["data"])["job_id"]
        notes.heard.setdefault(job, Counter())[event["id"]] += 1


@contextmanager
def hooked(notes: Notes) -> Iterator[str]:
    """A receiver of webhooks: its address."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            ids = notes.hooked.setdefault(str(body["data"].get("job_id")), Counter())
            ids[self.headers["webhook-id"]] += 1
            self.send_response(HTTPStatus.NO_CONTENT)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer((LOOPBACK, 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{LOOPBACK}:{server.server_port}/hook"
        server.shutdown()


ALL: tuple[Callable[[Caller, Sequence[bytes]], None], ...] = (
    upload,
    resend,
    search,
    merge,
    publish,
    listen,
)
