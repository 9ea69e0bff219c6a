"""Telling what happens while it happens.

Source: WHATWG HTML, "Server-sent events".
"""

import json
import logging
import time
import weakref
from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass
from typing import Protocol, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError, close_old_connections, connection

from jobs.models import Event, Item, Job
from jobs.models.outbox import EventQuerySet
from jobs.models.positions import Position, Snapshot
from jobs.telling.hub import HUB, SEATS
from photos.models import Owner

log = logging.getLogger(__name__)

LIFE_S = 600.0  # of a stream: then its listener comes again, and has to show who it is
RETRY_MS = 2000  # after which it does
_BATCH = 500  # events of one look
_TICK_S = 0.5  # between looks whether anybody listens still
_REST_S = 0.2  # between two looks for what is new, however often it rings
_AWAY_S = 1.0  # until the database is asked again
_CALM_S = 1.0  # between two words that there is work
_HEARTBEAT = ": nothing new\n\n"
_WORK = "event: work\ndata: {}\n\n"


def now() -> Position:
    """Of somebody who has been told all that can be seen now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return Position(Snapshot.read(cursor.fetchone()[0]))


@dataclass(frozen=True)
class News:
    """What one look has found: `text` to send. Without it: when to look again if nobody rings."""

    text: str = ""
    again_s: float | None = None
    over: bool = False  # nothing more will come


class Source(Protocol):
    """What somebody listens to. A look costs a fixed number of queries."""

    def look(self) -> News: ...


class Events:
    """Those of `events` that come after `position`, each once, as soon as they can be seen.

    `kinds`: only these are told. `done`: whether no more will happen.
    """

    def __init__(
        self,
        events: EventQuerySet,
        position: Position,
        *,
        kinds: Collection[str] = Event.Kind.values,
        done: Callable[[], bool] = lambda: False,
    ) -> None:
        self._events = events
        self._position = position
        self._kinds = kinds
        self._done = done

    def look(self) -> News:
        done = self._done()  # asked first: if so, its last event can be seen by now
        at = self._position
        found = list(self._events.after(at)[:_BATCH])
        if not found and at.batch:
            self._position = Position(at.batch)
            return self.look()
        if not found:
            return News(over=done)
        batch = at.batch or Snapshot.read(found[0].snapshot)
        positions = [Position(at.seen, batch, event.transaction, event.pk) for event in found]
        if len(found) < _BATCH:
            positions[-1] = Position(batch)
        self._position = positions[-1]
        told = zip(found, positions, strict=True)
        text = "".join(_text(event, where) for event, where in told if event.kind in self._kinds)
        return News(text, again_s=0)


class Work:
    """Whether a remote worker would find photos to claim: `owner_pk`'s only, or anybody's."""

    def __init__(self, owner_pk: int | None) -> None:
        photos = Item.objects.exclude(source=Item.Source.NONE)
        self._items = photos if owner_pk is None else photos.filter(owner=owner_pk)
        self._quiet_until = 0.0

    def look(self) -> News:
        if (calm_s := self._quiet_until - time.monotonic()) > 0:
            return News(again_s=calm_s)
        wait_s = self._items.next_in_s()
        if wait_s != 0:
            return News(again_s=wait_s)
        self._quiet_until = time.monotonic() + _CALM_S
        return News(_WORK)


def of_job(job: Job, after: Position) -> Events:
    """All events of `job`; over when it is finished and all are told."""
    unfinished = Job.objects.filter(pk=job.pk, finished_at=None)
    events = Event.objects.filter(owner=job.owner_id, job_id=job.pk)
    return Events(events, after, done=lambda: not unfinished.exists())


def of_owner(owner: Owner, after: Position, kinds: Collection[str]) -> Events:
    return Events(Event.objects.filter(owner=owner), after, kinds=kinds)


def ready(position: Position) -> str:
    """The first words of a stream: from where on it tells, and when to come again after it."""
    return f'id: {position}\nretry: {RETRY_MS}\nevent: ready\ndata: {{"type": "ready"}}\n\n'


class Stream:
    """What is sent to one listener, who has a seat until it is closed.

    It ends when its source is over, its time is up, the listener is not `there` any more, or the
    web server stops.

    Raises:
        TooManyStreams: all `seats` are taken.
    """

    def __init__(
        self,
        source: Source,
        first: str = "",
        *,
        heartbeat_s: float,
        seats: int,
        there: Callable[[], bool] = lambda: True,
    ) -> None:
        SEATS.take(seats)
        self._leave = weakref.finalize(self, SEATS.leave)  # once, even if nobody closes it
        self._lines = _lines(source, first, heartbeat_s, there)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        return next(self._lines)

    def close(self) -> None:
        self._lines.close()
        self._leave()


def _lines(
    source: Source, first: str, heartbeat_s: float, there: Callable[[], bool]
) -> Generator[str]:
    end = time.monotonic() + LIFE_S

    def goes_on() -> bool:
        return time.monotonic() < end and not HUB.stopping() and there()

    ear = HUB.ear()
    if first:
        yield first
    due = time.monotonic() + heartbeat_s
    while goes_on():
        looked, news = time.monotonic(), _look(source)
        if news.text or time.monotonic() >= due:
            yield news.text or _HEARTBEAT
            due = time.monotonic() + heartbeat_s
        if news.over:
            return
        again = due if news.again_s is None else min(due, time.monotonic() + news.again_s)
        while (left_s := again - time.monotonic()) > 0 and goes_on():
            if ear.wait(min(left_s, _TICK_S)):
                time.sleep(max(0.0, looked + _REST_S - time.monotonic()))
                break


def _look(source: Source) -> News:
    """One look, which leaves no connection to the database in our hands while we wait."""
    try:
        return source.look()
    except OperationalError as exc:
        log.warning("A stream waits for the database: %s", exc)
        return News(again_s=_AWAY_S)
    finally:
        close_old_connections()


def _text(event: Event, position: Position) -> str:
    data = {
        "type": event.kind,
        "job_id": event.job_id,
        "created_at": event.created_at,
        **event.data,
    }
    body = json.dumps(data, cls=DjangoJSONEncoder)
    return f"id: {position}\nevent: {event.kind}\ndata: {body}\n\n"
