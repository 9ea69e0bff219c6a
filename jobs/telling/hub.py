"""Hearing the database's NOTIFY, and having room for those who wait for it.

One connection of each process listens for all of its threads. It is none of the pool's, as it is
held for ever. While there is none, whoever waits looks for itself from time to time.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections
from psycopg import sql

from jobs import metrics
from jobs.errors import TooManyStreams
from jobs.events import CHANNEL

log = logging.getLogger(__name__)

_LOOK_S = 0.5  # whether what is waited for holds, however few rings are heard
_TICK_S = 0.2  # between looks whether to go on listening
_CALM_S = 0.05  # NOTIFYs that come in so short a time are one ring
_LONGEST_PAUSE_S = 10.0  # before connecting again
# A server that is gone without a word is found out by then.
_ALIVE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}


class Hub:
    """What the threads of this process hear. Begins when it is first needed: after any fork."""

    def __init__(self) -> None:
        self.stopping: Callable[[], bool] = lambda: False  # the web server says it: see its hooks
        self._lock = threading.Condition()
        self._rings = 0
        self._hears = False
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def ear(self) -> "Ear":
        """For one thread: it hears what rings from now on."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._closing = threading.Event()
                self._thread = threading.Thread(
                    target=self._listen, args=(self._closing,), name="hub", daemon=True
                )
                self._thread.start()
            return Ear(self, self._rings)

    def wait_until(self, holds: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until `holds()`, `timeout_s` at most; returns whether it does.

        It is asked after each ring, and from time to time. Between, this thread has no connection
        to the database. Nobody waits in a process that is to stop.
        """
        give_up = time.monotonic() + timeout_s
        if timeout_s <= 0:
            return holds()
        ear = self.ear()
        while not holds():
            left_s = give_up - time.monotonic()
            if left_s <= 0 or self.stopping():
                return False
            close_old_connections()
            ear.wait(min(left_s, _LOOK_S))
        return True

    def close(self) -> None:
        """Give the connection back, until somebody wants an ear again."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._closing.set()
        if thread and thread.is_alive():
            thread.join()

    def rings(self) -> int | None:
        """How many there were. None: nobody can tell."""
        with self._lock:
            return self._rings if self._hears else None

    def wait(self, heard: int, timeout_s: float) -> tuple[int, bool]:
        """Wait for more rings than `heard`; returns how many there were, and whether to look."""
        with self._lock:
            rung = self._lock.wait_for(lambda: self._rings != heard, timeout_s)
            return self._rings, rung or not self._hears

    def _listen(self, closing: threading.Event) -> None:
        pause_s = 1.0
        while not closing.is_set():
            try:
                with psycopg.connect(**_parameters()) as connection:
                    connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    pause_s = 1.0
                    self._hear(connection, closing)
            except psycopg.OperationalError as exc:
                log.warning("Nobody hears the database; again in %g s: %s", pause_s, exc)
                self._ring(hears=False)
                closing.wait(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        self._ring(hears=False)

    def _hear(self, connection: psycopg.Connection[Any], closing: threading.Event) -> None:
        self._ring(hears=True)  # for what nobody has heard before
        while not closing.is_set():
            if list(connection.notifies(timeout=_TICK_S, stop_after=1)):
                self._ring(hears=True)
                closing.wait(_CALM_S)

    def _ring(self, *, hears: bool) -> None:
        with self._lock:
            self._hears = hears
            self._rings += 1
            self._lock.notify_all()


class Ear:
    """Hears for one thread. What rings while the thread looks is heard when it waits again."""

    def __init__(self, hub: Hub, heard: int) -> None:
        self._hub = hub
        self._heard = heard

    def wait(self, timeout_s: float) -> bool:
        """True: somebody has rung since the last time, or nobody can tell: better look."""
        self._heard, look = self._hub.wait(self._heard, timeout_s)
        return look


class Seats:
    """Requests of this process that wait: so few that others always find a thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0

    def take(self, limit: int) -> None:
        """Have one until leave(), once.

        Raises:
            TooManyStreams: there are `limit` already.
        """
        with self._lock:
            if self._taken >= limit:
                raise TooManyStreams("As many listen already as may. Ask again in some seconds.")
            self._taken += 1
            metrics.STREAMS.set(self._taken)

    @property
    def taken(self) -> int:
        return self._taken

    def leave(self) -> None:
        with self._lock:
            self._taken -= 1
            metrics.STREAMS.set(self._taken)

    @contextmanager
    def seat(self, limit: int) -> Iterator[None]:
        """Have one inside the block. Raises TooManyStreams as take()."""
        self.take(limit)
        try:
            yield
        finally:
            self.leave()


HUB = Hub()
SEATS = Seats()


def _parameters() -> dict[str, Any]:
    """Of a connection like Django's, outside its pool."""
    theirs = connections[DEFAULT_DB_ALIAS].get_connection_params()
    return {**theirs, **_ALIVE, "autocommit": True}
