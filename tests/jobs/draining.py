"""What drains are tried with: stand-ins for the models, jobs, and what befalls a database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from faces.services import FindFaces
from jobs import services
from jobs.drain import Drain
from jobs.models import Item, Job
from jobs.pipeline import Parts
from photos.models import Owner
from tests.factories import unit
from tests.fakes import (
    FakeDetector,
    FakeEmbedder,
    decoded_here,
    face_at,
    operations,
)
from tests.pictures import jpeg

FIRST, SECOND = unit(1, 0), unit(0, 1)


@pytest.fixture
def detector() -> FakeDetector:
    return FakeDetector([face_at(4), face_at(30, score=0.8)])


@pytest.fixture
def parts(db: None, detector: FakeDetector) -> Iterator[Parts]:
    find = FindFaces(detector, FakeEmbedder([FIRST, SECOND]), "fakes")
    with ThreadPoolExecutor(4) as looks:
        yield Parts(
            fetch=lambda url: jpeg(),
            operations=operations(find),
            looks=looks,
            decoded=decoded_here,
            max_bytes=10**6,
        )


def submit(owner: Owner, *photos: bytes, external_id: str = "") -> Job:
    uploads = [
        services.upload(ContentFile(photo, "a.jpg"), external_id=external_id) for photo in photos
    ]
    return services.submit(owner, uploads)


def drain(parts: Parts) -> int:
    return Drain(parts, in_flight=3, lease_s=60, limit_s=60).run()


def claim() -> Item:
    [item] = Item.objects.claim(worker="w", limit=1, lease_s=60)
    return item


def state_of(job: Job) -> list[tuple[str, str]]:
    return list(job.items.order_by("pk").values_list("state", "error_code"))


def retried_now(job: Job, parts: Parts) -> None:
    """Have it tried again at once."""
    job.items.update(run_after=timezone.now())
    drain(parts)
