"""The client for Python: people, clusters and photos that are found."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from faces.models import Cluster, Edit, Person
from kindred_client import Kindred, KindredError
from photos.models import Owner
from tests.factories import (
    make_cluster,
    make_face,
    make_person,
    make_photo,
    unit,
)
from tests.search.factories import make_image_vector
from tests.search.library import taken

pytestmark = pytest.mark.django_db(transaction=True)

JPEG = b"\xff\xd8\xff"


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
