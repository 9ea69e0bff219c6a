"""Waiting for what was asked for."""

from collections.abc import Callable

from django.conf import settings

from jobs.errors import TooManyStreams
from jobs.models import UNFINISHED, Job
from jobs.telling.hub import HUB, SEATS


def wait(job: Job, *, timeout_s: float, gone: Callable[[], bool] = lambda: False) -> bool:
    """Wait until nothing of `job` is left to do, `timeout_s` at most. False: it is not done.

    Does not wait for a caller who is `gone`, and not where as many requests of this process wait
    already as may.
    """
    left = job.items.filter(state__in=UNFINISHED)
    try:
        with SEATS.seat(settings.EVENT_STREAMS):
            return HUB.wait_until(lambda: gone() or not left.exists(), timeout_s)
    except TooManyStreams:
        return not left.exists()
