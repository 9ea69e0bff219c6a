"""Several processes that begin at the same moment, as the workers of a queue do."""

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.synchronize import Barrier

START_S = 60


def race(workers: int, work: Callable[[Callable[[], object]], None]) -> float:
    """Seconds from the common start of `workers` processes to the end of the last one.

    Each runs `work` in a process of its own and calls what it is given when it is ready: that
    waits for the others. No database connection may be open here, as processes are forked.

    Raises:
        RuntimeError: one of them has failed; its traceback is on stderr.
    """
    forks = multiprocessing.get_context("fork")
    start: Barrier = forks.Barrier(workers + 1)
    crew = [forks.Process(target=_enter, args=(work, start)) for _ in range(workers)]
    for each in crew:
        each.start()
    start.wait(START_S)
    begun = time.perf_counter()
    for each in crew:
        each.join()
    seconds = time.perf_counter() - begun
    if failed := [each.pid for each in crew if each.exitcode]:
        raise RuntimeError(f"{len(failed)} of {workers} processes failed.")
    return seconds


def _enter(work: Callable[[Callable[[], object]], None], start: Barrier) -> None:
    try:
        work(lambda: start.wait(START_S))
    except BaseException:
        start.abort()  # nobody waits for us
        raise
