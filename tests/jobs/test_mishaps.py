"""Mishaps that were possible once: lost cancels and pauses, leases and connections kept long."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.db.models import F
from django.db.models.functions import Now

import config.settings
from faces.services import FindFaces
from jobs import maintenance, queue, services, steering
from jobs.drain import Drain
from jobs.errors import QueueFull
from jobs.models import Item, Job, State
from jobs.pipeline import Parts
from jobs.services import Source
from local import stack
from photos import roles
from photos.errors import FetchTimeout
from photos.models import Owner
from tests.factories import make_item, make_job, make_owner, make_photo
from tests.fakes import FakeDetector, FakeEmbedder, decoded_here, operations
from tests.jobs.remote import Worker, submit
from tests.pictures import jpeg

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker() -> Worker:
    """The real repository is known, and no model server is needed."""
    roles.sync(django_settings.MODEL_REPOSITORY)
    return Worker()


@pytest.fixture
def looks() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def parts(looks: ThreadPoolExecutor) -> Parts:
    return Parts(
        fetch=lambda url: jpeg(),
        operations=operations(FindFaces(FakeDetector(), FakeEmbedder(), "fakes")),
        looks=looks,
        decoded=decoded_here,
        max_bytes=10**6,
    )


def elsewhere(act: Callable[[], object]) -> None:
    """Do it as another process would: on a connection of its own."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        other.submit(run).result()


def claim() -> Item:
    [item] = Item.objects.claim(worker="w", limit=1, lease_s=60)
    return item


class TestCancelling:
    def test_holds_for_what_comes_back_to_the_queue_meanwhile(self) -> None:
        """Between two statements of cancel() a worker puts its item back."""
        job = make_job(items=1)
        held = claim()
        began = False

        def meanwhile(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
            nonlocal began
            result = execute(sql, params, many, context)
            if "jobs_item SET" in sql and not began:
                began = True
                elsewhere(lambda: _hand_back_unless_cancelled(held))
            return result

        with connection.execute_wrapper(meanwhile):
            steering.cancel(job)

        item = job.items.get()
        assert began
        assert item.cancelling or item.state == State.CANCELLED


def _hand_back_unless_cancelled(item: Item) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    with suppress(OperationalError):  # the row is cancel()'s until it commits: as it should be
        queue.hand_back(item)


class TestPausing:
    def test_holds_for_a_photo_that_is_to_be_tried_again(self) -> None:
        job = make_job(items=2)
        held = claim()
        steering.pause(job)

        queue.give_up(held, FetchTimeout("slow"))
        Item.objects.update(run_after=Now())

        assert Item.objects.claim(worker="other", limit=5, lease_s=60) == []

    def test_holds_for_what_a_dead_worker_had(self) -> None:
        job = make_job(items=2)
        claim()
        steering.pause(job)
        Item.objects.filter(state=State.PROCESSING).update(lease_until=F("created_at"))

        queue.sweep()

        assert Item.objects.claim(worker="other", limit=5, lease_s=60, suspects=True) == []

    def test_holds_for_maintenance_between_two_steps(self, owner: Owner) -> None:
        for _ in range(3):
            photo = make_photo(owner=owner)
            photo.thumbnail.storage.delete(str(photo.thumbnail))
        job = services.submit_task(owner, Job.Kind.THUMBNAILS, {})
        held = claim()
        steering.pause(job)

        maintenance.run(held, stopping=lambda: True)  # back to the queue after one step

        assert Item.objects.claim(worker="other", limit=5, lease_s=60) == []


class TestADrain:
    def test_survives_that_a_cancelled_photo_was_swept_meanwhile(
        self, parts: Parts, owner: Owner
    ) -> None:
        job = make_job(owner=owner, items=1)

        def cancelled_and_swept(url: str) -> bytes:
            steering.cancel(job)
            Item.objects.update(lease_until=F("created_at"))
            queue.sweep()
            [item] = held
            item.cancelling = True  # as the heartbeat before had said
            return jpeg()

        held: list[Item] = []
        drain = _Watched(replace(parts, fetch=cancelled_and_swept), 1, 60, 60, held=held)

        assert drain.run() == 1
        assert job.items.get().state == State.CANCELLED

    def test_begins_what_comes_while_it_has_room(self, parts: Parts, owner: Owner) -> None:
        """One photo is slow; the next one must not wait for it, nor for the heartbeat."""
        make_job(owner=owner, items=1)
        second = threading.Event()
        waited: list[float] = []

        def fetch(url: str) -> bytes:
            if not waited:
                waited.append(0)
                later = make_job(owner=owner)
                make_item(job=later, location="https://photos.example/b.jpg")
                asked = time.monotonic()
                second.wait(8)
                waited[0] = time.monotonic() - asked
            else:
                second.set()
            return jpeg()

        Drain(replace(parts, fetch=fetch), in_flight=4, lease_s=30, limit_s=60).run()

        assert waited[0] < 3


class _Watched(Drain):
    """Shows which items it has."""

    def __init__(self, *values: Any, held: list[Item]) -> None:
        super().__init__(*values)
        self._held = held

    def _work(self, item: Item) -> None:
        self._held.append(item)
        super()._work(item)


class TestBounds:
    def test_hold_for_jobs_that_are_no_photos(self, owner: Owner) -> None:
        def ask() -> None:
            for _ in range(100):
                services.submit_task(owner, Job.Kind.THUMBNAILS, {})

        with pytest.raises(QueueFull):
            ask()

    def test_are_not_used_up_by_photos_that_are_looked_at_again(
        self, owner: Owner, settings: Any
    ) -> None:
        settings.QUEUE_LIMIT = 2
        for _ in range(3):
            make_photo(owner=owner)
        services.reindex(owner, ["faces"], {"faces": "new"})

        job = services.submit(owner, [Source(Item.Source.URL, "https://photos.example/new.jpg")])

        assert job.items.get().state == State.QUEUED

    def test_hold_for_photos_that_are_looked_at_again(self, owner: Owner) -> None:
        make_photo(owner=owner)

        def ask() -> None:
            for number in range(100):
                services.reindex(owner, ["faces"], {"faces": f"new-{number}"})

        with pytest.raises(QueueFull):
            ask()


class TestARemoteWorker:
    def test_does_not_keep_what_it_does_not_know_that_it_has(self, worker: Worker) -> None:
        """The answer to a claim got lost, or the worker was killed and began anew."""
        submit(make_owner(), jpeg(width=31), jpeg(width=32))
        lost, known = worker.claim(limit=1)["items"] + worker.claim(limit=1)["items"]
        Item.objects.update(lease_until=F("created_at"))

        worker.post("heartbeat", items=[known["id"]])
        queue.sweep()

        assert Item.objects.get(pk=lost["id"]).state == State.QUEUED
        assert Item.objects.get(pk=known["id"]).state == State.PROCESSING

    def test_that_names_nothing_keeps_nothing(self, worker: Worker) -> None:
        submit(make_owner())
        worker.lease()

        assert worker.post("heartbeat", items=[]).json()["items"] == []


class TestConnections:
    def test_of_a_drain_that_breaks_off_are_given_back(self, parts: Parts, owner: Owner) -> None:
        """Those of a pool that are not are missing in it for as long as the worker lives."""
        make_job(owner=owner, items=1)
        used: list[Any] = []

        def fetch(url: str) -> bytes:
            Item.objects.exists()
            used.append(connection.connection)
            raise SystemExit  # as django-q2 ends a task

        with pytest.raises(SystemExit):
            Drain(replace(parts, fetch=fetch), in_flight=2, lease_s=60, limit_s=60).run()

        assert [each.closed for each in used] == [True]

    def test_are_as_many_as_the_threads_of_the_web_process(self) -> None:
        """A request keeps its own while its photo comes in, however slowly."""
        assert config.settings._POOL["max_size"] >= stack.THREADS  # noqa: SLF001

    def test_that_break_as_an_item_ends_break_off_no_drain(
        self, parts: Parts, owner: Owner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = make_job(owner=owner, items=2)
        broken: list[int] = []

        def give_up(item: Item, error: queue.KnownError) -> bool:
            broken.append(item.pk)
            raise OperationalError("The server is starting up.")

        def fetch(url: str) -> bytes:
            if not broken:
                raise FetchTimeout("slow")
            return jpeg()

        monkeypatch.setattr(queue, "give_up", give_up)
        Drain(replace(parts, fetch=fetch), in_flight=1, lease_s=60, limit_s=60).run()

        states = job.items.values_list("state", flat=True)
        assert sorted(states) == [State.PROCESSING, State.SUCCEEDED]  # the lease of one will end
