"""A drain that kills itself at a step: `python -m tests.jobs.killed STEP`. For test_kills.py."""

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


def main(step: str) -> None:
    def die_at(reached: str) -> None:
        if reached == step:
            os.kill(os.getpid(), signal.SIGKILL)

    with photos.serving.client() as triton, ThreadPoolExecutor(IN_FLIGHT) as looks:
        parts = replace(tasks.parts_of(triton, looks), reached=die_at)
        Drain(parts, in_flight=IN_FLIGHT, lease_s=600, limit_s=600).run()


if __name__ == "__main__":
    main(sys.argv[1])
