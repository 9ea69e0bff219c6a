"""What streams of events are tried with: listeners, and what they have heard."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import pytest
from rest_framework.test import APIClient

from jobs.models import Event
from jobs.models.positions import BEGINNING, Position
from jobs.telling import streams
from jobs.telling.hub import Seats
from jobs.telling.streams import Events, Source, Stream
from photos.models import Owner
from tests.jobs.listening import Told

URL = "/api/v1/events"


class Listen(Protocol):
    def __call__(self, source: Source, **values: Any) -> Stream: ...


class Get(Protocol):
    def __call__(self, url: str, **values: Any) -> Any: ...


def everything(owner: Owner) -> Events:
    return streams.of_owner(owner, BEGINNING, Event.Kind.values)


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Opens streams; they are closed after the test."""

    def open_one(source: Source, **values: Any) -> Stream:
        stream = Stream(source, **{"heartbeat_s": 0.05, "seats": 24} | values)
        stack.callback(stream.close)
        return stream

    with ExitStack() as stack:
        yield open_one


@pytest.fixture
def get(api: APIClient) -> Iterator[Get]:
    """Asks the API; answers that go on are closed after the test."""

    def ask(url: str, **values: Any) -> Any:
        answer = api.get(url, **values)
        stack.callback(answer.close)
        return answer

    with ExitStack() as stack:
        yield ask


@pytest.fixture(autouse=True)
def _short(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Heartbeats are frequent, a test that fails ends, and who was served before has no seat."""
    settings.EVENTS_HEARTBEAT_S = 0.05
    monkeypatch.setattr(streams, "LIFE_S", 60.0)
    monkeypatch.setattr(streams, "SEATS", Seats())


def after(owner: Owner, last: Told) -> Events:
    """What one hears who comes again after `last`."""
    position = Position.parse(last.id)
    assert position
    return streams.of_owner(owner, position, Event.Kind.values)
