"""One of the people over HTTP: who they are, what is theirs, merged and rejected."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces.models import Cluster, Edit, Person, Rejection
from photos.models import Owner
from tests.faces.people_known import (
    URL,
    faces_of,
    known,
)
from tests.factories import make_cluster, make_face, make_person, make_photo

pytestmark = pytest.mark.django_db


class TestPerson:
    def test_is_found_by_its_number(self, api: APIClient, owner: Owner) -> None:
        anna = known(owner, name="Anna", hidden=True)

        assert api.get(f"{URL}/{anna.pk}/").json()["name"] == "Anna"

    def test_changes_in_what_is_named(self, api: APIClient, owner: Owner) -> None:
        anna = known(owner, name="Anna", contact_id="c-7")
        [face] = faces_of(anna)

        body = {"name": "Anne", "aliases": ["Anna"], "cover": face, "hidden": True}
        answer = api.patch(f"{URL}/{anna.pk}", body)

        anna.refresh_from_db()
        assert answer.status_code == 200
        assert (anna.name, anna.aliases, anna.cover_id) == ("Anne", ["Anna"], face)
        assert (anna.hidden, anna.contact_id) == (True, "c-7")
        assert answer.json()["person"]["cover"]["id"] == face
        assert answer.json()["edit"]["kind"] == "change"

    def test_that_is_changed_into_itself_is_no_edit(self, api: APIClient, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna")

        answer = api.patch(f"{URL}/{anna.pk}", {"name": "Anna"})

        assert answer.json()["edit"] is None
        assert answer.json()["person"]["name"] == "Anna"
        assert not Edit.objects.exists()

    def test_can_lose_its_cover_and_contact(self, api: APIClient, owner: Owner) -> None:
        anna = known(owner, contact_id="c-7")
        Person.objects.update(cover=faces_of(anna)[0])

        api.patch(f"{URL}/{anna.pk}", {"cover": None, "contact_id": ""})

        anna.refresh_from_db()
        assert (anna.cover, anna.contact_id) == (None, "")

    def test_has_none_but_its_own_faces_as_cover(self, api: APIClient, owner: Owner) -> None:
        anna = known(owner)
        [other], foreign = faces_of(known(owner)), make_face().pk

        for face in (other, foreign, 10**12):
            answer = api.patch(f"{URL}/{anna.pk}", {"cover": face})
            assert (answer.status_code, answer.json()["code"]) == (404, "face_missing")

    def test_that_is_deleted_leaves_its_faces_and_can_come_back(
        self, api: APIClient, owner: Owner
    ) -> None:
        anna = known(owner, name="Anna")
        faces = faces_of(anna)

        told = api.delete(f"{URL}/{anna.pk}").json()
        gone = api.get(f"{URL}/{anna.pk}").status_code
        api.post(f"/api/v1/edits/{told['edit']['id']}/undo")

        assert (told["person"], gone) == (None, 404)
        assert faces_of(Person.objects.get(pk=anna.pk, name="Anna")) == faces

    def test_that_is_deleted_twice_is_not_found(self, api: APIClient, owner: Owner) -> None:
        anna = make_person(owner=owner)
        api.delete(f"{URL}/{anna.pk}")

        assert api.delete(f"{URL}/{anna.pk}").status_code == 404

    @pytest.mark.parametrize(
        ("method", "door", "body"),
        [
            ("get", "", None),
            ("patch", "", {"name": "Anne"}),
            ("delete", "", None),
            ("get", "/faces", None),
            ("get", "/clusters", None),
            ("get", "/history", None),
            ("post", "/merge", {"people": [1]}),
            ("post", "/reject", {"faces": [1]}),
        ],
    )
    def test_of_another_owner_looks_like_a_missing_one(
        self, api: APIClient, method: str, door: str, body: Any
    ) -> None:
        make_cluster(faces=1, person=(anna := make_person()), owner=anna.owner)
        before = list(Person.objects.values())

        theirs = getattr(api, method)(f"{URL}/{anna.pk}{door}", body)
        missing = getattr(api, method)(f"{URL}/{10**12}{door}", body)

        assert theirs.status_code == missing.status_code == 404
        assert theirs.json() == missing.json()
        assert list(Person.objects.values()) == before


class TestWhatBelongsToAPerson:
    @pytest.mark.parametrize("count", [1, 3])
    def test_is_listed_at_a_fixed_cost(
        self,
        api: APIClient,
        owner: Owner,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        anna = make_person(owner=owner)
        for _ in range(count):
            make_cluster(owner=owner, faces=1, person=anna)
        known(owner)

        with django_assert_num_queries(2):
            faces = api.get(f"{URL}/{anna.pk}/faces").json()["results"]
        with django_assert_num_queries(2):
            clusters = api.get(f"{URL}/{anna.pk}/clusters/").json()["results"]

        assert sorted(face["id"] for face in faces) == faces_of(anna)
        assert {(face["how"], face["person"]["id"]) for face in faces} == {("clustered", anna.pk)}
        theirs = anna.clusters.order_by("-pk").values_list("public_id", flat=True)
        assert [each["id"] for each in clusters] == list(theirs)


class TestMerge:
    def test_makes_one_person_of_several(self, api: APIClient, owner: Owner) -> None:
        anna, annie, ann = (known(owner, name=name) for name in ("Anna", "Annie", "Ann"))
        faces = sorted(face for each in (anna, annie, ann) for face in faces_of(each))

        answer = api.post(f"{URL}/{anna.pk}/merge", {"people": [annie.pk, ann.pk]})

        assert answer.status_code == 200
        assert answer.json()["person"]["aliases"] == ["Annie", "Ann"]
        assert answer.json()["person"]["face_count"] == 3
        assert faces_of(anna) == faces
        assert list(Person.objects.all()) == [anna]

    def test_with_people_of_others_or_none_is_refused(self, api: APIClient, owner: Owner) -> None:
        anna, theirs = known(owner), make_person()

        answers = [
            api.post(f"{URL}/{anna.pk}/merge", {"people": people})
            for people in ([theirs.pk], [10**12], [anna.pk], [])
        ]

        assert [(each.status_code, each.json()["code"]) for each in answers] == [
            (404, "person_missing"),
            (404, "person_missing"),
            (422, "nothing_chosen"),
            (400, "invalid"),
        ]
        assert Person.objects.count() == 2

    def test_that_would_have_somebody_twice_in_a_photo_is_refused(
        self, api: APIClient, owner: Owner
    ) -> None:
        anna, ben = make_person(owner=owner), make_person(owner=owner)
        photo = make_photo(owner=owner)
        for person in (anna, ben):
            make_face(photo=photo, cluster=make_cluster(owner=owner, person=person))

        answer = api.post(f"{URL}/{anna.pk}/merge", {"people": [ben.pk]})

        assert (answer.status_code, answer.json()["code"]) == (409, "twice_in_photo")
        assert Person.objects.count() == 2


class TestReject:
    def test_takes_faces_out_for_ever(self, api: APIClient, owner: Owner) -> None:
        anna = known(owner, faces=2)
        stays, goes = faces_of(anna)

        answer = api.post(f"{URL}/{anna.pk}/reject", {"faces": [goes]})

        assert answer.json()["person"]["face_count"] == 1
        assert faces_of(anna) == [stays]
        assert Rejection.objects.get(person=anna).face_id == goes

    def test_twice_is_once(self, api: APIClient, owner: Owner) -> None:
        anna = known(owner, faces=2)
        body = {"faces": faces_of(anna)[:1]}
        api.post(f"{URL}/{anna.pk}/reject", body)

        again = api.post(f"{URL}/{anna.pk}/reject", body)

        assert (again.status_code, again.json()["edit"]) == (200, None)
        assert Rejection.objects.count() == 1

    def test_of_faces_of_others_looks_as_if_there_were_none(
        self, api: APIClient, owner: Owner
    ) -> None:
        anna = known(owner)

        for face in (make_face().pk, 10**12):
            answer = api.post(f"{URL}/{anna.pk}/reject", {"faces": [face]})
            assert (answer.status_code, answer.json()["code"]) == (404, "face_missing")
        assert not Rejection.objects.exists()
        assert Cluster.objects.filter(person=anna).count() == 1
