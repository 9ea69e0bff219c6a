"""Photos that a worker loses, gives up, or dies of."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from faces.models import Face
from inference.arrays import RGB
from inference.errors import InferenceTimeout
from inference.faces import DetectedFace
from jobs import queue, steering
from jobs.errors import DatabaseAway, LeaseLost
from jobs.models import MAX_ATTEMPTS, Item, State
from jobs.pipeline import Parts, work
from photos.errors import FetchTimeout
from photos.models import Analysis, Photo
from search.errors import VocabularyError
from tests.factories import make_owner
from tests.fakes import (
    FakeDetector,
)
from tests.jobs.draining import (
    claim,
    detector,
    drain,
    parts,
    state_of,
    submit,
)
from tests.pictures import jpeg

__all__ = ["detector", "parts"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


class TestPhotosThatKilledTheirWorker:
    def test_are_worked_on_alone(self, parts: Parts, detector: FakeDetector) -> None:
        job = submit(make_owner(), *(jpeg(seed=seed) for seed in range(4)))
        suspect = job.items.earliest("pk")
        job.items.filter(pk=suspect.pk).update(deaths=1)
        beside: list[int] = []
        decode = detector.detect

        def detect(image: RGB) -> list[DetectedFace]:
            beside.append(Item.objects.filter(state=State.PROCESSING).count())
            connection.close()
            return decode(image)

        detector.detect = detect  # type: ignore[method-assign]  # to look around
        drain(parts)

        assert state_of(job) == [(State.SUCCEEDED, "")] * 4
        assert beside[0] == 1


class TestGiveUp:
    @pytest.mark.parametrize("attempts", [1, 50, 2000])
    def test_never_fails_what_waits_for_somebody_to_mend_a_file(self, attempts: int) -> None:
        job = submit(make_owner(), jpeg())
        job.items.update(attempts=attempts - 1)

        assert not queue.give_up(claim(), VocabularyError("en.yaml: broken"))

        item = job.items.get()
        assert (item.state, item.error_code) == (State.QUEUED, "vocabulary_broken")
        assert timedelta(0) < item.run_after - timezone.now() < timedelta(hours=1)

    @pytest.mark.parametrize(
        ("error", "tries"),
        [
            (FetchTimeout("slow"), MAX_ATTEMPTS),
            (InferenceTimeout("slow"), queue.MAX_ATTEMPTS_OF_SERVERS),
            (DatabaseAway("gone"), queue.MAX_ATTEMPTS_OF_SERVERS),
        ],
    )
    def test_fails_after_the_last_try(self, error: queue.KnownError, tries: int) -> None:
        job = submit(make_owner(), jpeg(), jpeg(seed=1))
        before, last = job.items.order_by("pk")
        job.items.filter(pk=before.pk).update(attempts=tries - 2)
        job.items.filter(pk=last.pk).update(attempts=tries - 1)

        failed = [queue.give_up(item, error) for item in (claim(), claim())]

        assert failed == [False, True]
        assert state_of(job) == [(State.QUEUED, error.code), (State.FAILED, error.code)]

    def test_can_be_taken_back_by_hand(self) -> None:
        job = submit(make_owner(), jpeg())
        queue.fail_unexpectedly(claim())

        assert steering.retry(job.items.all()) == 1

        assert claim().attempts == 1


class TestLostLease:
    """A worker that was too slow: its item has been given to another one."""

    def lose(self, item: Item) -> Item:
        Item.objects.filter(pk=item.pk).update(state=State.QUEUED, worker="", lease_until=None)
        [again] = Item.objects.claim(worker="other", limit=1, lease_s=60)
        return again

    def test_its_results_are_dropped(self, parts: Parts) -> None:
        submit(make_owner(), jpeg())
        item = claim()
        self.lose(item)

        with pytest.raises(LeaseLost):
            work(item, parts)

        assert (Photo.objects.count(), Face.objects.count()) == (0, 0)
        item.refresh_from_db()
        assert (item.state, item.worker) == (State.PROCESSING, "other")

    def test_the_other_one_ends_as_if_nothing_had_been(self, parts: Parts) -> None:
        submit(make_owner(), jpeg())
        item = claim()
        again = self.lose(item)
        with pytest.raises(LeaseLost):
            work(item, parts)

        work(again, parts)

        assert (Photo.objects.count(), Face.objects.count()) == (1, 2)
        assert Analysis.objects.count() == 1

    def test_it_can_not_give_up_what_is_not_its_own(self) -> None:
        submit(make_owner(), jpeg())
        item = claim()
        self.lose(item)

        with pytest.raises(LeaseLost):
            queue.give_up(item, FetchTimeout("slow"))
