"""Results as files: written by the worker, read over HTTP, gone with their job."""

import shutil
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db.models import F
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from faces.models import Face, FaceVector
from faces.services import FindFaces
from jobs import queue, result_files, services, steering
from jobs.drain import Drain
from jobs.errors import LeaseLost
from jobs.models import Item, Job, State
from jobs.pipeline import Parts, work
from jobs.services import Wishes
from photos.models import Owner
from search.models import ImageVector
from search.services import EmbedPhoto
from tests.factories import make_job, make_owner, unit
from tests.fakes import (
    IDENTITY,
    FakeDetector,
    FakeEmbedder,
    decoded_here,
    face_at,
    operations,
)
from tests.jobs.resulting import (
    OF_ONE_PHOTO,
    paths,
    write,
)
from tests.pictures import jpeg
from tests.search.factories import FakeImageEncoder

pytestmark = pytest.mark.django_db(transaction=True)

WITH_FILES = Wishes(result_files=True)
OTHER = replace(IDENTITY, space="face_embedder:other:1")


@pytest.fixture
def parts(db: None) -> Iterator[Parts]:
    """Two faces in each photo."""
    detector = FakeDetector([face_at(4), face_at(30, score=0.8)])
    find = FindFaces(detector, FakeEmbedder([unit(1), unit(0, 1)]), "fakes")
    embed = EmbedPhoto(FakeImageEncoder(), "image")
    with ThreadPoolExecutor(4) as looks:
        yield Parts(
            fetch=lambda url: jpeg(),
            decoded=decoded_here,
            operations=operations(find, embed),
            looks=looks,
            max_bytes=10**6,
        )


def submit(
    owner: Owner,
    *photos: bytes,
    operations: tuple[str, ...] = ("all",),
    wishes: Wishes = WITH_FILES,
) -> Job:
    uploads = [services.upload(ContentFile(photo, "a.jpg")) for photo in photos]
    return services.submit(owner, uploads, operations=operations, wishes=wishes)


def drain(parts: Parts) -> None:
    Drain(parts, in_flight=2, lease_s=60, limit_s=60).run()


def claim() -> Item:
    [item] = Item.objects.claim(worker="w", limit=1, lease_s=60)
    return item


def read(job: Job, path: str) -> bytes:
    with result_files.opened(job.pk, path) as file:
        return bytes(file.read())


def on_disk() -> dict[str, bytes]:
    """All that lies in the storage, whoever wrote it."""
    root = Path(storages["results"].path(""))
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


class TestWriting:
    def test_leaves_the_vectors_and_the_faces_of_one_photo(self, parts: Parts) -> None:
        job = submit(make_owner(), jpeg())

        drain(parts)

        assert paths(job) == OF_ONE_PHOTO
        vector = np.frombuffer(read(job, "embedding.bin"), "<f4")
        assert np.array_equal(vector, np.float32(ImageVector.objects.get().vector))
        assert np.array_equal(np.frombuffer(read(job, "faces/1.bin"), "<f4"), unit(0, 1))
        second = Face.objects.order_by("pk")[1]
        with second.crop.open() as crop:
            assert read(job, "faces/1.jpg") == crop.read()
        assert "files" in job.items.get().stage_ms

    def test_gives_each_of_several_photos_a_folder(self, parts: Parts) -> None:
        job = submit(make_owner(), *(jpeg(seed=seed) for seed in range(3)))

        drain(parts)

        assert paths(job) == [f"{place}/{path}" for place in range(3) for path in OF_ONE_PHOTO]

    @pytest.mark.parametrize(
        ("asked", "left"),
        [
            ("embedding", ["embedding.bin"]),
            ("faces", ["faces/0.bin", "faces/0.jpg", "faces/1.bin", "faces/1.jpg"]),
        ],
    )
    def test_leaves_only_what_was_asked_for(
        self, parts: Parts, asked: str, left: list[str]
    ) -> None:
        owner = make_owner()
        submit(owner, jpeg())
        drain(parts)

        job = submit(owner, jpeg(), operations=(asked,))
        drain(parts)

        assert paths(job) == left

    def test_is_not_done_for_jobs_that_do_not_want_it(self, parts: Parts) -> None:
        submit(make_owner(), jpeg(), wishes=Wishes())

        drain(parts)

        assert on_disk() == {}

    def test_of_a_photo_that_is_known_makes_the_same_files(self, parts: Parts) -> None:
        owner = make_owner()
        first = submit(owner, jpeg())
        drain(parts)

        second = submit(owner, jpeg())
        drain(parts)

        assert {path: read(first, path) for path in OF_ONE_PHOTO} == {
            path: read(second, path) for path in OF_ONE_PHOTO
        }

    def test_never_mixes_the_vectors_of_two_models(self, parts: Parts) -> None:
        owner = make_owner()
        submit(owner, jpeg())
        drain(parts)
        newer = FakeEmbedder([unit(0, 0, 1)], OTHER)  # finds but one of the two faces again
        find = FindFaces(FakeDetector([face_at(4)]), newer, "newer")
        job = submit(owner, jpeg(), operations=("faces",))

        drain(replace(parts, operations=operations(find)))

        assert FaceVector.objects.count() == 3
        assert paths(job) == ["faces/0.bin", "faces/0.jpg", "faces/1.jpg"]
        assert np.array_equal(np.frombuffer(read(job, "faces/0.bin"), "<f4"), unit(0, 0, 1))


class TestBeingKilled:
    """The worker ends between its transaction of results and that of the item's end."""

    def test_before_the_files_are_written_does_it_again(
        self, parts: Parts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = submit(make_owner(), jpeg())
        with monkeypatch.context() as killed:
            killed.setattr(result_files, "write", _die)
            with pytest.raises(KeyboardInterrupt):
                work(claim(), parts)
        assert (Face.objects.count(), on_disk()) == (2, {})

        self.try_again(job, parts)

        assert paths(job) == OF_ONE_PHOTO
        assert Face.objects.count() == 2

    def test_after_the_files_are_written_leaves_the_same_ones(
        self, parts: Parts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = submit(make_owner(), jpeg())
        with monkeypatch.context() as killed:
            killed.setattr(queue, "finish", _die)
            with pytest.raises(KeyboardInterrupt):
                work(claim(), parts)
        before = on_disk()

        self.try_again(job, parts)

        assert on_disk() == before
        assert job.items.get().state == State.SUCCEEDED

    def test_of_a_lost_item_ends_nothing(self, parts: Parts) -> None:
        job = submit(make_owner(), jpeg())
        item = claim()
        Item.objects.filter(pk=item.pk).update(leases=F("leases") + 1)

        with pytest.raises(LeaseLost):
            work(item, parts)

        assert on_disk() == {}
        assert job.items.get().state == State.PROCESSING

    def try_again(self, job: Job, parts: Parts) -> None:
        job.items.update(lease_until=timezone.now() - timedelta(seconds=1))
        queue.sweep()
        drain(parts)


def _die(*_args: object, **_kwargs: object) -> None:
    raise KeyboardInterrupt


class TestForgetting:
    def test_happens_with_the_job(self) -> None:
        job, other = make_job(), make_job()
        write(job.pk, *OF_ONE_PHOTO)
        write(other.pk, "embedding.bin")
        gone = job.pk

        steering.delete(job)

        assert list(result_files.files(gone)) == []
        assert paths(other) == ["embedding.bin"]

    def test_twice_changes_nothing(self) -> None:
        job = make_job()
        write(job.pk, "embedding.bin")

        result_files.forget(job.pk)
        result_files.forget(job.pk)

        assert on_disk() == {}

    def test_of_many_files_leaves_them_to_the_clean_up(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(result_files, "_MANY", 5)
        job = make_job()
        write(job.pk, *OF_ONE_PHOTO)

        result_files.forget(job.pk)

        assert (paths(job), len(on_disk())) == ([], 5)
        assert result_files.prune(timedelta(days=30)) == 0
        assert on_disk() == {}


class TestPruning:
    def test_takes_the_files_of_old_jobs_and_of_none(self) -> None:
        now = timezone.now()
        old = make_job(finished_at=now - timedelta(days=31))
        kept = [make_job(finished_at=now - timedelta(days=29)), make_job(finished_at=None)]
        for pk in (old.pk, *(job.pk for job in kept), uuid.uuid4()):
            write(pk, *OF_ONE_PHOTO)

        assert result_files.prune(timedelta(days=30)) == 2

        assert [len(paths(job)) for job in (old, *kept)] == [0, 5, 5]
        assert result_files.prune(timedelta(days=30)) == 0

    def test_leaves_alone_what_is_no_folder_of_a_job(self) -> None:
        storages["results"].save("lost+found/embedding.bin", ContentFile(b"?"))

        assert result_files.prune(timedelta()) == 0

        assert on_disk().keys() == {"lost+found/embedding.bin"}

    def test_finds_nothing_where_nothing_was_written(self) -> None:
        shutil.rmtree(storages["results"].path(""), ignore_errors=True)

        assert result_files.prune(timedelta()) == 0

    def test_asks_the_database_for_many_folders_at_once(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(3):
            write(uuid.uuid4(), "embedding.bin")

        with django_assert_num_queries(1):
            assert result_files.prune(timedelta()) == 3
