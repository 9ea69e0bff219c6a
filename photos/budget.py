"""How many pixels may be in flight at once: what bounds the memory of a worker."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class PixelBudget:
    """`limit` pixels, shared by many threads.

    First come, first served: small photos do not pass a large one that waits, which would else
    wait for as long as they come.
    """

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError(f"{limit} pixels in flight let no photo through: allow 1 at least.")
        self._limit = self._free = limit
        self._line: deque[object] = deque()
        self._changed = Condition()

    @property
    def waiting(self) -> int:
        """How many threads wait for pixels."""
        with self._changed:
            return len(self._line)

    @contextmanager
    def hold(self, pixels: int) -> Iterator[None]:
        """Wait until `pixels` are free, and have them. More than there are: all, and go alone."""
        pixels = min(pixels, self._limit)
        self._take(pixels)
        try:
            yield
        finally:
            with self._changed:
                self._free += pixels
                self._changed.notify_all()

    def _take(self, pixels: int) -> None:
        place = object()
        with self._changed:
            self._line.append(place)
            try:
                self._changed.wait_for(lambda: self._line[0] is place and pixels <= self._free)
                self._free -= pixels
            finally:  # also where the waiting was broken off
                self._line.remove(place)
                self._changed.notify_all()
