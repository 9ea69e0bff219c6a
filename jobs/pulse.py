"""What the processes of one worker share. Made before they are forked."""

import multiprocessing
import os
import time
from multiprocessing.connection import wait


class Stopping:
    """Whether the processes are to stop: who has been told once stays told.

    A multiprocessing.Event would wait by the clock of the day: where that was ahead and is set
    right meanwhile, it waits for as long as it was ahead. It has a lock, too, that can die with
    its holder.
    """

    def __init__(self) -> None:
        self._told = os.eventfd(0)  # can be read from as soon as somebody has told it

    def set(self) -> None:
        os.eventfd_write(self._told, 1)

    def is_set(self) -> bool:
        return self.wait(0)

    def wait(self, seconds: float) -> bool:
        """Until they are to stop, or that time is over; whether they are."""
        return bool(wait([self._told], seconds))


STOPPING = Stopping()
_alive_at = multiprocessing.Value("d", 0.0, lock=False)  # no lock that dies with its holder


def beat() -> None:
    """Say that a task is being run, and moves."""
    _alive_at.value = time.monotonic()


def silent_s() -> float:
    """Seconds since the last beat of any of the processes."""
    return time.monotonic() - float(_alive_at.value)
