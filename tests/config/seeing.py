"""Photos of the gRPC tests: where they come from, and who is seen in them."""

from concurrent.futures import ThreadPoolExecutor

from faces.services import FindFaces
from inference.arrays import Array
from jobs.drain import Drain
from jobs.models import Item, State
from jobs.pipeline import Parts
from local.processes import wait_until
from photos.errors import FetchMissing
from tests.config.calling import LIMIT_S
from tests.fakes import FakeDetector, FakeEmbedder, decoded_here, face_at, operations
from tests.pictures import jpeg


def fetch(url: str) -> bytes:
    if "missing" in url:
        raise FetchMissing("The host says that it has no such photo.")
    return jpeg(width=96, seed=sum(url.encode()))


def work(photos: int, *vectors: Array) -> None:
    """Have so many photos looked at, as soon as they are asked for; each has these faces."""
    found = [face_at(4 + 32 * number, side=28) for number in range(len(vectors))]
    finder = FindFaces(FakeDetector(found), FakeEmbedder(list(vectors)), "fakes")
    done = Item.objects.filter(state__in=[State.SUCCEEDED, State.FAILED])
    before = done.count()

    def drained() -> bool:
        with ThreadPoolExecutor(1) as looks:
            parts = Parts(fetch, decoded_here, operations(finder), looks, max_bytes=10**6)
            Drain(parts, in_flight=1, lease_s=60, limit_s=60).run()
        return done.count() - before >= photos

    wait_until(drained, timeout_s=LIMIT_S, what="The photos")
