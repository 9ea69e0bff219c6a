"""Being told what happens, by Server-Sent Events."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import httpx2

from kindred_client.transport import Transport, checked, unreachable

_SILENCE_S = 60.0  # of a stream, which gives a sign of life more often
_AGAIN_S = 2.0  # after which we come back, as the service asks browsers to


@dataclass(frozen=True)
class Event:
    """Something that has happened. `id`: of where to go on listening."""

    id: str
    kind: str
    data: Mapping[str, Any]


def listen(
    transport: Transport, path: str, params: Mapping[str, str], after: str
) -> Iterator[Event]:
    """What is told at `path` after the event with the id `after`, until there will be no more.

    Comes back where a stream ends or breaks, and misses nothing meanwhile.

    Raises:
        KindredError: the service does not let us listen, or is away for long.
    """
    last = after
    while True:
        headers = {"Last-Event-ID": last} if last else {}
        question = {"params": params, "headers": headers, "timeout": _SILENCE_S}
        stream = transport.insist(lambda: _opened(transport.http, path, question))  # noqa: B023  # asked at once
        with closing(stream):
            if stream.status_code == HTTPStatus.NO_CONTENT:
                return
            try:
                for told in httpx2.EventSource(stream):
                    last = told.id or last
                    if told.event != "ready":
                        yield Event(told.id, told.event, cast("dict[str, Any]", told.json()))
            except httpx2.TransportError:
                transport.pause(_AGAIN_S)


def _opened(http: httpx2.Client, path: str, question: Mapping[str, Any]) -> httpx2.Response:
    """A stream that has begun.

    Raises:
        KindredError: the service does not let us listen, or gives no answer.
    """
    try:
        stream = http.send(http.build_request("GET", path, **question), stream=True)
        if not stream.is_success:
            with closing(stream):
                stream.read()
        return checked(stream)
    except httpx2.TransportError as exc:
        raise unreachable(exc) from exc
