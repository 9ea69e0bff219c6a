"""Drains that kill themselves at a step, each in a process of its own. For test_kills.py.

`python -m tests.jobs.killed` reads the steps from its input, and answers each with the exit status.
A drain's process is a fork of this one, as a worker is of its cluster: the program is read once.
"""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
import photos.serving
from jobs import tasks
from jobs.drain import Drain

IN_FLIGHT = 2


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if not child:
            drain(line.strip())
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201  # the answer


def drain(step: str) -> None:
    def die_at(reached: str) -> None:
        if reached == step:
            os.kill(os.getpid(), signal.SIGKILL)

    with photos.serving.client() as triton, ThreadPoolExecutor(IN_FLIGHT) as looks:
        parts = replace(tasks.parts_of(triton, looks), reached=die_at)
        Drain(parts, in_flight=IN_FLIGHT, lease_s=600, limit_s=600).run()


if __name__ == "__main__":
    main()
