"""Reading side by side: statements that don't wait for each other, each on its own connection."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from threading import BoundedSemaphore
from typing import Generic, TypeVar

from django.conf import settings
from django.db import connection

T = TypeVar("T")

_free = BoundedSemaphore(settings.DATABASE_HELPERS)
_helpers = ThreadPoolExecutor(settings.DATABASE_HELPERS, "reading")


class Begun(Generic[T]):
    """Something that reads the database, beside what its maker goes on with.

    It is done when it is asked for, where nothing can be done beside: in a transaction, whose rows
    no other connection sees; without a pool of connections; while no helper is free. So nobody
    ever waits for a helper. It is to say nothing to anybody: the request's language stays behind.
    """

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._future: Future[T] | None = None
        pool = connection.settings_dict["OPTIONS"].get("pool")
        if pool and not connection.in_atomic_block and _free.acquire(blocking=False):
            self._future = _helpers.submit(copy_context().run, _helped, read)

    def result(self) -> T:
        """What it gives; the same again.

        Raises:
            Whatever it does.
        """
        if self._future is None:
            given: Future[T] = Future()
            given.set_result(self._read())
            self._future = given
        return self._future.result()


def _helped(read: Callable[[], T]) -> T:
    try:
        with closing(connection):  # which gives it back
            return read()
    finally:
        _free.release()
