"""The database's engine where connections come from a pool, as Django wants to find it.

Django has the pool ask the server for a sign of life before each request, which takes as long as
to look somebody up. A connection that the server has left says so itself.
"""

import time
from select import POLLIN, poll
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool

Connection = psycopg.Connection[Any]

IDLE_S = 30  # after so long something between us and the server may have forgotten it
_lent: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()  # when, by time.monotonic()


class DatabaseWrapper(base.DatabaseWrapper):
    @property
    def pool(self) -> ConnectionPool[Connection] | None:
        pool: ConnectionPool[Connection] | None = super().pool
        if pool is not None:
            pool._check = check  # noqa: SLF001  # Django gives its own, and no way to give another
        return pool


def check(connection: Connection) -> None:
    """Asks the server only where it has said something since, or nobody has asked it for long.

    Raises:
        OperationalError: it is not there any more.
    """
    now = time.monotonic()
    lately = now - _lent.get(connection, -IDLE_S) < IDLE_S
    _lent[connection] = now
    if not lately or _has_said_something(connection):
        ConnectionPool.check_connection(connection)


def _has_said_something(connection: Connection) -> bool:
    """Such as that it hangs up."""
    waiting = poll()
    waiting.register(connection.pgconn.socket, POLLIN)
    return bool(waiting.poll(0))
