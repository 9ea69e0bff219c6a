"""What the ends of items are tried with: items that somebody has claimed."""

from datetime import timedelta

from django.utils import timezone

from jobs.models import Event, Item, Job
from tests.factories import (
    make_item,
)

Kind = Event.Kind


def claim(worker: str = "anna", *, suspects: bool = False) -> Item:
    [item] = Item.objects.claim(worker=worker, limit=1, lease_s=60, suspects=suspects)
    return item


def claimed() -> Item:
    make_item(external_id="IMG_1")
    return claim()


def expire(item: Item) -> None:
    Item.objects.filter(pk=item.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def kinds(job: Job) -> list[str]:
    return list(Event.objects.filter(job_id=job.pk).order_by("pk").values_list("kind", flat=True))


def state_of(item: Item) -> str:
    return Item.objects.get(pk=item.pk).state
