"""Telling what happens while it happens.

Source: WHATWG HTML, "Server-sent events".
"""

import logging
import time
import weakref
from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self
from uuid import UUID

from django.db import OperationalError, close_old_connections, connection

from jobs.models import Event, Item, Job
from jobs.models.positions import Position, Snapshot
from jobs.telling.feeds import BATCH, Entry, feed_of
from jobs.telling.hub import HUB, SEATS
from jobs.telling.webhooks import ENDS
from photos.models import Owner

log = logging.getLogger(__name__)

LIFE_S = 600.0  # of a stream: then its listener comes again, and has to show who it is
RETRY_MS = 2000  # after which it does
_TICK_S = 0.5  # between looks whether anybody listens still
_REST_S = 0.2  # between two looks for what is new, however often it rings
_REST_EACH_S = 0.002  # of it, for each who listens
_AWAY_S = 1.0  # until the database is asked again
_ALONE_S = 15.0  # until a stream of a job looks again whether it is there at all
_NEVER_S = float("inf")
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
    """Events of an owner that come after `position`, each once, as soon as they can be seen.

    What is new is looked up once for all streams of the owner; who has come late, or can't keep
    up, looks alone until it has caught up. `kinds`: only these are told. `job_pk`: only of this
    job, and no more once it is finished.
    """

    def __init__(
        self,
        owner_pk: int,
        position: Position,
        *,
        kinds: Collection[str] = Event.Kind.values,
        job_pk: UUID | None = None,
    ) -> None:
        self._feed = feed_of(owner_pk)
        self._position = position
        self._kinds = kinds
        self._job_pk = job_pk
        self._events = Event.objects.filter(owner=owner_pk)
        if job_pk is not None:
            self._events = self._events.filter(job_id=job_pk)
        self._alone_at = time.monotonic() + (_NEVER_S if job_pk is None else 0)

    def look(self) -> News:
        at = self._position
        if at.batch is None and time.monotonic() < self._alone_at:
            new = self._feed.after(at.seen)
            if new is not None:
                return self._tell(*new) if new[0] else News()
        return self._catch_up()

    def _catch_up(self) -> News:
        """What a look of one's own finds: only that can say that it is all over."""
        done = self._is_done()  # asked first: if so, its last event can be seen by now
        at = self._position
        before = now()  # if nothing is found, there was nothing to be seen then
        found = list(self._events.after(at)[:BATCH])
        if found:
            batch = at.batch or Snapshot.read(found[0].snapshot)
            return self._tell([*map(Entry.of, found)], batch, whole=len(found) < BATCH)
        if at.batch:
            self._position = Position(at.batch)
            return self._catch_up()
        self._position = before
        if not done:
            self._alone_at = time.monotonic() + (_NEVER_S if self._job_pk is None else _ALONE_S)
        return News(over=done)

    def _tell(self, entries: Sequence[Entry], batch: Snapshot, *, whole: bool = True) -> News:
        seen = self._position.seen
        positions = [Position(seen, batch, each.transaction, each.pk) for each in entries]
        if whole:
            positions[-1] = Position(batch)
        self._position = positions[-1]
        told = [
            (entry, where)
            for entry, where in zip(entries, positions, strict=True)
            if entry.kind in self._kinds and self._job_pk in (None, entry.job_pk)
        ]
        if self._job_pk and any(entry.kind in ENDS for entry, _ in told):
            self._alone_at = 0  # it may be over
        text = "".join(f"id: {where}\n{entry.text}" for entry, where in told)
        return News(text, again_s=0)

    def _is_done(self) -> bool:
        if self._job_pk is None:
            return False
        return not Job.objects.filter(pk=self._job_pk, finished_at=None).exists()


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
    return Events(job.owner_id, after, job_pk=job.pk)


def of_owner(owner: Owner, after: Position, kinds: Collection[str]) -> Events:
    return Events(owner.pk, after, kinds=kinds)


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
                time.sleep(max(0.0, looked + _rest_s() - time.monotonic()))
                break


def _rest_s() -> float:
    """Between two looks: longer where many listen, so that others have their turn as well."""
    return max(_REST_S, SEATS.taken * _REST_EACH_S)


def _look(source: Source) -> News:
    """One look, which leaves no connection to the database in our hands while we wait."""
    try:
        return source.look()
    except OperationalError as exc:
        log.warning("A stream waits for the database: %s", exc)
        return News(again_s=_AWAY_S)
    finally:
        close_old_connections()
