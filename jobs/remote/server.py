"""The server, as a remote worker sees it: HTTPS that goes out, and answers to it."""

import ipaddress
import json
import logging
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

import httpx2

from photos.errors import FetchTooLarge

log = logging.getLogger(__name__)

API = "/api/v1/worker"
_LEFT = "Kindred-Operations"
# A photo may first have to be fetched from elsewhere by the server.
_TIMEOUT = httpx2.Timeout(60.0, connect=10.0)
_SILENCE_S = 60.0  # of a stream, whose heartbeat comes more often
_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}  # beside 5xx
_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}


class ServerError(Exception):
    """The server did not do what it was asked to."""


class ServerAway(ServerError):
    """The server gave no answer, or none that it meant to give. Try again later."""


class NotOurs(ServerError):
    """The photo is not ours: its lease is lost, it is cancelled, done, or gone."""


class Refused(ServerError):
    """The server does not take what was sent. Sent again it would not either."""


class TokenRefused(Refused):
    """The server does not know the token, or has revoked it."""


class InsecureServer(ValueError):
    """The address would send the token and photos over the internet for everybody to read."""


@dataclass(frozen=True)
class Lease:
    """A photo that is ours until the lease ends."""

    id: int
    number: int
    operations: tuple[str, ...]


@dataclass(frozen=True)
class Claimed:
    """What was claimed, and how the server wants it to be done."""

    leases: Sequence[Lease]
    lease_s: float
    max_pixels: int
    max_bytes: int
    roles: Mapping[str, str]  # role -> active model
    spaces: Mapping[str, str]  # model -> space
    recipes: Mapping[str, str]  # operation -> models
    able: Sequence[str]  # the operations that we can do

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Self:
        leases = [
            Lease(int(each["id"]), int(each["lease"]), tuple(each["operations"]))
            for each in answer["items"]
        ]
        rest = {name: answer[name] for name in cls.__dataclass_fields__ if name != "leases"}
        return cls(leases=leases, **rest)

    @property
    def models(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Of roles, and of operations: while these are the same, things are done in one way."""
        return self.roles, self.recipes


@dataclass(frozen=True)
class PhotoFile:
    data: bytes
    left: tuple[str, ...]  # the operations that are left to do on it


class RemoteServer:
    """The worker's API of the server at `url`, for many threads. Redirects are not followed."""

    def __init__(self, url: str, token: str, worker_id: str, *, version: str = "") -> None:
        """
        Raises:
            InsecureServer: the address is neither https:// nor that of a private host.
        """
        self._base = url.rstrip("/")
        _check(self._base)
        self._worker_id, self._version = worker_id, version
        headers = {"Authorization": f"Worker {token}"}
        self._http = httpx2.Client(headers=headers, timeout=_TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.close()

    def claim(self, *, limit: int, recipes: Mapping[str, str]) -> Claimed:
        """
        Raises:
            ServerAway, TokenRefused, Refused: as the classes say.
        """
        words = {"version": self._version, "limit": limit, "recipes": dict(recipes)}
        answer = self._post(f"{API}/claim", words)
        with _expected():
            return Claimed.read(answer)

    def heartbeat(self, items: Sequence[int]) -> dict[int, bool]:
        """Renew the leases of `items`. Those that are ours still; True: nobody wants it any more.

        Raises:
            ServerAway, TokenRefused, Refused: as the classes say.
        """
        answer = self._post(f"{API}/heartbeat", {"items": list(items)})
        with _expected():
            return {each["id"]: each["cancelling"] for each in answer["items"]}

    def photo(self, lease: Lease, *, max_bytes: int) -> PhotoFile:
        """
        Raises:
            ServerAway, TokenRefused, Refused: as the classes say.
            NotOurs: also where the server could not have the photo, and has ended it.
            FetchTooLarge: it has more than `max_bytes`.
        """
        url = f"{self._base}{API}/items/{lease.id}/photo"
        words: dict[str, str | int] = {"worker_id": self._worker_id, "lease": lease.number}
        with _errors(), self._http.stream("GET", url, params=words) as answer:
            if answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
                raise NotOurs(_words(answer))
            _check_status(answer)
            data = bytearray()
            for part in answer.iter_bytes():
                data += part
                if len(data) > max_bytes:
                    raise FetchTooLarge(f"The photo has more than {max_bytes} bytes.")
            left = answer.headers.get(_LEFT, "").split(",")
            return PhotoFile(bytes(data), tuple(name.strip() for name in left if name.strip()))

    def complete(self, lease: Lease, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Send what was found; returns how the photo's work has ended.

        Raises:
            ServerAway, NotOurs, TokenRefused, Refused: as the classes say.
        """
        return self._end(lease, "complete", answer)

    def fail(self, lease: Lease, code: str, detail: str) -> dict[str, Any]:
        """As complete()."""
        return self._end(lease, "fail", {"code": code, "detail": detail})

    def release(self, lease: Lease) -> dict[str, Any]:
        """As complete()."""
        return self._end(lease, "release", {})

    def work(self) -> Iterator[None]:
        """One None whenever there may be work, until the server ends it: then come again.

        Raises:
            ServerAway, TokenRefused, Refused: as the classes say.
        """
        timeout = httpx2.Timeout(_SILENCE_S)
        with _errors(), self._http.sse(f"{self._base}{API}/events", timeout=timeout) as events:
            _check_status(events.response)
            for event in events:
                if event.event == "work":
                    yield

    def _end(self, lease: Lease, how: str, words: Mapping[str, Any]) -> dict[str, Any]:
        return self._post(f"{API}/items/{lease.id}/{how}", {**words, "lease": lease.number})

    def _post(self, path: str, words: Mapping[str, Any]) -> dict[str, Any]:
        body = {**words, "worker_id": self._worker_id}
        with _errors():
            answer = self._http.post(f"{self._base}{path}", json=body)
            _check_status(answer)
        with _expected():
            told = answer.json()
            if not isinstance(told, dict):
                raise TypeError(told)
        return told


def _check(url: str) -> None:
    """
    Raises:
        InsecureServer: it is neither https:// nor that of a private host.
    """
    try:
        parts = httpx2.URL(url)
    except httpx2.InvalidURL:
        parts = httpx2.URL("")
    if parts.scheme not in ("http", "https") or not parts.host or parts.userinfo or parts.query:
        raise InsecureServer("Give the server's address as https://photos.example, and no more.")
    if parts.scheme == "https":
        return
    if not _is_private(parts.host):
        raise InsecureServer(f"{parts.host} is on the internet, or unknown: use https://.")
    log.warning("The server's address begins with http://: the network can read all we send")


def _is_private(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    return not any(address.is_global for address in addresses)


@contextmanager
def _errors() -> Iterator[None]:
    """
    Raises:
        ServerAway: the network did not bring an answer.
    """
    try:
        yield
    except (httpx2.RequestError, httpx2.StreamError) as exc:
        raise ServerAway(f"The server gives no answer ({type(exc).__name__}).") from exc


@contextmanager
def _expected() -> Iterator[None]:
    """
    Raises:
        ServerAway: what came is not an answer of this API, but perhaps a proxy's.
    """
    try:
        yield
    except (LookupError, TypeError, ValueError) as exc:
        raise ServerAway("The server's answer is none of a Kindred's.") from exc


def _check_status(answer: httpx2.Response) -> None:
    """
    Raises:
        ServerAway, NotOurs, TokenRefused, Refused: as the status says.
    """
    status = answer.status_code
    if status == HTTPStatus.OK:
        return
    words = _words(answer)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _AGAIN:
        raise ServerAway(words)
    if status in _GONE:
        raise NotOurs(words)
    raise (TokenRefused if status == HTTPStatus.UNAUTHORIZED else Refused)(words)


def _words(answer: httpx2.Response) -> str:
    """The status, and the server's own sentence if it has one."""
    try:
        told = json.loads(answer.read())
        return f"{answer.status_code} {told['code']}: {told['detail']}"
    except (LookupError, TypeError, ValueError):
        return f"{answer.status_code} {answer.reason_phrase}"
