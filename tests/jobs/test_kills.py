"""Workers that are killed at every step of a photo: the rows in the end are the same."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from faces.models import FaceVector
from jobs import queue, services
from jobs.models import Event, Item, Job, State
from photos import roles
from photos.models import Analysis, Owner, Photo
from search.models import DetectedObject
from tests.factories import make_owner
from tests.jobs.test_worker import ROOT, database_variables

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = ["claimed", "fetched", "decoded", "looked", "kept", "stored", "committed"]
UNFINISHED = re.compile(r"\.[0-9a-f]{32}$")  # as photos.storage names them
NOWHERE = "nowhere"
OPERATIONS = ["faces", "objects"]


@pytest.fixture
def drain(triton_url: str, settings: Any) -> Iterator[Callable[[str], int]]:
    """Runs a drain in a process of its own, that dies at the step; gives its exit status."""
    roles.sync(settings.MODEL_REPOSITORY)
    folders = {name: settings.STORAGES[name]["OPTIONS"] for name in ("default", "intake")}
    variables = {
        **database_variables(),
        "TRITON_URL": triton_url,
        "MEDIA_ROOT": str(folders["default"]["location"]),
        "INTAKE_ROOT": str(folders["intake"]["location"]),
    }
    with subprocess.Popen(  # our own program
        [sys.executable, "-m", "tests.jobs.killed"],
        cwd=ROOT,
        env={**os.environ, **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as drains:
        assert drains.stdin
        assert drains.stdout
        yield partial(_ask, drains.stdin, drains.stdout)


def _ask(steps: IO[str], statuses: IO[str], step: str) -> int:
    steps.write(f"{step}\n")
    steps.flush()
    return int(statuses.readline())


def submit(photo: bytes) -> Job:
    """Two photos that look the same, but are not the same bytes."""
    sources = [
        services.upload(ContentFile(photo + bytes([n]), "group.jpg"), external_id=f"IMG_{n}")
        for n in range(2)
    ]
    return services.submit(make_owner(), sources, operations=OPERATIONS)


def rows_of(owner: Owner) -> dict[str, Any]:
    """All that is stored of the owner's photos, without the numbers of the rows."""
    photos = Photo.objects.of(owner).order_by("sha256")
    of_photo: dict[str, Any] = {}
    for photo in photos:
        of_photo[photo.sha256] = {
            "names": list(photo.references.values_list("external_id", flat=True)),
            "faces": list(photo.faces.order_by("x").values_list("x", "y", "width", "confidence")),
            "vectors": FaceVector.objects.filter(face__photo=photo).count(),
            "objects": list(
                DetectedObject.objects.filter(photo=photo)
                .order_by("label", "x")
                .values_list("label", "x", "confidence")
            ),
            "done": list(
                Analysis.objects.filter(photo=photo)
                .order_by("operation")
                .values_list("operation", "recipe")
            ),
        }
    return of_photo


def files_of(owner: Owner, media: Path) -> list[str]:
    """But for half-written ones, which the clean-up takes away."""
    folder = media / str(owner.pk)
    files = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return sorted(file for file in files if not UNFINISHED.search(file))


def told(job: Job) -> list[str]:
    """What was told of it, but for tries that were not the last."""
    events = Event.objects.filter(job_id=job.pk).exclude(kind=Event.Kind.PHOTO_RETRYING)
    return sorted(events.values_list("kind", flat=True))


def take_back() -> None:
    """The leases of the dead have ended, and the sweep has come by."""
    Item.objects.filter(state=State.PROCESSING).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )
    queue.sweep()
    queue.settle_all()


class TestKilled:
    def test_at_any_step_the_rows_equal_those_of_an_undisturbed_run(
        self, drain: Callable[[str], int], group_photo: bytes, settings: Any
    ) -> None:
        media = Path(settings.STORAGES["default"]["OPTIONS"]["location"])
        undisturbed = submit(group_photo)
        assert drain(NOWHERE) == 0
        rows, files = rows_of(undisturbed.owner), files_of(undisturbed.owner, media)
        assert len(rows) == 2
        assert all(row["faces"] and row["objects"] for row in rows.values())

        for step in STEPS:
            job = submit(group_photo)
            assert drain(step) == -signal.SIGKILL, step
            take_back()
            while job.items.filter(state=State.QUEUED).exists():
                assert drain(NOWHERE) == 0
                take_back()

            assert rows_of(job.owner) == rows, step
            assert files_of(job.owner, media) == files, step
            assert told(job) == told(undisturbed), step
