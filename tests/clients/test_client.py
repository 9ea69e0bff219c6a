"""The client for Python: jobs, people, clusters, photos that are here."""

import json
from collections.abc import Callable
from itertools import islice
from typing import Any

import httpx2
import pytest
from pytest_django.live_server_helper import LiveServer

from faces.models import Cluster, Edit, Person
from jobs.models import Job
from kindred_client import Kindred, KindredError
from photos.models import Owner
from tests.clients.conftest import Connect
from tests.factories import (
    make_cluster,
    make_face,
    make_job,
    make_person,
    make_photo,
    unit,
)
from tests.jobs.listening import finish, submit
from tests.pictures import jpeg
from tests.search.factories import make_image_vector
from tests.search.library import taken

pytestmark = pytest.mark.django_db(transaction=True)

JPEG = b"\xff\xd8\xff"
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


class TestPeople:
    def test_are_listed_on_all_pages(self, kindred: Kindred, owner: Owner) -> None:
        Person.objects.bulk_create(
            Person(owner=owner, name=f"Person {number:03}") for number in range(201)
        )
        make_person(name="Somebody else's")

        names = [each["name"] for each in kindred.people()]

        assert names == [f"Person {number:03}" for number in range(201)]
        assert [each["name"] for each in kindred.people("on 200")] == ["Person 200"]

    def test_are_added_renamed_and_merged_and_all_is_undone(
        self, kindred: Kindred, owner: Owner
    ) -> None:
        face = make_face(photo=make_photo(owner=owner))
        anna = kindred.add_person("Anna", faces=[face.pk])["person"]
        other = kindred.add_person("Ann")["person"]
        assert anna
        assert other

        renamed = kindred.rename_person(other["id"], "Annie")
        merged = kindred.merge_people(anna["id"], [other["id"]])
        assert [each["name"] for each in kindred.people()] == ["Anna"]
        assert merged["person"]
        assert merged["person"]["aliases"] == ["Annie"]
        for done in (merged, renamed):
            assert done["edit"]
            kindred.undo(done["edit"]["id"])

        assert [each["name"] for each in kindred.people()] == ["Ann", "Anna"]

    def test_are_added_once_for_one_key(self, kindred: Kindred) -> None:
        done = [kindred.add_person("Anna", idempotency_key="one") for _ in range(2)]

        assert done[0]["edit"] == done[1]["edit"]
        assert Person.objects.count() == 1

    def test_an_edit_is_undone_once(self, kindred: Kindred) -> None:
        edit = kindred.add_person("Anna")["edit"]
        assert edit
        kindred.undo(edit["id"])

        with pytest.raises(KindredError) as raised:
            kindred.undo(edit["id"])

        assert (raised.value.code, raised.value.status) == ("already_undone", 409)

    def test_of_others_look_like_none(self, kindred: Kindred, stranger: Kindred) -> None:
        anna = kindred.add_person("Anna")
        assert anna["person"]
        assert anna["edit"]
        person, edit = anna["person"]["id"], anna["edit"]["id"]

        acts: list[Callable[[], Any]] = [
            lambda: stranger.rename_person(person, "Mine"),
            lambda: stranger.merge_people(person, [person]),
            lambda: stranger.undo(edit),
        ]
        for act in acts:
            with pytest.raises(KindredError) as raised:
                act()
            assert raised.value.status == 404
        assert list(stranger.people()) == []
        assert Person.objects.get().name == "Anna"

    def test_are_exported(self, kindred: Kindred, stranger: Kindred) -> None:
        kindred.add_person("Anna")

        assert [each["name"] for each in json.loads(kindred.export())["people"]] == ["Anna"]
        assert json.loads(stranger.export())["people"] == []


class TestClusters:
    def test_are_labelled(self, kindred: Kindred, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=2)

        done = kindred.label_cluster(cluster.public_id, "Anna")

        assert done["cluster"]
        assert done["cluster"]["person"] == {
            "id": Person.objects.get().pk,
            "name": "Anna",
            "contact_id": "",
        }

    def test_are_listed_by_who_they_are(self, kindred: Kindred, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna")
        named, unnamed = make_cluster(owner=owner, person=anna), make_cluster(owner=owner)
        make_cluster()

        def ids(**asked: int | bool) -> list[str]:
            return [each["id"] for each in kindred.clusters(**asked)]  # type: ignore[arg-type]  # each its own

        assert ids(person_id=anna.pk) == ids(named=True) == [named.public_id]
        assert ids(named=False) == [unnamed.public_id]
        assert ids() == [unnamed.public_id, named.public_id]

    def test_are_labelled_once_for_one_key(self, kindred: Kindred, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=1)

        for _ in range(2):
            kindred.label_cluster(cluster.public_id, "Anna", idempotency_key="one")

        assert Edit.objects.count() == 1

    def test_of_others_look_like_none(self, stranger: Kindred) -> None:
        cluster = make_cluster(faces=1)

        with pytest.raises(KindredError) as raised:
            stranger.label_cluster(cluster.public_id, "Mine")

        assert (raised.value.code, raised.value.status) == ("not_found", 404)
        assert Cluster.objects.get().person is None


class TestSearch:
    def test_goes_page_by_page(self, kindred: Kindred, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna")
        photos = [taken(owner, f"2024-01-0{day}", of=(anna,)).pk for day in (1, 2, 3)]
        taken(owner, "2024-01-04")

        first = kindred.search("", {"people": ["Anna"], "sort": "oldest"}, limit=2)
        assert first["next"]
        second = kindred.search(
            "", {"people": ["Anna"], "sort": "oldest"}, limit=2, cursor=first["next"]
        )

        found = [hit["photo"]["id"] for page in (first, second) for hit in page["results"]]
        assert found == photos
        assert first["total"] == {"count": 3, "is_exact": True}
        assert not second["next"]
        everything = kindred.search_all("", {"people": ["Anna"], "sort": "oldest"})
        assert [hit["photo"]["id"] for hit in everything] == photos

    def test_understands_questions(self, kindred: Kindred, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna")
        photo = taken(owner, "2024-01-01", of=(anna,))
        taken(owner, "2023-01-01", of=(anna,))

        page = kindred.search("Anna in 2024")

        assert [hit["photo"]["id"] for hit in page["results"]] == [photo.pk]

    def test_says_that_nobody_has_a_name(self, kindred: Kindred) -> None:
        with pytest.raises(KindredError) as raised:
            kindred.search("", {"people": ["Anna"]})

        assert (raised.value.code, raised.value.status) == ("filter_unknown", 422)
        assert "Anna" in raised.value.detail

    def test_finds_what_looks_alike(
        self, kindred: Kindred, stranger: Kindred, owner: Owner
    ) -> None:
        photos = [make_photo(owner=owner) for _ in range(3)]
        for photo, vector in zip(photos, (unit(1), unit(1, 0.1), unit(1, 1)), strict=True):
            make_image_vector(photo, vector)

        first = kindred.similar(photos[0].pk, limit=1)
        assert first["next"]
        second = kindred.similar(photos[0].pk, limit=1, cursor=first["next"])

        found = [hit["photo"]["id"] for page in (first, second) for hit in page["results"]]
        assert found == [photos[1].pk, photos[2].pk]
        with pytest.raises(KindredError) as raised:
            stranger.similar(photos[0].pk)
        assert raised.value.status == 404


class TestAnnotated:
    def test_is_a_picture_and_an_address_of_one(self, kindred: Kindred, owner: Owner) -> None:
        photo = make_photo(owner=owner)
        make_face(photo=photo)

        picture = kindred.annotated(photo.pk, names=False)
        published = kindred.annotated_address(photo.pk)

        assert picture.startswith(JPEG)
        assert httpx2.get(published["url"]).content.startswith(JPEG)
        assert published["expires_at"] > "2000"

    def test_of_others_looks_like_none(self, stranger: Kindred, owner: Owner) -> None:
        photo = make_photo(owner=owner)

        for ask in (stranger.annotated, stranger.annotated_address, stranger.identify):
            with pytest.raises(KindredError) as raised:
                ask(photo.pk)
            assert raised.value.status == 404
