"""Removing what nobody needs any more, on real files and the real database."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage, storages
from django.db import connection
from django.db.models import FileField
from django.utils import timezone
from django_q.models import OrmQ, Task
from rest_framework.test import APIClient

from faces.models import Erasure
from jobs import cleanup, orphans, result_files, tasks
from jobs.cleanup import Cleaned, Order
from jobs.errors import CleanUpBusy
from jobs.models import CleanUp, Delivery, Event, Item, Job, Removal, State
from photos.models import Owner, Photo
from photos.services import Content, folder_of
from search.models import AskedSearch
from tests.factories import (
    make_delivery,
    make_event,
    make_face,
    make_item,
    make_job,
    make_owner,
    make_photo,
    make_user,
)
from tests.pictures import jpeg

pytestmark = pytest.mark.django_db
CLEANUP = ["/admin/cleanup", "/admin/cleanup/", "/api/v1/admin/cleanup", "/api/v1/admin/cleanup/"]
NOTHING = dict.fromkeys(cleanup.BROOMS, 0)


def ago(**span: float) -> Any:
    return timezone.now() - timedelta(**span)


def run(*, dry_run: bool = False, job_days: float = 30, limit_s: float = 60) -> Cleaned:
    order = Order(job_days=job_days, event_days=7, search_days=90, dry_run=dry_run)
    return cleanup.run(order, limit_s=limit_s)


def removed(**counts: int) -> Cleaned:
    return Cleaned(NOTHING | counts, complete=True)


def note_search(*, days: float) -> AskedSearch:
    """That somebody has asked for photos so many days ago."""
    noted = AskedSearch.objects.create(
        owner=make_owner(), language="en", parts=[], filters=[], word_count=1, found=0, took_ms=1.0
    )
    AskedSearch.objects.filter(pk=noted.pk).update(at=ago(days=days))
    return noted


def age_file(storage: Storage, key: str, *, days: float = 2) -> None:
    """Let the file look as if it was written so many days ago."""
    then = ago(days=days).timestamp()
    os.utime(storage.path(key), (then, then))


def put(key: str, *, days: float = 2, storage: str = "default") -> str:
    key = storages[storage].save(key, ContentFile(jpeg()))
    age_file(storages[storage], key, days=days)
    return key


def files(storage: str = "default") -> set[str]:
    root = Path(storages[storage].path(""))
    return {str(file.relative_to(root)) for file in root.rglob("*") if file.is_file()}


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


def make_left(owner: Owner, content: bytes, *, days: float = 2) -> str:
    """A file of a photo that has no row."""
    return put(f"{folder_of(owner, Content.of(content))}/original.jpg", days=days)


def make_finished(**values: Any) -> Job:
    job = make_job(finished_at=ago(days=31), **values)
    make_item(job=job, state=State.SUCCEEDED)
    return job


class TestJobs:
    def test_that_were_finished_long_ago_go_with_all_that_is_theirs(self) -> None:
        old, young, going = make_finished(), make_job(finished_at=ago(days=29)), make_job(items=1)
        upload = put("uploads/a", storage="intake", days=0)
        photo = make_photo()
        failed = {"state": State.FAILED, "error_code": "too_large"}
        make_item(job=old, source=Item.Source.UPLOAD, location=upload, photo=photo, **failed)
        storages["results"].save(f"{old.pk}/embedding.bin", ContentFile(b"1234"))

        cleaned = run()

        assert cleaned == removed(jobs=1)
        assert set(Job.objects.all()) == {young, going}
        assert Photo.objects.get() == photo
        assert files("intake") == files("results") == set()

    def test_stay_for_ever_if_that_is_wanted(self) -> None:
        make_finished()

        assert run(job_days=0) == removed()
        assert Job.objects.count() == 1

    def test_that_are_begun_anew_stay(self) -> None:
        make_item(job=make_finished())

        assert run() == removed()

    def test_go_twice_as_once(self) -> None:
        make_finished()

        assert [run(), run()] == [removed(jobs=1), removed()]

    def test_of_which_there_are_many_are_left_to_the_next_run(self) -> None:
        for _ in range(3):
            make_finished()

        first, second = run(limit_s=-1), run()

        assert (first.removed["jobs"], first.complete) == (1, False)
        assert (second.removed["jobs"], second.complete) == (2, True)


class TestUploads:
    @pytest.fixture(autouse=True)
    def _folder(self) -> None:
        put("owners/1/theirs.jpg", storage="intake")

    def test_stay_as_long_as_a_photo_may_be_made_of_them(self) -> None:
        for name, state in (("a", State.QUEUED), ("b", State.PAUSED), ("c", State.FAILED)):
            code = "too_large" if state == State.FAILED else ""
            key = put(f"uploads/{name}", storage="intake")
            make_item(source=Item.Source.UPLOAD, location=key, state=state, error_code=code)

        assert run() == removed()
        assert len(files("intake")) == 4

    def test_go_when_none_will_be(self) -> None:
        put("uploads/nobodys", storage="intake")
        for name, state in (("done", State.SUCCEEDED), ("given-up", State.CANCELLED)):
            key = put(f"uploads/{name}", storage="intake")
            make_item(source=Item.Source.UPLOAD, location=key, state=state)

        assert run() == removed(uploads=3)
        assert files("intake") == {"owners/1/theirs.jpg"}

    def test_that_just_came_in_stay(self) -> None:
        put("uploads/young", storage="intake", days=0.9)

        assert run() == removed()

    def test_are_looked_for_bit_by_bit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cleanup, "_BATCH", 2)
        for number in range(5):
            put(f"uploads/{number}", storage="intake")

        first = run(limit_s=-1)

        assert (first.removed["uploads"], first.complete) == (2, False)
        assert run() == removed(uploads=3)


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


class TestDryRun:
    def test_counts_what_would_go_and_leaves_it(self, settings: Any) -> None:
        make_finished()
        (settings.TRAININGS_ROOT / ".unfinished-20260101T000000-abcdef").mkdir(parents=True)
        put("uploads/a", storage="intake")
        key = make_left(make_owner(), b"left")
        storages["results"].save("6ba7b810-9dad-11d1-80b4-00c04fd430c8/0.bin", ContentFile(b"1"))
        put("1/2/annotated.jpg", storage="annotated")
        make_event(created_at=ago(days=8))
        OrmQ.objects.create(key="kindred", payload="", lock=ago(days=2))
        Session.objects.create(session_key="a", expire_date=ago(days=1))
        note_search(days=91)
        counts = {"rows": {}, "files": 0, "left": {"rows": 0}}
        Erasure.objects.create(owner=make_owner(), person=1, counts=counts)
        Removal.objects.create(owner=make_owner(), why="asked", photos=[], counts={"files": 0})

        dry = [run(dry_run=True) for _ in range(2)]
        noted = CleanUp.objects.exists()
        kept = Job.objects.count(), files("intake"), files(), Event.objects.count()
        wet = run()

        assert dry[0] == dry[1] == wet == removed(**dict.fromkeys(NOTHING, 1))
        assert kept == (1, {"uploads/a"}, {key}, 1)
        assert not noted

    def test_is_not_noted(self) -> None:
        run()
        make_left(make_owner(), b"left")
        before = CleanUp.objects.values().get()

        run(dry_run=True)

        assert CleanUp.objects.values().get() == before


class TestRun:
    @pytest.fixture
    def elsewhere(self) -> Iterator[None]:
        """Another process cleans up."""
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [cleanup.LOCK])
        yield
        other.close()

    @pytest.mark.usefixtures("elsewhere")
    def test_is_done_by_one_at_a_time(self) -> None:
        make_finished()

        with pytest.raises(CleanUpBusy):
            run()

        assert Job.objects.count() == 1

    @pytest.mark.usefixtures("elsewhere")
    def test_by_the_clock_lets_another_one_be(self) -> None:
        make_finished()

        tasks.clean_up()

        assert Job.objects.count() == 1

    def test_by_the_clock_keeps_what_the_settings_say(self, settings: Any) -> None:
        settings.JOB_RETENTION_DAYS = 10.0
        old, young = make_job(finished_at=ago(days=11)), make_job(finished_at=ago(days=9))

        tasks.clean_up()

        assert Job.objects.get() == young
        assert CleanUp.objects.get().removed == NOTHING | {"jobs": 1}
        assert old.pk != young.pk

    def test_ends_when_the_worker_stops(self) -> None:
        for _ in range(2):
            make_finished()
        order = Order(job_days=30, event_days=7)

        cleaned = cleanup.run(order, limit_s=60, stopping=lambda: True)

        assert cleaned == Cleaned(NOTHING | {"jobs": 1}, complete=False)


class TestOverHttp:
    @pytest.fixture
    def staff(self) -> APIClient:
        user = make_user(is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="delete_job"))
        client = APIClient()
        client.force_authenticate(user)
        return client

    @pytest.mark.parametrize("url", CLEANUP)
    def test_cleans_up_now(self, staff: APIClient, url: str) -> None:
        make_finished()

        answer = staff.delete(url)

        body = {"dry_run": False, "removed": NOTHING | {"jobs": 1}, "complete": True}
        assert (answer.status_code, answer.json()) == (200, body)
        assert not Job.objects.exists()

    def test_only_counts_if_asked_to(self, staff: APIClient) -> None:
        make_finished()

        body = staff.delete(f"{CLEANUP[0]}?dry_run=true").json()

        assert (body["dry_run"], body["removed"]["jobs"]) == (True, 1)
        assert Job.objects.exists()

    def test_says_what_is_wrong_with_the_question(self, staff: APIClient) -> None:
        make_finished()

        answer = staff.delete(f"{CLEANUP[0]}?dry_run=perhaps")

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["dry_run"])
        assert Job.objects.exists()

    def test_says_that_another_one_is_at_it(self, staff: APIClient) -> None:
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [cleanup.LOCK])

        answer = staff.delete(CLEANUP[0])
        other.close()

        assert (answer.status_code, answer.json()["code"]) == (409, "cleanup_busy")
        assert answer.headers["Retry-After"] == "30"

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_is_asked_for_by_delete_alone(self, staff: APIClient, method: str) -> None:
        assert getattr(staff, method)(CLEANUP[0]).status_code == 405

    def test_is_not_for_others(self, api: APIClient) -> None:
        make_finished()
        looker = APIClient()
        user = make_user(is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="view_job"))
        looker.force_authenticate(user)

        answers = [client.delete(CLEANUP[0]) for client in (api, looker, APIClient())]

        assert [answer.status_code for answer in answers] == [403, 403, 401]
        assert Job.objects.exists()

    def test_is_not_for_other_sites(self, admin_user: Any) -> None:
        make_finished()
        client = APIClient(enforce_csrf_checks=True)
        client.force_login(admin_user)

        assert client.delete(CLEANUP[0]).status_code == 403
        assert Job.objects.exists()
