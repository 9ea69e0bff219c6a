"""A job of many photos: `python -m bench.submitting PHOTOS`.

Prints how long it takes to ask for it, and to ask how far it is: through the services, and through
the API with its checks, without a network. As JSON.
"""

import json
import sys
import time
from statistics import median
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from jobs import services
from jobs.models import Item, Job
from photos.models import Owner

ASKED = 15  # times how far it is
BATCH, STATUS = "/api/v1/process/batch", "/api/v1/jobs/{pk}/status"
URL = "https://8.8.8.8/album/{number}.jpg"  # no name to look up; nobody fetches it


def through_services(photos: int) -> dict[str, Any]:
    owner, _ = Owner.objects.get_or_create(subject="bench")
    sources = [
        services.Source(Item.Source.URL, URL.format(number=number), f"IMG_{number}")
        for number in range(photos)
    ]
    start = time.perf_counter()
    job = services.submit(owner, sources)
    service_s = time.perf_counter() - start
    with CaptureQueriesContext(connection) as queries:
        took = [_status_ms(job) for _ in range(ASKED)]
    return {
        "service_s": service_s,
        "status_ms": median(took),
        "queries": len(queries) / ASKED,
    }


def _status_ms(job: Job) -> float:
    start = time.perf_counter()
    Job.objects.with_progress().get(pk=job.pk)
    return 1000 * (time.perf_counter() - start)


def through_api(photos: int) -> dict[str, Any]:
    user, _ = get_user_model().objects.get_or_create(username="bench")
    Owner.objects.get_or_create(subject="bench-api", defaults={"user": user})
    client = APIClient(SERVER_NAME="localhost")
    client.force_authenticate(user)
    given = [
        {"url": URL.format(number=number), "external_id": f"IMG_{number}"}
        for number in range(photos)
    ]
    start = time.perf_counter()
    answer = client.post(BATCH, {"photos": given}, format="json")
    api_s = time.perf_counter() - start
    if answer.status_code != 202:  # noqa: PLR2004  # accepted
        sys.exit(f"{BATCH} answers {answer.status_code}: {answer.content[:500]!r}")
    status = STATUS.format(pk=answer.headers["Location"].rstrip("/").rpartition("/")[2])
    took = [_answer_ms(client, status) for _ in range(ASKED)]
    return {"api_s": api_s, "status_api_ms": median(took)}


def _answer_ms(client: APIClient, path: str) -> float:
    start = time.perf_counter()
    answer = client.get(path)
    if answer.status_code != 200:  # noqa: PLR2004  # OK
        sys.exit(f"{path} answers {answer.status_code}: {answer.content[:500]!r}")
    return 1000 * (time.perf_counter() - start)


def main(photos: str) -> None:
    sys.stdout.write(json.dumps(through_services(int(photos)) | through_api(int(photos))))


if __name__ == "__main__":
    main(*sys.argv[1:])
