"""What the processes of one worker share. Made before they are forked."""

import multiprocessing
import time

STOPPING = multiprocessing.Event()
_alive_at = multiprocessing.Value("d", 0.0)


def beat(*, busy_s: float = 0.0) -> None:
    """Say that tasks are being run, and that this one may well take `busy_s`."""
    with _alive_at.get_lock():
        _alive_at.value = max(_alive_at.value, time.monotonic() + busy_s)


def silent_s() -> float:
    """Seconds since the last beat; below 0 while a task that announced itself may run."""
    return time.monotonic() - float(_alive_at.value)
