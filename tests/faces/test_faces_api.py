"""Finding faces, and saying where they belong, over HTTP."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces.models import Cluster, Edit, Face, Membership, Pair, Person
from photos.models import Owner
from tests.factories import make_cluster, make_face, make_person, make_photo

pytestmark = pytest.mark.django_db
URL = "/api/v1/faces"


def a_face(owner: Owner, **values: Any) -> Face:
    return make_face(photo=make_photo(owner=owner), **values)


def found(api: APIClient, query: str = "") -> list[int]:
    return sorted(face["id"] for face in api.get(f"{URL}?{query}").json()["results"])


def faces_of(cluster: Cluster) -> list[int]:
    members = Membership.objects.filter(part__cluster=cluster)
    return list(members.order_by("face_id").values_list("face_id", flat=True))


class TestFaces:
    def test_are_told_with_where_they_are(self, api: APIClient, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna")
        cluster = make_cluster(owner=owner, faces=1, person=anna)
        [face] = Face.objects.all()

        [shown] = api.get(f"{URL}/").json()["results"]

        assert shown == api.get(f"{URL}/{face.pk}/").json()
        assert (shown["id"], shown["photo"]) == (face.pk, face.photo_id)
        assert (shown["cluster"], shown["person"]["name"]) == (cluster.public_id, "Anna")
        assert (shown["how"], shown["similarity"]) == ("clustered", 0.8)
        assert (shown["ignored"], shown["drawn"]) == (False, False)
        assert shown["box"]["width"] == face.width

    def test_may_be_nowhere(self, api: APIClient, owner: Owner) -> None:
        face = a_face(owner)

        shown = api.get(f"{URL}/{face.pk}").json()

        assert [shown[name] for name in ("cluster", "person", "how", "similarity")] == [None] * 4

    @pytest.mark.parametrize("count", [1, 3])
    def test_cost_a_fixed_number_of_queries(
        self,
        api: APIClient,
        owner: Owner,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for _ in range(count):
            make_cluster(owner=owner, faces=1, person=make_person(owner=owner))

        with django_assert_num_queries(1):
            answer = api.get(URL)

        assert len(answer.json()["results"]) == count

    def test_can_be_narrowed_down(self, api: APIClient, owner: Owner) -> None:
        anna = make_person(owner=owner)
        named, unnamed = make_cluster(owner=owner, person=anna), make_cluster(owner=owner)
        one, two = a_face(owner, cluster=named), a_face(owner, cluster=unnamed)
        alone, ignored = a_face(owner), a_face(owner, ignored=True)

        assert found(api) == [one.pk, two.pk, alone.pk, ignored.pk]
        assert found(api, f"person={anna.pk}") == [one.pk]
        assert found(api, f"cluster={unnamed.public_id}") == [two.pk]
        assert found(api, f"photo={alone.photo_id}") == [alone.pk]
        assert found(api, "alone=true&ignored=false") == [alone.pk]
        assert found(api, "ignored=true") == [ignored.pk]

    @pytest.mark.parametrize("query", ["person=x", "photo=0", f"person={2**63}", "photo=1.5"])
    def test_are_not_narrowed_down_by_what_is_no_number(self, api: APIClient, query: str) -> None:
        answer = api.get(f"{URL}?{query}")

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert list(answer.json()["fields"]) == [query.partition("=")[0]]

    def test_of_others_look_like_missing_ones(self, api: APIClient) -> None:
        theirs = make_face(cluster=make_cluster())

        assert found(api) == found(api, f"photo={theirs.photo_id}") == []
        for door in ("", "/history"):
            there, missing = (api.get(f"{URL}/{pk}{door}") for pk in (theirs.pk, 10**12))
            assert there.status_code == missing.status_code == 404
            assert there.json() == missing.json()


class TestAssignTo:
    def test_gives_faces_to_a_person(self, api: APIClient, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna")
        faces = [a_face(owner).pk for _ in range(2)]

        told = api.post(f"{URL}/assign-to", {"faces": faces, "person": anna.pk}).json()

        assert (told["person"]["id"], told["person"]["face_count"]) == (anna.pk, 2)
        assert (told["edit"]["kind"], told["edit"]["face_count"]) == ("assign", 2)
        assert faces_of(anna.clusters.get()) == faces
        assert set(Membership.objects.values_list("how", flat=True)) == {"manual"}

    def test_gives_faces_to_who_has_the_name(self, api: APIClient, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna", aliases=["Annie"])
        body = {"faces": [a_face(owner).pk], "name": " Annie"}

        told = api.post(f"{URL}/assign-to", body).json()

        assert (told["person"]["id"], told["edit"]["kind"]) == (anna.pk, "assign")

    def test_makes_somebody_new_of_a_new_name(self, api: APIClient, owner: Owner) -> None:
        make_person(name="Anna")

        told = api.post(f"{URL}/assign-to", {"faces": [a_face(owner).pk], "name": "Anna"}).json()

        anna = Person.objects.get(owner=owner)
        assert (told["person"]["id"], told["edit"]["kind"]) == (anna.pk, "create")
        assert (anna.name, Edit.objects.count()) == ("Anna", 1)

    def test_twice_is_once(self, api: APIClient, owner: Owner) -> None:
        body = {"faces": [a_face(owner).pk], "name": "Anna"}
        api.post(f"{URL}/assign-to", body)

        again = api.post(f"{URL}/assign-to", body).json()

        assert (again["edit"], again["person"]["name"]) == (None, "Anna")
        assert Edit.objects.count() == 1

    def test_to_people_of_others_looks_as_if_there_were_none(
        self, api: APIClient, owner: Owner
    ) -> None:
        face = a_face(owner)

        for person in (make_person().pk, 10**12):
            answer = api.post(f"{URL}/assign-to", {"faces": [face.pk], "person": person})
            assert (answer.status_code, answer.json()["code"]) == (404, "person_missing")
        assert not Membership.objects.exists()

    def test_needs_a_person_or_a_name(self, api: APIClient, owner: Owner) -> None:
        faces = [a_face(owner).pk]

        for body in ({"faces": faces}, {"faces": faces, "person": 1, "name": "Anna"}):
            answer = api.post(f"{URL}/assign-to", body)
            assert (answer.status_code, list(answer.json()["fields"])) == (400, ["person"])


class TestMove:
    def test_puts_faces_into_a_cluster(self, api: APIClient, owner: Owner) -> None:
        source, target = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=1)
        [moved], [there] = faces_of(source), faces_of(target)

        body = {"faces": [moved], "cluster": target.public_id}
        told = api.post(f"{URL}/move", body).json()

        assert (told["cluster"]["id"], told["cluster"]["face_count"]) == (target.public_id, 2)
        assert faces_of(target) == sorted([moved, there])
        assert not Cluster.objects.filter(pk=source.pk).exists()

    def test_into_clusters_of_others_looks_as_if_there_were_none(
        self, api: APIClient, owner: Owner
    ) -> None:
        face = a_face(owner)

        for cluster in (make_cluster().public_id, "clu_0"):
            answer = api.post(f"{URL}/move", {"faces": [face.pk], "cluster": cluster})
            assert (answer.status_code, answer.json()["code"]) == (404, "cluster_missing")
        assert not Membership.objects.exists()


class TestRemove:
    def test_takes_faces_out(self, api: APIClient, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=2)
        goes, stays = faces_of(cluster)

        told = api.post(f"{URL}/remove", {"faces": [goes]}).json()

        assert (told["edit"]["kind"], faces_of(cluster)) == ("remove", [stays])

    def test_twice_is_once(self, api: APIClient, owner: Owner) -> None:
        body = {"faces": faces_of(make_cluster(owner=owner, faces=1))}
        api.post(f"{URL}/remove", body)

        assert api.post(f"{URL}/remove", body).json()["edit"] is None


class TestConfirm:
    def test_makes_faces_ones_that_others_are_compared_with(
        self, api: APIClient, owner: Owner
    ) -> None:
        cluster = make_cluster(owner=owner, faces=1)
        Membership.objects.update(how="matched")

        told = api.post(f"{URL}/confirm", {"faces": faces_of(cluster)}).json()

        assert (told["edit"]["kind"], Membership.objects.get().how) == ("confirm", "manual")

    def test_of_a_face_that_is_nowhere_is_refused(self, api: APIClient, owner: Owner) -> None:
        answer = api.post(f"{URL}/confirm", {"faces": [a_face(owner).pk]})

        assert (answer.status_code, answer.json()["code"]) == (404, "face_missing")


class TestIgnore:
    def test_leaves_faces_out_and_takes_them_back(self, api: APIClient, owner: Owner) -> None:
        [face] = faces_of(make_cluster(owner=owner, faces=1))

        api.post(f"{URL}/ignore", {"faces": [face]})
        ignored, members = Face.objects.get().ignored, Membership.objects.count()
        api.post(f"{URL}/ignore", {"faces": [face], "ignored": False})

        assert (ignored, members, Face.objects.get().ignored) == (True, 0, False)


class TestAnswer:
    def test_is_remembered_and_can_be_changed(self, api: APIClient, owner: Owner) -> None:
        one, two = a_face(owner), a_face(owner)
        body = {"first": two.pk, "second": one.pk}

        api.post(f"{URL}/answer", body | {"same": True})
        said = Pair.objects.get().same
        api.post(f"{URL}/answer", body | {"same": False})

        pair = Pair.objects.get()
        assert (said, pair.same) == (True, False)
        assert (pair.first, pair.second) == (one, two)

    def test_takes_two_faces_of_the_owners_own(self, api: APIClient, owner: Owner) -> None:
        face, theirs = a_face(owner), make_face()

        answers = [
            api.post(f"{URL}/answer", {"first": face.pk, "second": other, "same": True})
            for other in (face.pk, theirs.pk, 10**12)
        ]

        assert [(each.status_code, each.json()["code"]) for each in answers] == [
            (422, "nothing_chosen"),
            (404, "face_missing"),
            (404, "face_missing"),
        ]
        assert not Pair.objects.exists()


class TestFacesOfOthers:
    @pytest.mark.parametrize(
        ("door", "more"),
        [
            ("assign-to", {"name": "Anna"}),
            ("move", {"cluster": "mine"}),
            ("remove", {}),
            ("confirm", {}),
            ("ignore", {}),
        ],
    )
    def test_look_as_if_there_were_none(
        self, api: APIClient, owner: Owner, door: str, more: dict[str, str]
    ) -> None:
        cluster, theirs = make_cluster(owner=owner), make_face(cluster=make_cluster())
        more = more | ({"cluster": cluster.public_id} if "cluster" in more else {})
        before = list(Membership.objects.values())

        for face in (theirs.pk, 10**12):
            answer = api.post(f"{URL}/{door}", {"faces": [face], **more})
            assert (answer.status_code, answer.json()["code"]) == (404, "face_missing")
            assert answer.json()["detail"] == f"There is no face {face}."
        assert list(Membership.objects.values()) == before
        assert not Person.objects.exists()

    @pytest.mark.parametrize("door", ["assign-to", "move", "remove", "confirm", "ignore"])
    def test_are_to_be_chosen_at_all(self, api: APIClient, door: str) -> None:
        answer = api.post(f"{URL}/{door}", {"faces": [], "name": "Anna", "cluster": "clu_0"})

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["faces"])
