"""Emptying the queue: many photos in flight at once, under one lease."""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from django.db import connection

from inference.tracing import span
from jobs import events, maintenance, pulse, queue
from jobs.connections import LOST
from jobs.errors import Cancelled, DatabaseAway, LeaseLost
from jobs.logged import about
from jobs.models import Item
from jobs.pipeline import Parts, work

log = logging.getLogger(__name__)

_LOOK_S = 0.5  # between looks for more, where there is room


def new_worker_name() -> str:
    """Another one for each drain: a drain that lost its items must not find them its own again."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"


@dataclass
class Drain:
    """Claims the most urgent items and works on `in_flight` of them at a time.

    Threads, as the time goes into servers, files and native code. Ends when the queue is
    empty, after `limit_s`, or when `stopping()`; what is in flight is always finished.
    """

    parts: Parts
    in_flight: int
    lease_s: float
    limit_s: float
    stopping: Callable[[], bool] = lambda: False
    worker: str = field(default_factory=new_worker_name)
    _suspicious: bool = field(default=False, init=False)  # what is in flight, and alone

    def run(self) -> int:
        """Returns how many items were worked on."""
        with ThreadPoolExecutor(self.in_flight) as pool:
            try:
                return self._run(pool)
            finally:  # a connection that is not given back is missing in the pool for good
                _close_connections(pool, self.in_flight)

    def _run(self, pool: ThreadPoolExecutor) -> int:
        started, done = time.monotonic(), 0
        running: dict[Future[None], Item] = {}
        renewed = started
        while True:
            if not (self.stopping() or time.monotonic() - started > self.limit_s):
                claimed = self._claim(len(running))
                running |= {pool.submit(self._work, item): item for item in claimed}
            pulse.beat()
            if not running:
                return done
            finished, _ = wait(running, self._patience_s(len(running)), FIRST_COMPLETED)
            done += len(finished)
            for future in finished:
                running.pop(future)
                future.result()
            if finished:
                events.ring()  # once for all of them: a NOTIFY holds up other commits
            renewed = self._renew(renewed, running.values())

    def _patience_s(self, running: int) -> float:
        """Until it looks again: soon where it has room for what may come meanwhile."""
        has_room = 2 * (self.in_flight - running) >= self.in_flight
        return min(self.lease_s / 3, _LOOK_S) if has_room else self.lease_s / 3

    def _claim(self, running: int) -> list[Item]:
        """As many as there is room for, once half of it is free: a claim costs a query.

        A photo that a worker has died with is worked on alone: it takes no others with it.
        """
        free = self.in_flight - running
        if 2 * free < self.in_flight or (running and self._suspicious):
            return []
        found = [] if running else self._ask(limit=1, suspects=True)
        self._suspicious = bool(found)
        return found or self._ask(limit=free, suspects=False)

    def _ask(self, *, limit: int, suspects: bool) -> list[Item]:
        return Item.objects.claim(
            worker=self.worker, limit=limit, lease_s=self.lease_s, suspects=suspects
        )

    def _renew(self, renewed: float, running: Iterable[Item]) -> float:
        """Keep the leases; tell those who work on an item that somebody wants it no more."""
        if time.monotonic() - renewed < self.lease_s / 3:
            return renewed
        items = list(running)
        held = Item.objects.renew(
            worker=self.worker, items=[item.pk for item in items], lease_s=self.lease_s
        )
        for item in items:
            item.cancelling = held.get(item.pk, False)
        return time.monotonic()

    def _work(self, item: Item) -> None:
        """Work on one item, whatever happens to it. Others go on."""
        with about(job_id=item.job_id, item_id=item.pk), span("item", attempt=item.attempts):
            self._settle(item)

    def _settle(self, item: Item) -> None:
        try:
            try:
                self._end(item)
            except LeaseLost as exc:  # or its end was stored, and the answer to that got lost
                log.warning("%s", exc)
            queue.settle([item.job_id])
        except LOST as exc:  # its lease ends, and a sweep takes it back
            log.warning("How item %s ended could not be written: %s", item.pk, exc)
            connection.close_if_unusable_or_obsolete()

    def _end(self, item: Item) -> None:
        try:
            self._try(item)
        except Cancelled:
            queue.drop(item)

    def _try(self, item: Item) -> None:
        try:
            if item.source == Item.Source.NONE:
                maintenance.run(item)
            else:
                work(item, self.parts)
        except (LeaseLost, Cancelled):
            raise
        except queue.KNOWN_ERRORS as exc:
            failed = queue.give_up(item, exc)
            log.info("Item %s %s: %s", item.pk, "failed" if failed else "waits", exc.code)
        except LOST as exc:
            log.warning("Item %s waits for the database: %s", item.pk, exc)
            connection.close_if_unusable_or_obsolete()
            queue.give_up(item, DatabaseAway("The database gave no answer."))
        except Exception:
            log.exception("Item %s failed", item.pk)
            queue.fail_unexpectedly(item)


def _close_connections(pool: ThreadPoolExecutor, threads: int) -> None:
    """Each thread has a database connection of its own, which it alone can close."""
    everyone = threading.Barrier(threads)

    def close() -> None:
        everyone.wait()
        connection.close()

    for future in [pool.submit(close) for _ in range(threads)]:
        future.result()
