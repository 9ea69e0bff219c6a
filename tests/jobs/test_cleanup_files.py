"""Files that nobody needs any more, and all else that goes."""

from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.db.models import FileField
from django_q.models import OrmQ, Task

from jobs import orphans, result_files
from jobs.models import CleanUp, Delivery, Event
from photos.models import Owner, Photo
from photos.services import Content, folder_of
from search.models import AskedSearch
from tests.factories import (
    make_delivery,
    make_event,
    make_face,
    make_job,
    make_owner,
    make_photo,
)
from tests.jobs.aged import (
    ago,
    files,
    make_left,
    note_search,
    put,
    removed,
    run,
)

pytestmark = pytest.mark.django_db


def files_of_photos() -> set[str]:
    """Those that lie where workers put them; factories put others."""
    return {key for key in files() if key.count("/") == 3}


def make_kept(owner: Owner, content: bytes) -> tuple[str, Photo]:
    """The folder of a photo as a worker keeps it, and its row."""
    folder = folder_of(owner, Content.of(content))
    photo = make_photo(
        owner=owner,
        sha256=Content.of(content).sha256,
        original=put(f"{folder}/original.jpg"),
        thumbnail=put(f"{folder}/thumbnail.jpg"),
    )
    return folder, photo


class TestFiles:
    def test_without_a_row_go_and_others_stay(self) -> None:
        owner = make_owner()
        folder, photo = make_kept(owner, b"known")
        crop = make_face(photo=photo, crop=put(f"{folder}/face-1.jpg")).crop.name
        put(f"{folder}/face-2.jpg")
        put(f"{folder}/original.jpg.{'a' * 32}")  # what a worker was killed while it wrote it
        make_left(owner, b"unknown")

        cleaned = run()

        assert cleaned == removed(files=3)
        assert files_of_photos() == {photo.original.name, photo.thumbnail.name, crop}

    def test_of_another_owner_are_not_mistaken_for_ones_own(self) -> None:
        _, photo = make_kept(make_owner(), b"same")
        other = make_left(make_owner(), b"same")

        assert run() == removed(files=1)
        assert files_of_photos() == {photo.original.name, photo.thumbnail.name}
        assert not default_storage.exists(other)

    def test_that_a_worker_may_just_have_written_stay(self) -> None:
        key = make_left(make_owner(), b"new", days=0.9)

        assert run() == removed()
        assert files_of_photos() == {key}

    def test_that_are_written_again_at_this_moment_stay(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = make_left(make_owner(), b"again", days=0)
        monkeypatch.setattr(orphans, "written", lambda _storage, _key: 0.0)  # before that

        assert run() == removed()
        assert files_of_photos() == {key}

    def test_that_were_put_aside_by_a_killed_run_come_back_if_they_are_wanted(self) -> None:
        folder, photo = make_kept(make_owner(), b"known")
        Path(photo.original.path).rename(f"{photo.original.path}.orphan")

        assert run() == removed()
        assert files_of_photos() == {f"{folder}/original.jpg", f"{folder}/thumbnail.jpg"}

    def test_that_were_put_aside_by_a_killed_run_go_if_not(self) -> None:
        path = default_storage.path(make_left(make_owner(), b"unknown"))
        Path(path).rename(f"{path}.orphan")

        assert run() == removed(files=1)
        assert files_of_photos() == set()

    def test_that_are_none_of_ours_stay(self) -> None:
        strange = {put(key) for key in ("a.jpg", "1/a.jpg", "x/ab/cd/a.jpg", "1/ab/12/a.jpg")}

        assert run() == removed()
        assert files() == strange

    def test_stay_if_they_are_rather_another_databases(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(orphans, "_STRANGE", 2)
        owner = make_owner()
        for content in (b"1", b"2", b"3"):
            make_left(owner, content)

        assert run() == removed()
        assert len(files()) == 3
        assert "3 of 3 photos on the disk have no row: nothing is deleted" in caplog.text

    def test_are_looked_at_from_where_the_last_run_ended(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(orphans, "_BATCH", 1)
        owners = [make_owner() for _ in range(3)]
        for owner in owners:
            make_left(owner, b"left")

        runs = [run(limit_s=-1) for _ in range(3)]
        position = CleanUp.objects.get().position
        again = make_left(owners[0], b"left")
        last, next_round = run(), run()

        assert [each.removed["files"] for each in runs] == [1, 1, 1]
        assert position == str(Path(make_left(owners[2], b"left")).parent)
        assert (last, next_round) == (removed(), removed(files=1))
        assert not default_storage.exists(again)

    def test_cost_the_same_however_many(self, django_assert_num_queries: Any) -> None:
        owner = make_owner()
        for content in (b"1", b"2", b"3"):
            make_kept(owner, content)

        with django_assert_num_queries(2):
            list(orphans.sweep(ago(days=1)))

    def test_of_all_kinds_are_known(self) -> None:
        fields = {
            f"{model.__name__}.{field.name}"
            for model in apps.get_models()
            if not model._meta.proxy  # noqa: SLF001  # Django's documented API
            for field in model._meta.get_fields()  # noqa: SLF001  # Django's documented API
            if isinstance(field, FileField)
        }

        # One more must be looked up in orphans._known, or its files go.
        assert fields == {"Photo.original", "Photo.thumbnail", "Face.crop"}


class TestOtherThings:
    def test_notes_of_old_searches_go(self) -> None:
        note_search(days=91)
        new = note_search(days=89)

        assert run(dry_run=True) == removed(searches=1)
        assert run() == removed(searches=1)
        assert list(AskedSearch.objects.all()) == [new]

    def test_result_files_of_jobs_that_are_gone_go(self) -> None:
        job = make_job()
        storages["results"].save(f"{job.pk}/embedding.bin", ContentFile(b"1234"))
        storages["results"].save(
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8/faces/0.jpg", ContentFile(b"1234")
        )

        assert run() == removed(results=1)
        assert [file.path for file in result_files.files(job.pk)] == ["embedding.bin"]

    def test_old_events_and_deliveries_go(self) -> None:
        old = {"created_at": ago(days=8)}
        event, young = make_event(**old), make_event()
        make_delivery(event=young, state=Delivery.State.DELIVERED, **old)
        waiting = make_delivery(event=make_event(**old), **old)

        cleaned = run()

        assert cleaned == removed(events=2)
        assert Delivery.objects.get() == waiting
        assert Event.objects.filter(pk__in=[event.pk, young.pk, waiting.event_id]).count() == 2
        assert not Event.objects.filter(pk=event.pk).exists()

    def test_notes_of_old_tasks_and_wake_ups_that_nobody_hears_go(self) -> None:
        for number, days in enumerate((2, 0.5)):
            at = ago(days=days)
            Task.objects.create(id=str(number), name="n", func="f", started=at, stopped=at)
            OrmQ.objects.create(key="kindred", payload="", lock=at)

        assert run() == removed(tasks=2)
        assert (Task.objects.count(), OrmQ.objects.count()) == (1, 1)

    def test_sessions_that_have_ended_go(self) -> None:
        for number, days in enumerate((-1, 1)):
            Session.objects.create(session_key=str(number), expire_date=ago(days=days))

        assert run() == removed(sessions=1)
        assert Session.objects.get().session_key == "0"
