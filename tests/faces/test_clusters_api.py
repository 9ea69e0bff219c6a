"""Saying who clusters are, over HTTP."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from faces.models import Cluster, Edit, Membership, Pair, Person
from photos.models import Owner
from tests.factories import make_cluster, make_face, make_person, make_photo

pytestmark = pytest.mark.django_db
URL = "/api/v1/faces/clusters"


def door(cluster: Cluster, name: str) -> str:
    return f"{URL}/{cluster.public_id}/{name}"


def faces_of(cluster: Cluster) -> list[int]:
    members = Membership.objects.filter(part__cluster=cluster)
    return list(members.order_by("face_id").values_list("face_id", flat=True))


def ids(api: APIClient, query: str = "") -> list[str]:
    return [each["id"] for each in api.get(f"{URL}?{query}").json()["results"]]


class TestLabel:
    def test_says_who_it_is(self, api: APIClient, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=2)

        told = api.post(door(cluster, "label"), {"name": "Alice"}).json()

        alice = Person.objects.get(owner=owner, name="Alice")
        assert told["cluster"]["id"] == cluster.public_id
        assert told["cluster"]["label"] == f"person_{alice.pk}"
        assert (told["person"]["id"], told["person"]["face_count"]) == (alice.pk, 2)
        assert (told["edit"]["kind"], Edit.objects.get().actor) == ("label", owner.user)

    def test_takes_who_goes_by_the_name(self, api: APIClient, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna", aliases=["Annie"])

        told = api.post(door(make_cluster(owner=owner), "label/"), {"name": " Annie "}).json()

        assert told["person"]["id"] == anna.pk
        assert Person.objects.count() == 1

    def test_twice_is_once(self, api: APIClient, owner: Owner) -> None:
        cluster = make_cluster(owner=owner)
        api.post(door(cluster, "label"), {"name": "Anna"})

        again = api.post(door(cluster, "label"), {"name": "Anna"}).json()

        assert (again["edit"], again["person"]["name"]) == (None, "Anna")
        assert Edit.objects.count() == 1

    def test_never_meets_people_of_others(self, api: APIClient, owner: Owner) -> None:
        theirs = make_person(name="Anna")

        told = api.post(door(make_cluster(owner=owner), "label"), {"name": "Anna"}).json()

        assert told["person"]["id"] != theirs.pk
        assert Person.objects.filter(name="Anna").count() == 2

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({}, 400, "invalid"),
            ({"name": ""}, 400, "invalid"),
            ({"name": "a" * 201}, 422, "name_too_long"),
        ],
    )
    def test_needs_a_name(
        self, api: APIClient, owner: Owner, body: Any, status: int, code: str
    ) -> None:
        answer = api.post(door(make_cluster(owner=owner), "label"), body)

        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert not Person.objects.exists()


class TestAssign:
    def test_gives_it_to_a_person(self, api: APIClient, owner: Owner) -> None:
        cluster, anna = make_cluster(owner=owner, faces=1), make_person(owner=owner)

        told = api.post(door(cluster, "assign"), {"person": anna.pk}).json()

        cluster.refresh_from_db()
        assert cluster.person == anna
        assert (told["person"]["id"], told["edit"]["kind"]) == (anna.pk, "assign")

    def test_finds_a_contact(self, api: APIClient, owner: Owner) -> None:
        make_person(name="Theirs", contact_id="c-7")
        anna = make_person(owner=owner, contact_id="c-7")

        told = api.post(door(make_cluster(owner=owner), "assign"), {"contact_id": "c-7"}).json()

        assert told["person"]["id"] == anna.pk

    def test_makes_a_contact_of_the_clusters_person(self, api: APIClient, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna")
        cluster = make_cluster(owner=owner, person=anna)

        told = api.post(door(cluster, "assign"), {"contact_id": "c-7"}).json()

        anna.refresh_from_db()
        assert (told["person"]["id"], anna.contact_id) == (anna.pk, "c-7")

    def test_makes_a_contact_of_who_has_the_name(self, api: APIClient, owner: Owner) -> None:
        anna, ben = (make_person(owner=owner, name=name) for name in ("Anna", "Ben"))
        cluster = make_cluster(owner=owner, person=ben)

        api.post(door(cluster, "assign"), {"contact_id": "c-7", "name": "Anna"})

        anna.refresh_from_db()
        cluster.refresh_from_db()
        assert (cluster.person, anna.contact_id) == (anna, "c-7")

    def test_makes_somebody_new_of_an_unknown_contact(self, api: APIClient, owner: Owner) -> None:
        named, unnamed = make_cluster(owner=owner), make_cluster(owner=owner)

        api.post(door(named, "assign"), {"contact_id": "c-7", "name": "Anna"})
        api.post(door(unnamed, "assign"), {"contact_id": "c-8"})

        people = Person.objects.order_by("pk").values_list("name", "contact_id")
        assert list(people) == [("Anna", "c-7"), ("c-8", "c-8")]

    def test_of_a_person_with_another_contact_makes_somebody_else(
        self, api: APIClient, owner: Owner
    ) -> None:
        anna = make_person(owner=owner, name="Anna", contact_id="c-7")
        cluster = make_cluster(owner=owner, person=anna)

        told = api.post(door(cluster, "assign"), {"contact_id": "c-8"}).json()
        refused = api.post(door(cluster, "assign"), {"contact_id": "c-9", "name": "Anna"})

        assert told["person"]["name"] == "c-8"
        assert (refused.status_code, refused.json()["code"]) == (409, "name_taken")
        anna.refresh_from_db()
        assert anna.contact_id == "c-7"

    @pytest.mark.parametrize("body", [{}, {"person": 1, "contact_id": "c"}, {"name": "Anna"}])
    def test_takes_exactly_one_of_them(
        self, api: APIClient, owner: Owner, body: dict[str, Any]
    ) -> None:
        answer = api.post(door(make_cluster(owner=owner), "assign"), body)

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["contact_id"])

    def test_to_people_of_others_looks_as_if_there_were_none(
        self, api: APIClient, owner: Owner
    ) -> None:
        cluster = make_cluster(owner=owner)

        for person in (make_person().pk, 10**12):
            answer = api.post(door(cluster, "assign"), {"person": person})
            assert (answer.status_code, answer.json()["code"]) == (404, "person_missing")
            assert answer.json()["detail"] == f"There is no person {person}."
        assert not Edit.objects.exists()


class TestSplit:
    def test_makes_a_cluster_of_some_faces(self, api: APIClient, owner: Owner) -> None:
        anna = make_person(owner=owner)
        cluster = make_cluster(owner=owner, faces=3, person=anna)
        stay, *go = faces_of(cluster)

        told = api.post(door(cluster, "split"), {"faces": go, "name": "Ben"}).json()

        new = Cluster.objects.get(public_id=told["cluster"]["id"])
        assert (faces_of(cluster), faces_of(new)) == ([stay], go)
        assert told["person"]["name"] == "Ben"
        assert (Pair.objects.get().same, new.person) == (False, Person.objects.get(name="Ben"))

    def test_needs_no_name(self, api: APIClient, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=2)

        told = api.post(door(cluster, "split"), {"faces": faces_of(cluster)[:1]}).json()

        assert told["person"] is None
        assert told["cluster"]["id"] in Cluster.objects.values_list("public_id", flat=True)

    def test_needs_some_of_its_faces(self, api: APIClient, owner: Owner) -> None:
        cluster, other = make_cluster(owner=owner, faces=2), make_cluster(owner=owner, faces=1)
        theirs = make_face()

        answers = [
            api.post(door(cluster, "split"), {"faces": faces})
            for faces in (faces_of(cluster), faces_of(other), [theirs.pk], [])
        ]

        assert [(each.status_code, each.json()["code"]) for each in answers] == [
            (422, "nothing_chosen"),
            (404, "face_missing"),
            (404, "face_missing"),
            (400, "invalid"),
        ]
        assert Cluster.objects.count() == 2


class TestMarks:
    def test_hide_a_cluster_and_show_it_again(self, api: APIClient, owner: Owner) -> None:
        hidden, shown = (make_cluster(owner=owner) for _ in range(2))
        where = f"{URL}/{hidden.public_id}"

        told = api.patch(where, {"hidden": True, "ignored": True}).json()
        lists = ids(api), ids(api, "hidden=true"), ids(api, "ignored=true&hidden=true")
        api.patch(where, {"hidden": False})

        marks = (told["cluster"]["hidden"], told["cluster"]["ignored"], told["edit"]["kind"])
        assert marks == (True, True, "mark")
        assert lists == ([shown.public_id], [hidden.public_id], [hidden.public_id])
        assert ids(api) == [shown.public_id, hidden.public_id]

    def test_of_somebody_hidden_are_hidden_as_well(self, api: APIClient, owner: Owner) -> None:
        hidden = make_cluster(owner=owner, person=make_person(owner=owner, hidden=True))
        shown = make_cluster(owner=owner, person=make_person(owner=owner))
        nobodys = make_cluster(owner=owner)

        assert sorted(ids(api)) == sorted([shown.public_id, nobodys.public_id])
        assert ids(api, "hidden=true") == [hidden.public_id]

    def test_of_a_hidden_cluster_are_found_by_its_id(self, api: APIClient, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, hidden=True)

        assert api.get(f"{URL}/{cluster.public_id}").json()["hidden"] is True

    def test_that_are_none_change_nothing(self, api: APIClient, owner: Owner) -> None:
        answer = api.patch(f"{URL}/{make_cluster(owner=owner).public_id}", {})

        assert (answer.status_code, answer.json()["edit"]) == (200, None)


class TestClustersOfOthers:
    @pytest.mark.parametrize(
        ("method", "name", "body"),
        [
            ("patch", "", {"hidden": True}),
            ("post", "label", {"name": "Anna"}),
            ("post", "assign", {"contact_id": "c-7"}),
            ("post", "split", {"faces": [1]}),
            ("get", "history", None),
        ],
    )
    def test_look_like_missing_ones(
        self, api: APIClient, method: str, name: str, body: Any
    ) -> None:
        cluster = make_cluster(faces=1)
        before = list(Cluster.objects.values())

        theirs = getattr(api, method)(door(cluster, name), body)
        missing = getattr(api, method)(f"{URL}/clu_000000000000/{name}", body)

        assert theirs.status_code == missing.status_code == 404
        assert theirs.json() == missing.json()
        assert list(Cluster.objects.values()) == before
        assert not Person.objects.exists()

    def test_are_found_by_none_of_the_filters(self, api: APIClient) -> None:
        theirs = make_cluster(faces=1, person=(person := make_person()), owner=person.owner)

        assert ids(api, f"person={theirs.person_id}") == []

    def test_a_photo_shows_a_person_once(self, api: APIClient, owner: Owner) -> None:
        photo, anna = make_photo(owner=owner), make_person(owner=owner, name="Anna")
        make_face(photo=photo, cluster=make_cluster(owner=owner, person=anna))
        other = make_cluster(owner=owner)
        make_face(photo=photo, cluster=other)

        answer = api.post(door(other, "label"), {"name": "Anna"})

        assert (answer.status_code, answer.json()["code"]) == (409, "twice_in_photo")
        assert str(photo.pk) in answer.json()["detail"]
