"""A disk without room, and a storage that fails: nothing half is left, nothing accepted is lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from errno import EDQUOT, EIO, ENOSPC
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import InterfaceError, OperationalError
from rest_framework.test import APIClient

from faces.services import FindFaces
from jobs import services
from jobs.drain import Drain
from jobs.errors import MediaStoreMissing
from jobs.intake import media_store
from jobs.models import Item, Job, State
from jobs.pipeline import Parts
from photos.errors import StorageFull, StoreUnavailable
from photos.models import Owner, Photo
from photos.storage import WholeFiles
from tests.factories import make_item, make_job
from tests.fakes import FakeDetector, FakeEmbedder, decoded_here, operations
from tests.pictures import jpeg

pytestmark = pytest.mark.django_db(transaction=True)
IMAGE = "/api/v1/process/image/"


class Full:
    """Whoever writes a file meets this error, until it is mended."""

    def __init__(self, patch: pytest.MonkeyPatch, number: int = ENOSPC) -> None:
        self._patch = patch
        whole = FileSystemStorage._save  # type: ignore[attr-defined]  # noqa: SLF001  # no stub

        def half(storage: Any, name: str, content: Any) -> str:
            whole(storage, name, ContentFile(content.read()[:10]))  # so much fitted
            raise OSError(number, "no room", name)

        patch.setattr(FileSystemStorage, "_save", half)

    def mend(self) -> None:
        self._patch.undo()


@pytest.fixture
def full() -> Iterator[Full]:
    with pytest.MonkeyPatch.context() as patch:
        yield Full(patch)


@pytest.fixture
def parts() -> Iterator[Parts]:
    with ThreadPoolExecutor(2) as looks:
        yield Parts(
            fetch=lambda url: jpeg(),
            operations=operations(FindFaces(FakeDetector(), FakeEmbedder(), "fakes")),
            looks=looks,
            decoded=decoded_here,
            max_bytes=10**6,
        )


def drain(parts: Parts) -> None:
    Drain(parts, in_flight=1, lease_s=30, limit_s=30).run()


def send(api: APIClient) -> Any:
    photo = SimpleUploadedFile("a.jpg", jpeg(), "image/jpeg")
    asked = {"file": photo}
    return api.post(IMAGE, asked, format="multipart", headers={"Prefer": "respond-async"})


def files(name: str) -> list[Path]:
    return [path for path in Path(storages[name].path("")).rglob("*") if path.is_file()]


class TestAFile:
    @pytest.mark.parametrize("number", [ENOSPC, EDQUOT])
    def test_that_finds_no_room_leaves_nothing_half(self, tmp_path: Path, number: int) -> None:
        with pytest.MonkeyPatch.context() as patch:
            Full(patch, number)

            with pytest.raises(StorageFull):
                WholeFiles(tmp_path, allow_overwrite=True).save("1/a.jpg", ContentFile(b"a" * 99))

        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

    def test_that_can_not_be_written_for_another_reason_says_so(self, tmp_path: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            Full(patch, EIO)

            with pytest.raises(OSError, match="no room") as raised:
                WholeFiles(tmp_path, allow_overwrite=True).save("1/a.jpg", ContentFile(b"a" * 99))

        assert raised.value.errno == EIO
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


class TestAnUpload:
    def test_is_refused_while_there_is_no_room_and_taken_then(
        self, api: APIClient, full: Full
    ) -> None:
        refused = send(api)
        left = (Job.objects.count(), files("intake"))
        full.mend()
        taken = send(api)

        assert (refused.status_code, refused.json()["code"]) == (507, "storage_full")
        assert left == (0, [])
        assert taken.status_code == 202

    def test_is_refused_where_the_request_finds_no_room(
        self, api: APIClient, settings: Any
    ) -> None:
        """Large files of a request are written before anybody looks at them."""
        settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "django.core.files.uploadhandler.TemporaryFileUploadHandler.new_file",
                _no_room,
            )
            refused = send(api)

        assert (refused.status_code, refused.json()["code"]) == (507, "storage_full")

    @pytest.mark.parametrize("lost", [OperationalError, InterfaceError])
    def test_stays_where_nobody_knows_whether_its_job_was_stored(
        self, owner: Owner, lost: type[Exception], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The connection is lost at the commit, which the database may have made."""
        source = services.upload(ContentFile(jpeg(), "a.jpg"))
        monkeypatch.setattr(services, "_announce", _raise(lost))

        with pytest.raises(lost):
            services.submit(owner, [source])

        assert storages["intake"].exists(source.location)

    def test_goes_where_its_job_was_not_stored(
        self, owner: Owner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = services.upload(ContentFile(jpeg(), "a.jpg"))
        monkeypatch.setattr(services, "_announce", _raise(ValueError, "wrong"))

        with pytest.raises(ValueError, match="wrong"):
            services.submit(owner, [source])

        assert not storages["intake"].exists(source.location)


class TestAPhotoThatWasGivenUp:
    @pytest.mark.parametrize(
        ("code", "status"), [("storage_full", 507), ("store_unavailable", 503)]
    )
    def test_is_no_fault_of_the_caller(
        self, api: APIClient, code: str, status: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def given_up(job: Job, **_patience: float) -> None:
            ended = {"state": State.FAILED, "finished_at": job.created_at}
            job.items.update(error_code=code, error_detail="No room.", **ended)

        monkeypatch.setattr("jobs.waiting.wait", given_up)

        answer = api.post(IMAGE, {"url": "https://8.8.8.8/a.jpg"}, format="json")

        assert (answer.status_code, answer.json()["code"]) == (status, code)


class TestAPhoto:
    def test_waits_for_room(self, owner: Owner, parts: Parts, full: Full) -> None:
        item = make_item(job=make_job(owner=owner))

        drain(parts)
        item.refresh_from_db()
        waits = (item.state, item.attempts, files("default"))
        full.mend()
        Item.objects.update(run_after=item.created_at)
        drain(parts)

        item.refresh_from_db()
        assert waits == (State.QUEUED, 1, [])
        assert item.state == State.SUCCEEDED
        assert Photo.objects.filter(owner=owner).count() == 1

    def test_is_not_given_up_while_its_file_can_not_be_read(
        self, owner: Owner, parts: Parts
    ) -> None:
        source = services.upload(ContentFile(jpeg(), "a.jpg"))
        item = services.submit(owner, [source]).items.get()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(FileSystemStorage, "_open", _unreadable)
            drain(parts)
        item.refresh_from_db()
        waits = item.state
        Item.objects.update(run_after=item.created_at)
        drain(parts)

        item.refresh_from_db()
        assert (waits, item.state) == (State.QUEUED, State.SUCCEEDED)

    def test_of_a_media_store_is_not_missing_then_either(self, owner: Owner, settings: Any) -> None:
        settings.MEDIA_STORE_URL, settings.MEDIA_STORE_STUB = "", True
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(FileSystemStorage, "_open", _unreadable)
            with pytest.raises(StoreUnavailable):
                media_store.photo("a", owner, max_bytes=100)

        with pytest.raises(MediaStoreMissing):
            media_store.photo("a", owner, max_bytes=100)


def _no_room(*_args: object, **_named: object) -> None:
    raise OSError(ENOSPC, "no room")


def _unreadable(*_args: object) -> None:
    raise OSError(EIO, "the disk fails")


def _raise(error: type[Exception], *words: str) -> Any:
    def act(*_args: object) -> None:
        raise error(*words)

    return act
