"""Names that differ in capitals, accents, width or marks alone: asked about, told, never merged."""

import unicodedata
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces.errors import NameAlike
from faces.models import Cluster, Edit, Person
from faces.people import alike, linking, merging, naming, placing
from faces.portability import files
from faces.review.pairs import beside, pairs
from faces.review.questions import Kind
from inference.geometry import Box
from photos.models import Owner, Space
from photos.regions import Region
from tests.faces.house import axis, cluster_of
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_person,
    make_photo,
    make_space,
)

pytestmark = pytest.mark.django_db
URL = "/api/v1/people"
ALIKE = [
    ("Anna", "ANNA"),
    ("José", "Jose"),
    ("José", "JOSÉ"),
    ("Anna", "\uff21\uff4e\uff4e\uff41"),  # of full width
    ("Straße", "STRASSE"),
    ("Łukasz", "Lukasz"),
    ("O'Brien", "O\u2019Brien"),
    ("Anne-Marie", "Anne Marie"),
    ("İpek", "ipek"),
    ("ﬁona", "Fiona"),  # one letter for two
    ("Нина", "нина"),
    ("김민수", unicodedata.normalize("NFD", "김민수") + "."),
]
OTHERS = [("Anna", "Anne"), ("Jo", "Joe"), ("李明", "李敏"), ("Anna B", "Anna C"), ("🐱", "🐶")]


def decomposed(name: str) -> str:
    return unicodedata.normalize("NFD", name)


def people(owner: Owner) -> list[str]:
    return sorted(Person.objects.filter(owner=owner).values_list("name", flat=True))


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def space(db: None) -> Space:
    return make_space()


@pytest.fixture
def two(owner: Owner, space: Space) -> tuple[Person, Person]:
    """Two people whose names are alike, and whose faces have nothing in common."""
    found = [make_person(owner=owner, name=name) for name in ("José", "jose")]
    for number, person in enumerate(found):
        cluster_of(owner, space, axis(number), axis(number), person=person)
    return found[0], found[1]


class TestNamesOfTheApi:
    @pytest.mark.parametrize(("known", "given"), ALIKE)
    def test_make_nobody_by_accident(
        self, api: APIClient, owner: Owner, known: str, given: str
    ) -> None:
        make_person(owner=owner, name=naming.tidy_name(known))

        answer = api.post(URL, {"name": given})

        assert refusal(answer) == (409, "name_alike")
        assert answer.json()["detail"].startswith(f"{naming.tidy_name(known)} is there already")
        assert (people(owner), Edit.objects.count()) == ([naming.tidy_name(known)], 0)

    @pytest.mark.parametrize(("known", "given"), OTHERS)
    def test_that_are_others_are_taken(
        self, api: APIClient, owner: Owner, known: str, given: str
    ) -> None:
        make_person(owner=owner, name=known)

        assert api.post(URL, {"name": given}).status_code == 201

    def test_may_be_those_of_another_person_who_is_said_to_be_one(
        self, api: APIClient, owner: Owner
    ) -> None:
        make_person(owner=owner, name="José")

        answer = api.post(URL, {"name": "Jose", "another": True})

        assert answer.status_code == 201, answer.json()
        assert people(owner) == ["Jose", "José"]

    def test_in_another_normal_form_are_the_same_name(self, api: APIClient, owner: Owner) -> None:
        make_person(owner=owner, name="José")

        answer = api.post(URL, {"name": decomposed("José"), "another": True})

        assert refusal(answer) == (409, "name_taken")

    def test_in_another_normal_form_mean_who_is_called_so(
        self, api: APIClient, owner: Owner
    ) -> None:
        jose, cluster = make_person(owner=owner, name="José"), make_cluster(owner=owner, faces=1)

        answer = api.post(
            f"/api/v1/faces/clusters/{cluster.public_id}/label", {"name": decomposed("José")}
        )

        assert answer.json()["person"]["id"] == jose.pk
        assert people(owner) == ["José"]

    def test_are_asked_about_wherever_a_name_makes_somebody(
        self, api: APIClient, owner: Owner
    ) -> None:
        make_person(owner=owner, name="Ann", aliases=["José"])
        cluster = make_cluster(owner=owner, faces=2)
        face = cluster.memberships.first()
        assert face
        where = f"/api/v1/faces/clusters/{cluster.public_id}"

        answers = [
            api.post(f"{where}/label", {"name": "jose"}),
            api.post(f"{where}/assign", {"contact_id": "c-1", "name": "jose"}),
            api.post(f"{where}/split", {"faces": [face.face_id], "name": "jose"}),
            api.post("/api/v1/faces/assign-to", {"faces": [face.face_id], "name": "jose"}),
        ]

        assert [refusal(each) for each in answers] == [(409, "name_alike")] * 4
        assert (people(owner), Edit.objects.count()) == (["Ann"], 0)

    def test_are_asked_about_when_somebody_is_called_otherwise(
        self, api: APIClient, owner: Owner
    ) -> None:
        make_person(owner=owner, name="José")
        ben = make_person(owner=owner, name="Ben", aliases=["B"])

        name = api.patch(f"{URL}/{ben.pk}", {"name": "JOSE"})
        alias = api.patch(f"{URL}/{ben.pk}", {"aliases": ["B", "jose"]})
        own = api.patch(f"{URL}/{ben.pk}", {"name": "BEN", "aliases": ["b", "ben"]})
        meant = api.patch(f"{URL}/{ben.pk}", {"name": "Jose", "another": True})
        later = api.patch(f"{URL}/{ben.pk}", {"favourite": True})

        assert [refusal(each) for each in (name, alias)] == [(409, "name_alike")] * 2
        assert [each.status_code for each in (own, meant, later)] == [200] * 3
        assert people(owner) == ["Jose", "José"]

    def test_of_others_people_do_not_count(self, api: APIClient, owner: Owner) -> None:
        make_person(owner=make_owner(), name="José")

        assert api.post(URL, {"name": "Jose"}).status_code == 201

    def test_cost_one_query_however_many_people_there_are(
        self, owner: Owner, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(5):
            make_person(owner=owner, name=f"Ann {number}")

        with django_assert_num_queries(1), pytest.raises(NameAlike):
            alike.check_none(owner, ["ANN 3", "x"])
        with django_assert_num_queries(0):
            alike.check_none(owner, ["🐱"])


class TestPeopleWithNamesAlike:
    def test_are_listed(self, api: APIClient, owner: Owner, two: tuple[Person, Person]) -> None:
        make_person(owner=owner, name="Ben")
        make_person(owner=owner, name="Pepe", aliases=["JOSÉ"])
        make_person(owner=make_owner(), name="Jose")

        answer = api.get(f"{URL}?alike={two[0].pk}").json()

        assert [each["name"] for each in answer["results"]] == ["Pepe", "jose"]

    def test_of_somebody_elses_person_are_not_told(
        self, api: APIClient, two: tuple[Person, Person]
    ) -> None:
        foreign = make_person(name="José")

        listed = [api.get(f"{URL}?alike={pk}").json() for pk in (foreign.pk, 999_999)]

        assert [each["results"] for each in listed] == [[], []]
        assert api.get(f"{URL}?alike=x").status_code == 400

    def test_are_asked_about_at_the_desk(
        self, owner: Owner, space: Space, two: tuple[Person, Person]
    ) -> None:
        [question] = pairs(owner, space, Kind.SAME)

        assert {question.first.group, question.second.group} == {each.pk for each in two}
        assert question.score < 0.1
        assert pairs(owner, space, Kind.MERGES) == []

    def test_are_shown_on_each_others_page(
        self, owner: Owner, space: Space, two: tuple[Person, Person]
    ) -> None:
        [question] = beside(owner, space, two[1].pk, 6)

        assert question.second.group == two[0].pk

    def test_are_not_asked_about_again_once_somebody_has_answered(
        self, owner: Owner, space: Space, two: tuple[Person, Person]
    ) -> None:
        faces = [person.clusters.get().memberships.earliest("face").face_id for person in two]
        placing.answer(owner, *sorted(faces), same=False)

        assert pairs(owner, space, Kind.SAME) == []
        assert beside(owner, space, two[0].pk, 6) == []

    def test_are_two_where_both_are_in_a_photo(
        self, owner: Owner, space: Space, two: tuple[Person, Person]
    ) -> None:
        photo = make_photo(owner=owner)
        for person in two:
            make_face(photo=photo, cluster=person.clusters.get())

        assert pairs(owner, space, Kind.SAME) == []

    def test_are_one_only_when_somebody_says_so(
        self, api: APIClient, owner: Owner, two: tuple[Person, Person]
    ) -> None:
        answer = api.post(f"{URL}/{two[0].pk}/merge", {"people": [two[1].pk]})

        person = Person.objects.get()
        assert answer.status_code == 200
        assert (person.name, person.aliases) == ("José", ["jose"])

    def test_stay_two_where_nobody_could_be_asked(self, owner: Owner) -> None:
        make_person(owner=owner, name="José")
        photo = make_photo(owner=owner)
        make_face(photo=photo, x=10, y=10, width=50, height=60)

        named = files.name(owner, photo, [Region("JOSE", Box(10, 10, 50, 60))], {})

        assert (named.faces, named.people) == (1, 1)
        assert people(owner) == ["JOSE", "José"]
        assert not Person.objects.get(name="José").clusters.exists()


class TestServices:
    def test_name_a_cluster_by_a_name_that_is_known_whoever_is_alike(
        self, owner: Owner, two: tuple[Person, Person]
    ) -> None:
        cluster = make_cluster(owner=owner, faces=1)

        assert naming.name_cluster(cluster, "jose") == two[1]

    def test_change_nothing_where_a_name_is_refused(self, owner: Owner) -> None:
        make_person(owner=owner, name="Anna")
        cluster = make_cluster(owner=owner, faces=1)

        with pytest.raises(NameAlike):
            naming.name_cluster(cluster, "ANNA")
        with pytest.raises(NameAlike):
            linking.link(cluster, "c-1", name="ANNA")

        assert Cluster.objects.get().person is None
        assert (people(owner), Edit.objects.count()) == (["Anna"], 0)

    def test_merge_two_by_name_alone_never(
        self, owner: Owner, space: Space, two: tuple[Person, Person]
    ) -> None:
        assert list(alike.pairs(owner)) == [(two[0].pk, two[1].pk)]

        merging.merge_people(owner, two[0], [two[1]])

        assert list(alike.pairs(owner)) == []


class TestPageOfAPerson:
    def test_tells_staff_whose_name_is_alike(
        self, admin_client: Client, owner: Owner, two: tuple[Person, Person]
    ) -> None:
        ben = make_person(owner=owner, name="Ben")
        page = reverse("admin:faces_person_change", args=[ben.pk])

        answer: Any = admin_client.post(page, {"name": "JOSE", "aliases": ""}, follow=True)

        said = [str(each) for each in answer.context["messages"]]
        assert "Changed JOSE." in " ".join(said)
        assert [each.partition(" differs in capitals")[0] for each in said[1:]] == ["José", "jose"]
        assert people(owner) == ["JOSE", "José", "jose"]
