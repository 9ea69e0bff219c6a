"""What is new of an owner, looked up once for all who listen to it in this process.

However many streams an owner has, each ring costs one query: who is first makes it, and the others
find what it has found. A stream that is not where the others are looks by itself.
"""

import json
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Self
from uuid import UUID
from weakref import WeakValueDictionary

from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError

from jobs import metrics
from jobs.models import Event
from jobs.models.positions import Position, Snapshot
from jobs.telling.hub import HUB

BATCH = 500  # events of one look
_KEPT_S = 5.0  # for streams that are a little late; who is erased meanwhile is soon forgotten
_TRUSTED_S = 10.0  # in which somebody would have rung
_AWAY_S = 1.0  # until the database is asked again


@dataclass(frozen=True)
class Entry:
    """An event, and how it is told after its `id`."""

    transaction: int
    pk: int
    kind: str
    job_pk: UUID
    text: str

    @classmethod
    def of(cls, event: Event) -> Self:
        data = {"type": event.kind, "job_id": event.job_id, "created_at": event.created_at}
        body = json.dumps(data | event.data, cls=DjangoJSONEncoder)
        text = f"event: {event.kind}\ndata: {body}\n\n"
        return cls(event.transaction, event.pk, event.kind, event.job_id, text)


@dataclass(frozen=True)
class _Step:
    """What one look has found, when, and all that could be seen then."""

    entries: list[Entry]
    seen: Snapshot
    at: float


class Feed:
    """The newest events of one owner: all that became visible between `_base` and `_head`."""

    def __init__(self, owner_pk: int) -> None:
        self._events = Event.objects.filter(owner=owner_pk)
        self._lock = threading.Lock()
        self._base: Snapshot | None = None
        self._head = Snapshot(0)
        self._steps: deque[_Step] = deque()
        self._rings: int | None = None
        self._looked_at = self._away_until = 0.0

    def after(self, seen: Snapshot) -> tuple[list[Entry], Snapshot] | None:
        """What is not in `seen`, in the order of positions, and all that can be seen with it.

        None: it is not known here any more, or never was.

        Raises:
            OperationalError: the database gives no answer, or gave none a moment ago.
        """
        with self._lock:
            if self._base is None:
                self._base = self._head = seen
            rings = HUB.rings()
            if rings is None or rings != self._rings or self._age_s() > _TRUSTED_S:
                self._look(rings)
            if not seen.covers(self._base):
                return None
            entries = [
                each
                for step in self._steps
                for each in step.entries
                if not seen.sees(each.transaction)
            ]
            if entries and not self._head.covers(seen):
                return None
            return sorted(entries, key=lambda each: (each.transaction, each.pk)), self._head

    def _age_s(self) -> float:
        return time.monotonic() - self._looked_at

    def _look(self, rings: int | None) -> None:
        """`rings`: how many there were before it."""
        metrics.LOOKS.inc()
        if time.monotonic() < self._away_until:
            raise OperationalError("The database was away a moment ago.")
        try:
            found = list(self._events.after(Position(self._head))[:BATCH])
        except OperationalError:
            self._away_until = time.monotonic() + _AWAY_S
            raise
        self._rings, self._looked_at = rings, time.monotonic()
        if found:
            self._head = Snapshot.read(found[0].snapshot)
            self._steps.append(_Step([*map(Entry.of, found)], self._head, self._looked_at))
        self._forget(everything=len(found) == BATCH)  # there may be more: who wants them looks

    def _forget(self, *, everything: bool) -> None:
        """What is old. Those who have not been told of it look for it by themselves."""
        while self._steps and (everything or self._steps[0].at < self._looked_at - _KEPT_S):
            self._base = self._steps.popleft().seen


_feeds: WeakValueDictionary[int, Feed] = WeakValueDictionary()
_making = threading.Lock()


def feed_of(owner_pk: int) -> Feed:
    """The one of this process, which is there for as long as somebody has it."""
    with _making:
        feed = _feeds.get(owner_pk)
        if feed is None:
            feed = _feeds[owner_pk] = Feed(owner_pk)
        return feed
