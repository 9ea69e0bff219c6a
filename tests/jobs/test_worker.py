"""The worker as it runs: real processes, database, model server and photos."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.db import connection

from bench.chaos.clock import Clock
from jobs import services, tasks
from jobs.models import Item, Job, State
from local.processes import Child, Command, wait_until
from photos.models import Owner, Photo
from tests.clocks import clock_ahead
from tests.factories import make_owner

__all__ = ["clock_ahead"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60


@pytest.fixture
def start_worker(triton_url: str, settings: Any, tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Starts `manage.py worker` on the database and the files of the test."""
    variables = {
        **database_variables(),
        "TRITON_URL": triton_url,
        "MEDIA_ROOT": str(settings.STORAGES["default"]["OPTIONS"]["location"]),
        "INTAKE_ROOT": str(settings.STORAGES["intake"]["OPTIONS"]["location"]),
        "LEASE_S": "2",
        "WORKERS": "2",
        "PHOTOS_IN_FLIGHT": "2",
    }
    words = [sys.executable, "manage.py", "worker"]
    children: list[Child] = []

    def start(**others: str) -> Child:
        command = Command("worker", words, {**variables, **others}, ROOT)
        with (tmp_path / "worker.log").open("ab") as log:
            children.append(Child(command, log))
        return children[-1]

    yield start
    for child in children:
        child.stop()


def database_variables() -> dict[str, str]:
    name = str(connection.settings_dict["NAME"])
    if django_settings.DATABASE_IS_OURS:
        return {"DATABASE_NAME": name}
    url, _, query = os.environ["DATABASE_URL"].partition("?")
    return {"DATABASE_URL": f"{url.rpartition('/')[0]}/{name}?{query}"}


def submit(owner: Owner, photo: bytes, *, copies: int, operations: str = "faces") -> Job:
    """A job of `copies` photos that look the same, but are not the same bytes."""
    sources = [
        services.upload(ContentFile(photo + n.to_bytes(2, "big"), "group.jpg"))
        for n in range(copies)
    ]
    return services.submit(owner, sources, operations=[operations])


def is_done(job: Job) -> bool:
    return not job.items.filter(state__in=[State.QUEUED, State.PROCESSING]).exists()


def finish(job: Job) -> None:
    """Wait for the end of `job`. Sweeps all the time, as the schedule does each minute."""

    def sweep_and_look() -> bool:
        tasks.sweep()
        return is_done(job)

    wait_until(sweep_and_look, timeout_s=LIMIT_S, what="The job")


def rows_of(owner: Owner) -> list[tuple[str, int, list[float]]]:
    """What is stored of each photo: content, number of faces, their boxes."""
    photos = Photo.objects.of(owner).order_by("sha256").prefetch_related("faces")
    return [
        (
            photo.sha256,
            photo.faces.count(),
            [n for face in photo.faces.order_by("x") for n in (face.x, face.y, face.width)],
        )
        for photo in photos
    ]


def kill_at_work() -> None:
    """Kill -9 a worker process that has photos in hand."""
    busy = Item.objects.filter(state=State.PROCESSING).exclude(worker="")
    wait_until(busy.exists, timeout_s=LIMIT_S, what="A worker")
    item = busy.first()
    if item:
        os.kill(int(item.worker.split(":")[1]), signal.SIGKILL)


class TestWorker:
    def test_finds_the_faces_of_real_photos(
        self, start_worker: Callable[[], Child], group_photo: bytes
    ) -> None:
        owner = make_owner()
        job = submit(owner, group_photo, copies=2)

        start_worker()
        finish(job)

        assert list(job.items.values_list("state", flat=True)) == [State.SUCCEEDED] * 2
        assert [faces for _, faces, _ in rows_of(owner)] == [6, 6]

    def test_does_every_operation_on_a_real_photo(
        self, start_worker: Callable[[], Child], group_photo: bytes
    ) -> None:
        owner = make_owner()
        job = submit(owner, group_photo, copies=1, operations="all")

        start_worker()
        finish(job)

        photo = Photo.objects.of(owner).get()
        done = set(photo.analyses.values_list("operation", flat=True))
        assert done == {"embedding", "faces", "objects", "ocr", "tags", "caption"}
        assert photo.faces.count() == 6
        assert photo.objects_seen.filter(label="person").count() >= 4
        assert photo.vectors.get().space.dimension == 384
        assert photo.tags.filter(key="people:6").exists()
        assert photo.captions.get(language="en").sentence.startswith("Six people")

    def test_killed_in_the_middle_gives_the_same_rows(
        self, start_worker: Callable[[], Child], group_photo: bytes
    ) -> None:
        calm, disturbed = make_owner(), make_owner()
        start_worker()
        finish(submit(calm, group_photo, copies=12))

        job = submit(disturbed, group_photo, copies=12)
        kill_at_work()
        kill_at_work()
        finish(job)

        expected, actual = rows_of(calm), rows_of(disturbed)
        assert [row[:2] for row in actual] == [row[:2] for row in expected]
        for row, wanted in zip(actual, expected, strict=True):
            assert row[2] == pytest.approx(wanted[2], abs=0.1)

    def test_killed_as_a_whole_goes_on_when_it_is_started_again(
        self, start_worker: Callable[[], Child], group_photo: bytes
    ) -> None:
        owner = make_owner()
        job = submit(owner, group_photo, copies=8)
        worker = start_worker()
        wait_until(
            Item.objects.filter(state=State.SUCCEEDED).exists, timeout_s=LIMIT_S, what="A photo"
        )
        worker.stop()

        start_worker()
        finish(job)

        assert [faces for _, faces, _ in rows_of(owner)] == [6] * 8
        assert job.items.filter(state=State.SUCCEEDED).count() == 8

    def test_replaces_what_has_died_after_a_clock_that_was_ahead(
        self, start_worker: Callable[..., Child], group_photo: bytes, clock_ahead: Clock
    ) -> None:
        start_worker(**clock_ahead.variables, WORKERS="1")
        finish(submit(make_owner(), group_photo, copies=1))

        clock_ahead.turn(0)
        job = submit(make_owner(), group_photo, copies=4)
        kill_at_work()
        finish(job)

        assert job.items.filter(state=State.SUCCEEDED).count() == 4

    def test_waits_for_a_model_server_that_is_down(self, group_photo: bytes, settings: Any) -> None:
        settings.TRITON_URL = "127.0.0.1:9"
        job = submit(make_owner(), group_photo, copies=1)

        tasks.drain()

        item = job.items.get()
        assert (item.state, item.attempts) == (State.QUEUED, 0)
