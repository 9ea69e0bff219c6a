"""People over HTTP."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces.models import Edit, Face, Person
from photos.models import Owner
from tests.faces.people_known import (
    URL,
    faces_of,
    known,
)
from tests.factories import make_face, make_person, make_photo

pytestmark = pytest.mark.django_db


def names(api: APIClient, query: str = "") -> list[str]:
    return [each["name"] for each in api.get(f"{URL}?{query}").json()["results"]]


class TestPeople:
    def test_are_listed_by_name_with_what_is_known_of_them(
        self, api: APIClient, owner: Owner
    ) -> None:
        known(owner, name="Ben")
        anna = known(owner, faces=2, name="Anna", aliases=["Annie"], contact_id="c-7")
        face = Face.objects.get(pk=faces_of(anna)[0])
        Person.objects.filter(pk=anna.pk).update(cover=face, favourite=True)

        shown, other = api.get(URL).json()["results"]

        assert (shown["id"], shown["name"], other["name"]) == (anna.pk, "Anna", "Ben")
        assert (shown["aliases"], shown["contact_id"]) == (["Annie"], "c-7")
        assert (shown["face_count"], shown["cluster_count"]) == (2, 1)
        assert (shown["favourite"], shown["hidden"]) == (True, False)
        assert (shown["cover"]["id"], other["cover"]) == (face.pk, None)

    @pytest.mark.parametrize("count", [1, 3])
    def test_cost_a_fixed_number_of_queries(
        self,
        api: APIClient,
        owner: Owner,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for _ in range(count):
            known(owner)

        with django_assert_num_queries(1):
            answer = api.get(f"{URL}/")

        assert len(answer.json()["results"]) == count

    @pytest.mark.parametrize("part", ["nni", "ANNA"])
    def test_are_found_by_part_of_a_name_or_of_another_one(
        self, api: APIClient, owner: Owner, part: str
    ) -> None:
        make_person(owner=owner, name="Anna")
        make_person(owner=owner, name="Joanne", aliases=["Jo", "Annie", "Susanna"])
        make_person(owner=owner, name="Ben")

        found = names(api, f"search={part}")

        assert found == (["Joanne"] if part == "nni" else ["Anna", "Joanne"])

    def test_can_be_narrowed_down(self, api: APIClient, owner: Owner) -> None:
        make_person(owner=owner, name="Anna", favourite=True)
        make_person(owner=owner, name="Ben", contact_id="c-7")
        make_person(owner=owner, name="Cleo", hidden=True)

        assert names(api) == names(api, "hidden=false") == ["Anna", "Ben"]
        assert names(api, "hidden=true") == ["Cleo"]
        assert names(api, "favourite=true") == ["Anna"]
        assert names(api, "contact_id=c-7") == ["Ben"]

    def test_come_in_the_order_of_their_faces_page_by_page(
        self, api: APIClient, owner: Owner
    ) -> None:
        for name, faces in (("Anna", 1), ("Ben", 3), ("Cleo", 1), ("Dora", 1), ("Eve", 2)):
            known(owner, name=name, faces=faces)

        found, where = [], f"{URL}?ordering=-face_count&page_size=2"
        while where:
            page = api.get(where).json()
            found += [each["name"] for each in page["results"]]
            where = page["next"]

        assert found == ["Ben", "Eve", "Anna", "Cleo", "Dora"]

    def test_of_others_are_not_listed(self, api: APIClient) -> None:
        make_person()

        assert names(api) == []

    def test_need_a_token(self) -> None:
        assert APIClient().get(URL).status_code == 401


class TestNewPerson:
    def test_is_made_of_faces(self, api: APIClient, owner: Owner) -> None:
        face = make_face(photo=make_photo(owner=owner))
        body = {"name": " Anna  B ", "aliases": ["Annie"], "contact_id": "c-7", "faces": [face.pk]}

        answer = api.post(URL, body)

        anna = Person.objects.get()
        assert answer.status_code == 201
        assert answer.json()["person"]["id"] == anna.pk
        assert answer.json()["person"]["face_count"] == 1
        assert (anna.name, anna.aliases, anna.contact_id) == ("Anna B", ["Annie"], "c-7")
        assert faces_of(anna) == [face.pk]

    def test_is_an_edit_of_who_asked(self, api: APIClient, owner: Owner) -> None:
        told = api.post(URL, {"name": "Anna"}).json()["edit"]

        edit = Edit.objects.get()
        assert owner.user
        assert (edit.kind, edit.actor) == ("create", owner.user)
        assert (told["id"], told["actor"]) == (edit.pk, owner.user.username)

    def test_of_a_name_that_somebody_has_is_refused(self, api: APIClient, owner: Owner) -> None:
        make_person(owner=owner, name="Anna", aliases=["Annie"])

        for name in ("Anna", "Annie"):
            answer = api.post(URL, {"name": name})
            assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")
        assert Person.objects.count() == 1

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "name"),
            ({"name": "  "}, "name"),
            ({"name": "a" * 1001}, "name"),
            ({"name": "Anna", "aliases": [""]}, "aliases"),
            ({"name": "Anna", "faces": [0]}, "faces"),
            ({"name": "Anna", "faces": [2**63]}, "faces"),
            ({"name": "Anna", "faces": list(range(1, 10_002))}, "faces"),
            ({"name": "Anna", "contact_id": "c" * 256}, "contact_id"),
        ],
    )
    def test_needs_what_makes_sense(self, api: APIClient, body: dict[str, Any], field: str) -> None:
        answer = api.post(URL, body)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert list(answer.json()["fields"]) == [field]
        assert not Edit.objects.exists()

    def test_needs_a_name_that_can_be_kept(self, api: APIClient) -> None:
        answer = api.post(URL, {"name": "a" * 201})

        assert (answer.status_code, answer.json()["code"]) == (422, "name_too_long")

    def test_of_faces_of_others_looks_as_if_there_were_none(self, api: APIClient) -> None:
        theirs = api.post(URL, {"name": "Anna", "faces": [make_face().pk]})
        missing = api.post(URL, {"name": "Anna", "faces": [10**12]})

        assert theirs.status_code == missing.status_code == 404
        assert theirs.json()["code"] == missing.json()["code"] == "face_missing"
        assert not Person.objects.exists()
