"""Working on photos while something breaks: photos, servers, the database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from django.utils import timezone

from faces.models import Face
from inference.arrays import RGB
from inference.errors import InferenceRejected, InferenceTimeout
from inference.faces import DetectedFace
from jobs import services
from jobs.models import Item, State
from jobs.pipeline import Parts
from photos.models import Analysis, Photo
from photos.operations import Operation, Place, Store
from tests.factories import make_owner
from tests.fakes import (
    FakeDetector,
)
from tests.jobs.draining import (
    detector,
    drain,
    parts,
    retried_now,
    state_of,
    submit,
)
from tests.pictures import jpeg

__all__ = ["detector", "parts"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Unlucky:
    """An operation that finds nothing, and gets into trouble when that is stored."""

    trouble: Callable[[], None] | None
    name: str = "objects"
    recipe: str = "luck"
    needs: tuple[str, ...] = ()

    def look(self, image: RGB) -> Self:
        return self

    def keep(self, place: Place) -> Store:
        return self.store

    def store(self, photo: Photo) -> None:
        if self.trouble:
            self.trouble()


def meet_a_deadlock() -> None:
    raise OperationalError("deadlock detected")


def lose_the_connection() -> None:
    """As when the database is started anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


class TestBadPhotos:
    def test_fail_alone(self, parts: Parts) -> None:
        job = submit(make_owner(), b"no photo", jpeg(), b"")

        drain(parts)

        assert state_of(job) == [
            (State.FAILED, "unsupported_format"),
            (State.SUCCEEDED, ""),
            (State.FAILED, "empty_file"),
        ]

    def test_leave_nothing_behind(self, parts: Parts) -> None:
        submit(make_owner(), b"no photo")

        drain(parts)

        assert (Photo.objects.count(), Face.objects.count()) == (0, 0)
        assert not Path(default_storage.path("")).exists()

    def test_that_are_gone_say_so(self, parts: Parts) -> None:
        owner = make_owner()
        missing = services.Source(Item.Source.STORAGE, "gone.jpg")
        job = services.submit(owner, [missing])

        drain(parts)

        assert state_of(job) == [(State.FAILED, "file_missing")]

    def test_surprises_are_recorded(self, parts: Parts, detector: FakeDetector) -> None:
        detector.error = ZeroDivisionError()
        job = submit(make_owner(), jpeg())

        drain(parts)

        assert state_of(job) == [(State.FAILED, "internal_error")]


class TestServersInTrouble:
    def test_a_photo_is_tried_again_later(self, parts: Parts, detector: FakeDetector) -> None:
        detector.error = InferenceTimeout("slow")
        job = submit(make_owner(), jpeg())

        drain(parts)

        item = job.items.get()
        assert (item.state, item.error_code) == (State.QUEUED, "inference_timeout")
        assert item.run_after > timezone.now()

    def test_and_succeeds_then(self, parts: Parts, detector: FakeDetector) -> None:
        detector.error = InferenceTimeout("slow")
        job = submit(make_owner(), jpeg())
        drain(parts)

        detector.error = None
        job.items.update(run_after=timezone.now())
        drain(parts)

        assert state_of(job) == [(State.SUCCEEDED, "")]
        assert Face.objects.count() == 2

    def test_what_can_not_get_better_fails_at_once(
        self, parts: Parts, detector: FakeDetector
    ) -> None:
        detector.error = InferenceRejected("odd")
        job = submit(make_owner(), jpeg())

        drain(parts)

        assert state_of(job) == [(State.FAILED, "inference_rejected")]


class TestDatabaseInTrouble:
    """It has no connection left, or ends one of two transactions that wait for each other."""

    def test_before_a_photo_is_looked_at_lets_it_be_tried_again(self, parts: Parts) -> None:
        troubles = iter([lose_the_connection])

        def found() -> Mapping[str, Operation]:
            for trouble in troubles:
                trouble()
            return parts.operations()

        job = submit(make_owner(), jpeg())
        drain(replace(parts, operations=found))
        assert state_of(job) == [(State.QUEUED, "database_unavailable")]

        retried_now(job, replace(parts, operations=found))

        assert state_of(job) == [(State.SUCCEEDED, "")]

    def test_while_a_photo_is_looked_at_lets_it_be_tried_again(
        self, parts: Parts, detector: FakeDetector
    ) -> None:
        detector.error = OperationalError("too many clients already")
        job = submit(make_owner(), jpeg())

        drain(parts)

        item = job.items.get()
        assert (item.state, item.error_code) == (State.QUEUED, "database_unavailable")
        assert item.run_after > timezone.now()

    @pytest.mark.parametrize("trouble", [meet_a_deadlock, lose_the_connection])
    def test_while_a_photo_is_stored_lets_it_be_tried_again(
        self, parts: Parts, trouble: Callable[[], None]
    ) -> None:
        unlucky = Unlucky(trouble)
        both = replace(parts, operations=lambda: {**parts.operations(), unlucky.name: unlucky})
        job = submit(make_owner(), jpeg())
        drain(both)
        assert state_of(job) == [(State.QUEUED, "database_unavailable")]
        assert Photo.objects.count() == 0

        unlucky.trouble = None
        retried_now(job, both)

        assert state_of(job) == [(State.SUCCEEDED, "")]
        assert Analysis.objects.count() == 2

    def test_fails_nothing_that_others_have_in_work(
        self, parts: Parts, detector: FakeDetector
    ) -> None:
        errors = iter([OperationalError("gone"), None, None])
        look = detector.detect

        def detect(image: RGB) -> list[DetectedFace]:
            error = next(errors)
            if error:
                raise error
            return look(image)

        detector.detect = detect  # type: ignore[method-assign]  # of one call only
        job = submit(make_owner(), *(jpeg(seed=seed) for seed in range(3)))
        drain(parts)

        assert sorted(state_of(job)) == [
            (State.QUEUED, "database_unavailable"),
            (State.SUCCEEDED, ""),
            (State.SUCCEEDED, ""),
        ]
