"""The client for Python: jobs, people, clusters, photos that are here."""

from itertools import islice

import pytest
from pytest_django.live_server_helper import LiveServer

from jobs.models import Job
from kindred_client import Kindred, KindredError
from photos.models import Owner
from tests.clients.conftest import Connect
from tests.factories import (
    make_job,
)
from tests.jobs.listening import finish, submit
from tests.pictures import jpeg

pytestmark = pytest.mark.django_db(transaction=True)

MISSING = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"


class TestWhoAsks:
    def test_is_somebody_with_a_key(self, live_server: LiveServer) -> None:
        with (
            Kindred(live_server.url, "wrong") as nobody,
            pytest.raises(KindredError) as raised,
        ):
            nobody.job(MISSING)

        assert (raised.value.code, raised.value.status) == ("authentication_failed", 401)
        assert "wrong" not in str(raised.value)


@pytest.mark.usefixtures("roles_filled")
class TestBatch:
    def test_is_one_job_of_all_addresses(self, kindred: Kindred, owner: Owner) -> None:
        urls = [f"https://photos.example/{number}.jpg" for number in range(2)]

        job = kindred.batch(urls, external_ids=["a", "b"], operations=["faces"], priority=7)

        assert (job["status"], job["operations"], job["progress"]["total"]) == (
            "pending",
            ["faces"],
            2,
        )
        assert [each["external_id"] for each in kindred.items(job["job_id"])] == ["a", "b"]
        stored = Job.objects.get(owner=owner)
        assert list(stored.items.values_list("location", "priority")) == [(url, 7) for url in urls]

    def test_is_one_job_of_all_files(self, kindred: Kindred) -> None:
        job = kindred.batch([jpeg(), jpeg(seed=1)], external_ids=["a", "b"], operations=["faces"])

        assert [each["external_id"] for each in kindred.items(job["job_id"])] == ["a", "b"]

    def test_asked_for_twice_with_one_key_is_the_same(self, kindred: Kindred) -> None:
        jobs = [kindred.batch([jpeg()], idempotency_key="album-7")["job_id"] for _ in range(2)]

        assert jobs == [str(Job.objects.get().pk)] * 2

    def test_says_which_photo_is_wrong(self, kindred: Kindred) -> None:
        with pytest.raises(KindredError) as raised:
            kindred.batch(["https://photos.example/1.jpg", ""])

        assert (raised.value.code, raised.value.status) == ("invalid", 400)
        assert raised.value.detail.startswith("photos.1.url:")
        assert raised.value.fields.keys() == {"photos"}
        assert not Job.objects.exists()

    def test_is_of_addresses_or_of_files(self, kindred: Kindred) -> None:
        with pytest.raises(ValueError, match="addresses or files"):
            kindred.batch(["https://photos.example/1.jpg", jpeg()])  # type: ignore[arg-type]  # that is the point

    def test_has_an_id_of_each_photo_or_none(self, kindred: Kindred) -> None:
        with pytest.raises(ValueError, match="as many external ids"):
            kindred.batch([jpeg()], external_ids=["a", "b"])


class TestJobs:
    def test_are_waited_for_by_looking_at_them(self, connect: Connect, owner: Owner) -> None:
        job = submit(owner, photos=2)
        waiting = connect(owner, pause=lambda _seconds: finish())

        done = waiting.wait(str(job.pk))

        assert (done["status"], done["progress"]["completed"]) == ("completed", 2)

    def test_are_not_waited_for_for_ever(self, connect: Connect, owner: Owner) -> None:
        job = submit(owner)

        with pytest.raises(KindredError) as raised:
            connect(owner, pause=lambda _seconds: None).wait(str(job.pk), timeout_s=0)

        assert (raised.value.code, raised.value.status) == ("timeout", 0)

    def test_tell_what_happens_to_them_until_they_end(self, kindred: Kindred, owner: Owner) -> None:
        job = str(submit(owner, photos=2).pk)

        told = kindred.events(job)
        created = next(told)
        finish()
        kinds = [created.kind, *(each.kind for each in told)]

        assert kinds == ["job.created", *["photo.completed"] * 2, "job.completed"]
        assert created.data["job_id"] == job

    def test_tell_only_what_is_asked_for(self, kindred: Kindred, owner: Owner) -> None:
        job = str(submit(owner, photos=2).pk)
        finish()

        assert [each.kind for each in kindred.events(job, kinds=["job.completed"])] == [
            "job.completed"
        ]

    def test_tell_on_after_an_event(self, kindred: Kindred, owner: Owner) -> None:
        job = str(submit(owner, photos=2).pk)
        finish()
        first, *others = kindred.events(job)

        of_job = list(kindred.events(job, after=first.id))
        of_all = list(islice(kindred.events(after=first.id, kinds=["job.completed"]), 1))

        assert (of_job, [each.data for each in of_all]) == (others, [others[-1].data])

    def test_of_others_look_like_none(self, kindred: Kindred) -> None:
        theirs = str(make_job(items=1).pk)

        for job in (theirs, MISSING):
            for ask in (kindred.job, kindred.wait, kindred.items, kindred.events):
                with pytest.raises(KindredError) as raised:
                    list(ask(job))
                assert (raised.value.code, raised.value.status) == ("not_found", 404)
