"""Empty tasks through django-q2: `python -m bench.queue_q2 WORKERS TASKS`.

Its own cluster with so many workers, in the database of the settings: what it prefetches is its own
choice, all ends are kept, and no schedule runs. Prints the seconds from the start of the first task
to the moment in which all ends are stored, as JSON.
"""

import json
import logging
import sys
import time
from importlib import import_module

from django.apps import apps
from django.db import connection
from django.db.models import Min
from django.utils import timezone

import config.wsgi  # noqa: F401  # sets Django up, before q2's modules are imported

LIMIT_S = 300
LOOK_S = 0.05
EMPTY = "time.time"  # a task that takes no time


def fill(tasks: int) -> None:
    enqueue = import_module("django_q.tasks").async_task
    for _ in range(tasks):
        enqueue(EMPTY)


def work(workers: int, tasks: int) -> float:
    conf = import_module("django_q.conf").Conf
    conf.WORKERS, conf.QUEUE_LIMIT = workers, workers**2  # the latter as it is by itself
    conf.SAVE_LIMIT, conf.SCHEDULER = 0, False
    ends = apps.get_model("django_q", "Success").objects
    before = ends.count()
    connection.close()  # before the fork
    cluster = import_module("django_q.cluster").Cluster()
    cluster.start()
    try:
        give_up = time.monotonic() + LIMIT_S
        while ends.count() - before < tasks:
            if time.monotonic() > give_up:
                sys.exit(f"django-q2 has not done {tasks} tasks in {LIMIT_S} s.")
            time.sleep(LOOK_S)
        end = timezone.now()
    finally:
        cluster.stop()
    ours = ends.order_by("-started")[:tasks].values("started")
    first = ends.filter(started__in=ours).aggregate(first=Min("started"))["first"]
    return float((end - first).total_seconds())


def main(workers: str, tasks: str) -> None:
    logging.disable(logging.WARNING)  # q2 tells of each task
    fill(int(tasks))
    sys.stdout.write(json.dumps({"seconds": work(int(workers), int(tasks))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
