"""The service's HTTP API, as somebody with photos and a token uses it."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from time import monotonic, sleep
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from local import LocalError
from local.album import Photo
from local.findings import Face, Scene
from local.report import Failure, Outcome

ANSWER_S = 60  # for one answer
POLL_S = 0.05
STALLED_S = 600  # for a photo whose turn has come: the first waits until models are loaded
BUSY = "grouping_busy"
UNDER_WAY = frozenset({"pending", "processing"})

Body = dict[str, Any]


class Refused(LocalError):
    """The service answered that it did not; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


class Api:
    """The API below `url`. Every method raises LocalError when nobody answers there."""

    def __init__(self, url: str, token: str = "") -> None:
        self._url = url
        self._headers = {"Authorization": f"Token {token}"} if token else {}
        self._opener = build_opener(ProxyHandler({}))  # we are on the same machine

    def healthy(self) -> bool:
        """Whether photos can be processed now."""
        try:
            return bool(self._ask(Request(f"{self._url}/health")))  # noqa: S310  # http, our own
        except LocalError:
            return False

    def answers(self) -> bool:
        """Whether anybody is there."""
        try:
            self._ask(Request(f"{self._url}/"))  # noqa: S310  # http, our own
        except LocalError:
            return False
        return True

    def submit(self, photo: Photo) -> str:
        """Send a photo without waiting for what is found in it; gives its job's id.

        Raises:
            Refused: by the service, or by our own file system.
        """
        form, content_type = multipart({"external_id": photo.name[-255:]}, photo.name, read(photo))
        headers = {"Content-Type": content_type, "Prefer": "respond-async"}
        job: str = self._json("/process/image", form, headers)["job_id"]
        return job

    def result(self, photo: Photo, job: str, tend: Callable[[], None]) -> Outcome:
        """What came of a photo, once its job has ended; calls `tend` while it waits.

        Raises:
            LocalError: it does not end.
        """
        deadline = monotonic() + STALLED_S
        while (found := self._json(f"/jobs/{job}"))["status"] in UNDER_WAY:
            if monotonic() > deadline:
                raise LocalError(f"{photo.name} was not done after {STALLED_S} s.")
            tend()
            sleep(POLL_S)
        return outcome(photo.name, found)

    def group(self) -> None:
        """Have faces that belong to no cluster grouped; waits while a worker is at it."""
        deadline = monotonic() + STALLED_S
        while True:
            try:
                self._json("/faces/cluster", b"")
            except Refused as exc:
                if exc.failure.code != BUSY or monotonic() > deadline:
                    raise
                sleep(POLL_S)
            else:
                return

    def clusters(self) -> list[Body]:
        """All clusters, as the API tells of them."""
        return list(self._pages("/faces/clusters?page_size=200"))

    def file(self, url: str) -> bytes:
        """A picture at an address that the API gave."""
        return self._ask(Request(url, headers=self._headers))  # noqa: S310  # the service's own

    def _pages(self, path: str) -> Iterator[Body]:
        where: str | None = f"{self._url}/api/v1{path}"
        while where:
            page = json.loads(self.file(where))
            yield from page["results"]
            where = page["next"]

    def _json(
        self, path: str, data: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Body:
        """With `data` a POST, else a GET."""
        words = {**self._headers, **(headers or {})}
        request = Request(f"{self._url}/api/v1{path}", data, words)  # noqa: S310  # http, our own
        body: Body = json.loads(self._ask(request))
        return body

    def _ask(self, request: Request) -> bytes:
        try:
            with self._opener.open(request, timeout=ANSWER_S) as answer:
                body: bytes = answer.read()
                return body
        except HTTPError as exc:
            raise Refused(_failure(exc)) from exc
        except (URLError, OSError) as exc:
            raise LocalError(f"The web server does not answer: {exc}") from exc


def outcome(name: str, job: Body) -> Outcome:
    """Of the one photo of a job that has ended."""
    if job["error"]:
        return Outcome(name, Failure(**job["error"]))
    told = job["result"]
    faces = [Face.of(face) for face in told["faces"]]
    return Outcome(name, None, faces, job["items"][0]["stage_ms"], Scene.of(told))


def read(photo: Photo) -> bytes:
    """The bytes of a photo. Raises Refused for a file that cannot be read."""
    if photo.path.is_fifo() or photo.path.is_socket():
        raise Refused(Failure("unreadable", "It is no file."))
    try:
        return photo.path.read_bytes()
    except OSError as exc:
        raise Refused(Failure("unreadable", f"It cannot be read: {exc.strerror}.")) from exc


def multipart(fields: Mapping[str, str], name: str, content: bytes) -> tuple[bytes, str]:
    """A form with `fields` and the file `name`, and its content type. Source: RFC 7578."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in fields.items()
    ]
    about = f'Content-Disposition: form-data; name="file"; filename="{_quoted(name)}"'
    head = f"{''.join(parts)}--{boundary}\r\n{about}\r\n\r\n"
    body = b"".join([head.encode(), content, f"\r\n--{boundary}--\r\n".encode()])
    return body, f"multipart/form-data; boundary={boundary}"


def _quoted(name: str) -> str:
    """As browsers do it. Source: HTML, multipart form data."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _failure(error: HTTPError) -> Failure:
    """What the service says of it, in the shape of its errors or otherwise."""
    try:
        body = json.load(error)
        return Failure(body["code"], body["detail"])
    except (ValueError, KeyError, TypeError):
        return Failure(f"http_{error.code}", f"The service answered {error.code} {error.reason}.")
