"""What the processes of one worker share. Made before they are forked."""

import multiprocessing
import time

STOPPING = multiprocessing.Event()
_alive_at = multiprocessing.Value("d", 0.0, lock=False)  # no lock that dies with its holder


def beat() -> None:
    """Say that a task is being run, and moves."""
    _alive_at.value = time.monotonic()


def silent_s() -> float:
    """Seconds since the last beat of any of the processes."""
    return time.monotonic() - float(_alive_at.value)
