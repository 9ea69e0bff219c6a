"""Photos made to do harm: each dies alone, and the worker and the others go on."""

import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.core.files.base import ContentFile

from faces.services import FindFaces
from jobs import services
from jobs.drain import Drain
from jobs.models import Item, Job
from jobs.pipeline import Parts
from jobs.services import Source
from photos.budget import PixelBudget
from photos.decoder import Limits
from photos.decoders import Decoders
from photos.fetch import FetchPolicy, fetch
from tests.factories import make_owner, unit
from tests.fakes import FakeDetector, FakeEmbedder, face_at, operations
from tests.photos.poisoned import poison
from tests.photos.web import Server, answer
from tests.pictures import jpeg

pytestmark = pytest.mark.django_db(transaction=True)

LIMITS = Limits(max_pixels=10**6, max_bytes=10**6, timeout_s=5)


@pytest.fixture
def parts(db: None) -> Iterator[Parts]:
    find = FindFaces(FakeDetector([face_at()]), FakeEmbedder([unit(1)]), "fakes")
    policy = FetchPolicy(max_bytes=10**6, timeout_s=0.5, allowed_hosts=frozenset({"127.0.0.1"}))
    decoders = Decoders(2, LIMITS, PixelBudget(10**7), program="tests.photos.poisoned")
    with ThreadPoolExecutor(4) as looks, decoders:
        yield Parts(
            fetch=partial(fetch, policy=policy),
            decoded=decoders.decoded,
            operations=operations(find),
            looks=looks,
            max_bytes=10**6,
        )


def upload(photo: bytes) -> Source:
    return services.upload(ContentFile(photo, "a.jpg"))


def drain(parts: Parts) -> None:
    Drain(parts, in_flight=3, lease_s=60, limit_s=60).run()


def ends_of(job: Job) -> list[str]:
    return list(job.items.order_by("pk").values_list("error_code", flat=True))


class TestPoison:
    @pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
    def test_that_kills_its_decoder_fails_alone(self, parts: Parts, number: signal.Signals) -> None:
        harmful = poison(jpeg(), "kill", int(number))
        photos = [upload(jpeg(seed=seed)) for seed in range(4)]
        job = services.submit(make_owner(), [*photos[:2], upload(harmful), *photos[2:]])

        drain(parts)

        assert ends_of(job) == ["", "", "decoder_died", "", ""]

    def test_that_never_ends_to_arrive_fails_alone(self, parts: Parts) -> None:
        def drip(path: str) -> Iterable[bytes]:
            return answer(jpeg()) if path == "/good.jpg" else endless()

        def endless() -> Iterator[bytes]:
            yield b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n"
            while True:
                yield b"\xff"

        with Server(drip) as server:
            links = [server.url("/good.jpg"), server.url("/endless.jpg")]
            sources = [Source(Item.Source.URL, link) for link in links]
            job = services.submit(make_owner(), [*sources, upload(jpeg(seed=1))])
            drain(parts)

        good, endless_one, other = job.items.order_by("pk")
        assert (good.error_code, other.error_code) == ("", "")
        assert endless_one.error_code in {"fetch_timeout", "fetch_too_large"}
