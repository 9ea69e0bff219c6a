import os
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event, Lock, Thread

import numpy as np
import pytest

from photos.budget import PixelBudget

LONGEST_S = 30  # a test that waits longer has failed


class Holder:
    """A thread that holds pixels from when it gets them until it is let go."""

    def __init__(self, budget: PixelBudget, pixels: int, got: "SimpleQueue[int]") -> None:
        self._budget, self._pixels, self._got = budget, pixels, got
        self._go = Event()
        self._thread = Thread(target=self._hold, daemon=True)
        self._thread.start()

    def _hold(self) -> None:
        with self._budget.hold(self._pixels):
            self._got.put(self._pixels)
            self._go.wait(LONGEST_S)

    def let_go(self) -> None:
        self._go.set()
        self._thread.join(LONGEST_S)
        assert not self._thread.is_alive()


def holders(budget: PixelBudget, *pixels: int) -> "tuple[list[Holder], SimpleQueue[int]]":
    """Threads that came one after the other, and what is got, in that order."""
    got: SimpleQueue[int] = SimpleQueue()
    line = []
    for each in pixels:
        before, waited = got.qsize(), budget.waiting
        line.append(Holder(budget, each, got))
        while got.qsize() == before and budget.waiting == waited:
            os.sched_yield()
    return line, got


def all_of(got: "SimpleQueue[int]") -> list[int]:
    return [got.get(timeout=LONGEST_S) for _ in range(got.qsize())]


class TestPixelBudget:
    def test_gives_pixels_to_many_while_there_are_some(self) -> None:
        budget = PixelBudget(10)

        line, got = holders(budget, 4, 6)

        assert (all_of(got), budget.waiting) == ([4, 6], 0)
        for each in line:
            each.let_go()

    def test_lets_one_wait_until_there_are_enough(self) -> None:
        budget = PixelBudget(10)
        (first, second), got = holders(budget, 7, 4)
        assert (all_of(got), budget.waiting) == ([7], 1)

        first.let_go()

        assert got.get(timeout=LONGEST_S) == 4
        second.let_go()

    def test_lets_no_small_one_pass_a_large_one_that_waits(self) -> None:
        budget = PixelBudget(10)
        (first, large, small), got = holders(budget, 7, 10, 1)
        assert (all_of(got), budget.waiting) == ([7], 2)

        first.let_go()

        assert got.get(timeout=LONGEST_S) == 10
        assert (got.qsize(), budget.waiting) == (0, 1)
        large.let_go()
        assert got.get(timeout=LONGEST_S) == 1
        small.let_go()

    def test_gives_all_to_one_that_is_larger_than_all(self) -> None:
        budget = PixelBudget(10)
        (first, larger, last), got = holders(budget, 1, 1000, 1)
        assert (all_of(got), budget.waiting) == ([1], 2)

        first.let_go()

        assert got.get(timeout=LONGEST_S) == 1000
        assert budget.waiting == 1
        larger.let_go()
        assert got.get(timeout=LONGEST_S) == 1
        last.let_go()

    def test_takes_pixels_back_from_work_that_fails(self) -> None:
        budget = PixelBudget(10)
        with pytest.raises(LookupError), budget.hold(10):
            raise LookupError

        with budget.hold(10):
            assert budget.waiting == 0

    def test_never_gives_more_than_there_are(self) -> None:
        budget, lock = PixelBudget(100), Lock()
        held, most = 0, 0

        def work(pixels: int) -> None:
            nonlocal held, most
            with budget.hold(pixels):
                with lock:
                    held += pixels
                    most = max(most, held)
                os.sched_yield()
                with lock:
                    held -= pixels

        sizes = np.random.default_rng(0).integers(0, 101, 500).tolist()
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(work, sizes, timeout=LONGEST_S))

        assert (held, budget.waiting) == (0, 0)
        assert 50 < most <= 100

    @pytest.mark.parametrize("limit", [0, -1])
    def test_of_nothing_is_refused(self, limit: int) -> None:
        with pytest.raises(ValueError, match="allow 1 at least"):
            PixelBudget(limit)
