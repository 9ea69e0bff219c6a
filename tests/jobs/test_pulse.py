"""How the processes of a worker are told to stop, and wait for it."""

import os
import subprocess
import sys

from bench.chaos.clock import Clock
from jobs.pulse import Stopping
from tests.clocks import clock_ahead

__all__ = ["clock_ahead"]  # a fixture

# Begins to wait by a clock that is 40 days ahead, and is set right while it waits.
WAITS = """
import sys, threading
from pathlib import Path
from bench.chaos.clock import Clock
from jobs.pulse import Stopping
clock = Clock(Path(sys.argv[1]), Path())
threading.Timer(0.05, clock.turn, [0]).start()
print(Stopping().wait(0.3))
"""
LIMIT_S = 60


class TestStopping:
    def test_is_said_once_for_all(self) -> None:
        stopping = Stopping()
        assert not stopping.is_set()
        assert not stopping.wait(0.01)

        stopping.set()
        stopping.set()

        assert stopping.is_set()
        assert stopping.wait(LIMIT_S)
        assert stopping.is_set()

    def test_reaches_who_was_forked_before(self) -> None:
        stopping, ours = Stopping(), os.getpid()
        child = os.fork()
        if os.getpid() != ours:
            os._exit(0 if stopping.wait(LIMIT_S) else 1)
        stopping.set()

        _, status = os.waitpid(child, 0)

        assert os.waitstatus_to_exitcode(status) == 0

    def test_is_waited_for_by_no_clock_that_can_be_set(self, clock_ahead: Clock) -> None:
        done = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, "-c", WAITS, str(clock_ahead.file)],
            env={**os.environ, **clock_ahead.variables},
            capture_output=True,
            text=True,
            check=True,
            timeout=LIMIT_S,
        )

        assert done.stdout == "False\n"
