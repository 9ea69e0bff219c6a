"""Doing something in one process at a time, wherever the processes are."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import OperationalError, connection, transaction


class LockTaken(Exception):
    """Somebody else had the lock all the time."""


@contextmanager
def one_at_a_time(key: int, *, timeout_s: float) -> Iterator[None]:
    """Hold PostgreSQL's advisory lock `key` inside the block; wait for it `timeout_s` at most.

    It belongs to the connection, which nobody else uses meanwhile, and goes with it. No
    transaction is open inside the block, so that slow calls may be made there.

    Raises:
        LockTaken: others had it all the time.
    """
    wait = f"{max(1, int(timeout_s * 1000))}ms"  # 0 would be for ever
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [wait])
            cursor.execute("SELECT pg_advisory_lock(%s)", [key])  # outlives the transaction
    except OperationalError as exc:
        if isinstance(exc.__cause__, psycopg.errors.LockNotAvailable):
            raise LockTaken from exc
        raise
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


@contextmanager
def alone(key: int) -> Iterator[bool]:
    """Whether the block has PostgreSQL's advisory lock `key`, which one at a time can have."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        (ours,) = cursor.fetchone() or (False,)
    try:
        yield bool(ours)
    finally:
        if ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


@contextmanager
def borrowed_connection() -> Iterator[None]:
    """Leave a thread that had no database connection without one: nobody might close it."""
    had = connection.connection is not None
    try:
        yield
    finally:
        if not had:
            connection.close()
