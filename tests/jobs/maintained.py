"""What jobs that are not about photos are tried with: a worker, and what is shown of them."""

from typing import Any

from rest_framework.test import APIClient

from jobs import maintenance, queue
from jobs.models import Item

THUMBNAILS = "/api/v1/faces/backfill-thumbnails"


def claim() -> Item:
    [item] = Item.objects.claim(worker="anna", limit=1, lease_s=60)
    return item


def work(item: Item | None = None, **values: Any) -> Item:
    """Do, as a drain does, what the queue gives."""
    item = item or claim()
    try:
        maintenance.run(item, **values)
    except queue.KNOWN_ERRORS as exc:
        queue.give_up(item, exc)
    queue.settle([item.job_id])
    item.refresh_from_db()
    return item


def shown(api: APIClient, answer: Any) -> dict[str, Any]:
    """The job that `answer` names, as it is now."""
    body: dict[str, Any] = api.get(answer.headers["Location"]).json()
    return body
