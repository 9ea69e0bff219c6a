"""What the media store is tried with: one that answers, and a worker."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from faces.services import FindFaces
from jobs import services
from jobs.drain import Drain
from jobs.intake import media_store
from jobs.models import Delivery, Item, Job, Receiver
from jobs.pipeline import Parts
from jobs.services import Source
from jobs.telling.outbox import Outbox
from photos.models import Owner
from tests.factories import make_owner, unit
from tests.fakes import FakeDetector, FakeEmbedder, decoded_here, face_at, operations
from tests.jobs.storing import Store

MEDIA = Item.Source.MEDIA_STORE


@pytest.fixture
def store(settings: Any) -> Iterator[Store]:
    """The media store of the settings, on a private address that is allowed to nobody else."""
    with Store() as store:
        settings.MEDIA_STORE_URL, settings.MEDIA_STORE_TOKEN = store.url, "s3cret"
        settings.FETCH_ALLOWED_HOSTS = frozenset()
        yield store


@pytest.fixture
def parts(db: None) -> Iterator[Parts]:
    find = FindFaces(FakeDetector([face_at(4)]), FakeEmbedder([unit(1)]), "fakes")
    with ThreadPoolExecutor(2) as looks:
        yield Parts(lambda url: b"", decoded_here, operations(find), looks, 10**6)


def submit(*media_ids: str, owner: Owner | None = None) -> Job:
    sources = [Source(MEDIA, media_id) for media_id in media_ids]
    return services.submit(owner or make_owner(), sources, operations=["faces"])


def drain(parts: Parts) -> None:
    Drain(parts, in_flight=2, lease_s=60, limit_s=60).run()


def deliver() -> None:
    """Send what is due, as the task does."""
    Receiver.objects.install()
    Outbox({Delivery.Channel.MEDIA_STORE: media_store.push}, limit_s=10).run()
