"""Seconds from a submission to its start: `python -m bench.latency TIMES PHOTO`, an idle worker.

One photo after the other, each when the worker has long been idle again. Prints them, as JSON.
"""

import json
import sys
import time
from pathlib import Path

from django.apps import apps
from django.core.files.base import ContentFile

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from jobs import services, waiting
from jobs.models import Job
from photos.models import Owner

FIRST_S, LIMIT_S = 120, 60  # the worker and its model have to start
WARM_UP = 2
STEP_S = 0.037  # so that submissions meet polls at all their phases


def latency(owner: Owner, photo: bytes, number: int, *, limit_s: float) -> float:
    file = ContentFile(photo + f"latency {number}".encode(), "photo.jpg")
    job = services.submit(owner, [services.upload(file)], operations=["faces"])
    if not waiting.wait(job, timeout_s=limit_s):
        sys.exit(f"The photo was not done after {limit_s} s.")
    started = Job.objects.with_progress().get(pk=job.pk).started_at
    if started is None:
        sys.exit("The photo has ended, but was not begun.")
    return (started - job.created_at).total_seconds()


def settle(number: int) -> None:
    """Wait until no worker does anything, and no wake-up is left, and then some time more."""
    wake_ups = apps.get_model("django_q", "OrmQ").objects
    while wake_ups.exists():
        time.sleep(STEP_S)
    time.sleep(0.5 + STEP_S * (number % 6))


def main(times: str, path: str) -> None:
    owner, _ = Owner.objects.get_or_create(subject="bench")
    photo = Path(path).read_bytes()
    seconds = []
    for number in range(WARM_UP + int(times)):
        seconds.append(latency(owner, photo, number, limit_s=LIMIT_S if number else FIRST_S))
        settle(number)
    sys.stdout.write(json.dumps({"seconds": seconds[WARM_UP:]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
