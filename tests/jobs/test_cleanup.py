"""Removing what nobody needs any more, on real files and the real database."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from jobs import cleanup
from jobs.models import Item, Job, State
from photos.models import Photo
from tests.factories import (
    make_item,
    make_job,
    make_photo,
)
from tests.jobs.aged import (
    ago,
    files,
    make_finished,
    put,
    removed,
    run,
)

pytestmark = pytest.mark.django_db


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
