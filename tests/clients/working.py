"""A worker of our own process, beside the service that a client asks."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

from jobs import tasks
from jobs.models import Delivery, Job

_LOOK_S = 0.05


@contextmanager
def worker() -> Iterator[None]:
    """Somebody does inside the block what there is to do, and tells whom it concerns."""
    closing = threading.Event()

    def work() -> None:
        while not closing.wait(_LOOK_S):
            if Job.objects.filter(finished_at=None).exists():
                tasks.drain()
            if Delivery.objects.filter(state=Delivery.State.PENDING).exists():
                tasks.deliver()
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        closing.set()
        thread.join()
