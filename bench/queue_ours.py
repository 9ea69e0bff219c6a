"""Empty items through our queue: `python -m bench.queue_ours WORKERS ITEMS AT_ONCE`.

Each worker is a process with one connection, which claims up to `AT_ONCE` items, ends each of them
with its event in a transaction of its own, and looks after each end whether the job has ended with
it. What drains do around that is left out, as it is of the peer's workers. Prints the seconds, as
JSON.
"""

import json
import sys
from collections.abc import Callable
from functools import partial
from uuid import uuid4

from django.db import connection

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from bench.crew import race
from jobs import queue, services
from jobs.models import Item
from photos.models import Owner

LEASE_S = 60


def fill(items: int) -> None:
    owner, _ = Owner.objects.get_or_create(subject="bench")
    sources = [services.Source(Item.Source.URL, f"http://127.0.0.1/{n}") for n in range(items)]
    services.submit(owner, sources)


def work(at_once: int, ready: Callable[[], object]) -> None:
    worker = uuid4().hex
    connection.ensure_connection()
    ready()
    while items := Item.objects.claim(worker=worker, limit=at_once, lease_s=LEASE_S):
        for item in items:
            queue.finish(item)  # nothing is stored: it needs no transaction around it
            queue.settle([item.job_id])


def main(workers: str, items: str, at_once: str) -> None:
    fill(int(items))
    connection.close()  # before the fork
    seconds = race(int(workers), partial(work, int(at_once)))
    sys.stdout.write(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
