"""Fetching a photo from a URL that a stranger gave, without being led into our own networks."""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpcore

from photos.addresses import Link, is_public
from photos.errors import (
    BlockedAddress,
    FetchEncoded,
    FetchInsecure,
    FetchMissing,
    FetchRedirects,
    FetchStatus,
    FetchTimeout,
    FetchTooLarge,
    FetchUnavailable,
    FetchUnreachable,
    InvalidURL,
)

OK = 200
REDIRECTS = frozenset({301, 302, 303, 307, 308})
BUSY = frozenset({408, 425, 429, *range(500, 600)})  # may go better later
GONE = frozenset({404, 410})
_ERRORS = dict.fromkeys(BUSY, FetchUnavailable) | dict.fromkeys(GONE, FetchMissing)
Headers = Sequence[tuple[str, str]]
ASKED = (("User-Agent", "kindred"), ("Accept", "image/*"), ("Accept-Encoding", "identity"))

BLOCKED = "The photo's URL leads to an address that this service may not fetch from."
TOO_SLOW = "The photo did not arrive in time."
TOO_LARGE = "The photo has more bytes than are accepted."


def resolve(host: str, port: int) -> list[str]:
    """The numeric addresses of a host, best first. The system's resolver bounds the time."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True)
class FetchPolicy:
    """What may be fetched, and how much of it.

    `allowed_hosts` are names or addresses the operator vouches for: they may be private, and
    use any port. `only_allowed_hosts` refuses all others. `timeout_s` is for everything from
    the first look-up to the last byte, however many redirects lie between.
    """

    max_bytes: int
    timeout_s: float
    max_redirects: int = 3
    allowed_hosts: frozenset[str] = frozenset()
    only_allowed_hosts: bool = False
    ports: frozenset[int] = frozenset({80, 443})
    resolve: Callable[[str, int], list[str]] = resolve

    def check(self, link: Link) -> None:
        """Refuse what can be refused without asking a name server.

        Raises:
            BlockedAddress: the host or the port is not for strangers.
        """
        if link.host in self.allowed_hosts:
            return
        if self.only_allowed_hosts or link.port not in self.ports or _is_private(link.host):
            raise BlockedAddress(BLOCKED)

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses to connect to. One look-up, so that what is checked is what is used.

        Raises:
            BlockedAddress: one of them is private, and the host is not allowed by name.
            FetchUnreachable: there is none.
        """
        try:
            found = self.resolve(host, port)
        except OSError as exc:
            raise FetchUnreachable("The photo's host is not known.") from exc
        if host not in self.allowed_hosts and not all(map(is_public, found)):
            raise BlockedAddress(BLOCKED)
        return found


def check_url(url: str, policy: FetchPolicy | None = None) -> None:
    """Refuse a URL that `fetch` would refuse anyway, at once and without touching the network.

    Raises:
        InvalidURL: it is no plain http(s) URL.
        BlockedAddress: `policy`, if given, has no place for its host or port.
    """
    link = Link.parse(url)
    if policy is not None:
        policy.check(link)


def fetch(url: str, policy: FetchPolicy, *, headers: Headers = ()) -> bytes:
    """The bytes that `url` names, following redirects; every hop is checked like the first.

    `headers` are for the origin of `url`, and are sent to no other.

    Raises:
        InvalidURL, BlockedAddress: `url`, or where it leads, may not be fetched.
        FetchUnreachable, FetchTimeout, FetchUnavailable: try again later.
        FetchInsecure, FetchStatus, FetchTooLarge, FetchRedirects, FetchEncoded: do not.
    """
    deadline = Deadline.after(policy.timeout_s)
    link = first = Link.parse(url)
    for _ in range(policy.max_redirects + 1):
        policy.check(link)
        own = headers if link.origin == first.origin else ()
        answer = _ask(link, policy, deadline, own)
        if isinstance(answer, bytes):
            return answer
        link = answer
    raise FetchRedirects("The photo's URL redirects too often.")


@dataclass(frozen=True)
class Deadline:
    """A moment of the monotonic clock, in seconds."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """Seconds until then, more than 0.

        Raises:
            FetchTimeout: there are none.
        """
        seconds = self.at - time.monotonic()
        if seconds <= 0:
            raise FetchTimeout(TOO_SLOW)
        return seconds


@dataclass(frozen=True)
class CheckedNetwork(httpcore.NetworkBackend):
    """Connects only to addresses that `policy` lets through, and only until `deadline`.

    Not to a name: between a check of a name and a connection to it, its address can change.
    """

    policy: FetchPolicy
    deadline: Deadline
    network: httpcore.NetworkBackend = field(default_factory=httpcore.SyncBackend)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first of the host's addresses that answers."""
        addresses = self.policy.addresses(host, port)
        for tried, address in enumerate(addresses):
            patience = self.deadline.left() / (len(addresses) - tried)
            try:
                stream = self.network.connect_tcp(address, port, patience)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if address == addresses[-1]:
                    raise
            else:
                return TimedStream(stream, self.deadline)
        raise FetchUnreachable("The photo's host has no address.")


@dataclass(frozen=True)
class TimedStream(httpcore.NetworkStream):
    """A connection on which each wait is cut at `deadline`: dripping does not prolong it."""

    stream: httpcore.NetworkStream
    deadline: Deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self.deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self.deadline.left())

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        encrypted = self.stream.start_tls(ssl_context, server_hostname, self.deadline.left())
        return TimedStream(encrypted, self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


@cache
def trust() -> ssl.SSLContext:
    """The certificates that this system trusts. Loading them takes longer than a request."""
    return ssl.create_default_context()


@contextmanager
def exchange(
    method: str,
    link: Link,
    network: CheckedNetwork,
    *,
    headers: Sequence[tuple[str, str]],
    content: bytes | None = None,
) -> Iterator[httpcore.Response]:
    """One request over `network`, and the answer to it, as long as the block lasts.

    Raises:
        BlockedAddress, FetchUnreachable, FetchTimeout, FetchInsecure: as `fetch`.
    """
    url = httpcore.URL(scheme=link.scheme, host=link.host, port=link.port, target=link.target)
    connection = httpcore.HTTPConnection(url.origin, trust(), network_backend=network)
    sent = [("Host", link.place), *headers]
    try:
        with connection, connection.stream(method, url, headers=sent, content=content) as response:
            yield response
    except httpcore.TimeoutException as exc:
        raise FetchTimeout(TOO_SLOW) from exc
    except (httpcore.NetworkError, httpcore.ProtocolError) as exc:
        if isinstance(exc.__cause__, ssl.SSLError):
            raise FetchInsecure("The photo's host cannot prove who it is.") from exc
        raise FetchUnreachable("The photo's host broke the connection, or gave none.") from exc


def _ask(link: Link, policy: FetchPolicy, deadline: Deadline, headers: Headers) -> bytes | Link:
    """One request: the photo, or where else it is said to be."""
    network = CheckedNetwork(policy, deadline)
    with exchange("GET", link, network, headers=[*ASKED, *headers]) as response:
        return _read(response, link, policy.max_bytes)


def _read(response: httpcore.Response, link: Link, max_bytes: int) -> bytes | Link:
    headers = {name.lower(): value for name, value in response.headers}
    if response.status in REDIRECTS and b"location" in headers:
        return _follow(link, headers[b"location"])
    if response.status != OK:
        error = _ERRORS.get(response.status, FetchStatus)
        raise error(f"The photo's host answered with status {response.status}.")
    if headers.get(b"content-encoding", b"identity").lower() not in (b"identity", b""):
        raise FetchEncoded("The photo's host sent it compressed, which is not accepted.")
    if int(headers.get(b"content-length", b"0")) > max_bytes:
        raise FetchTooLarge(TOO_LARGE)
    return _body(response.iter_stream(), max_bytes)


def _follow(link: Link, location: bytes) -> Link:
    try:
        return link.follow(location.decode(errors="replace"))
    except InvalidURL as exc:
        raise BlockedAddress(BLOCKED) from exc


def _body(chunks: Iterable[bytes], max_bytes: int) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > max_bytes:
            raise FetchTooLarge(TOO_LARGE)
    return bytes(body)


def _is_private(host: str) -> bool:
    """Whether `host` is this machine by name, or a private address in any notation of numbers."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        numeric = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:  # a name
        return False
    return not all(is_public(str(address[0])) for *_, address in numeric)
