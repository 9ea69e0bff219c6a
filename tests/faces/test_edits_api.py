"""What was done to people, over HTTP: looking at it, and taking it back."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces.models import Cluster, Edit, Face, Membership, Person
from faces.people import merging, naming, placing
from faces.people.editing import undo
from photos.models import Owner
from tests.factories import make_cluster, make_face, make_owner, make_photo

pytestmark = pytest.mark.django_db
URL = "/api/v1/edits"
CLUSTERS = "/api/v1/faces/clusters"
PEOPLE = "/api/v1/people"
MERGE = f"{CLUSTERS}/merge"


def faces_of(cluster: Cluster) -> list[int]:
    members = Membership.objects.filter(part__cluster=cluster)
    return list(members.order_by("face_id").values_list("face_id", flat=True))


def listed(api: APIClient, where: str = URL) -> list[int]:
    return [edit["id"] for edit in api.get(where).json()["results"]]


def places() -> list[Any]:
    """Rows, whatever the keys of memberships are."""
    return [
        *Person.objects.order_by("pk").values(),
        *Cluster.objects.order_by("pk").values(),
        *Membership.objects.order_by("face").values("face", "part__cluster", "how", "similarity"),
    ]


class TestEdits:
    def test_are_listed_the_newest_first(self, api: APIClient, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=2)
        naming.name_cluster(cluster, "Anna", by=owner.user)
        placing.remove(owner, faces_of(cluster)[:1])

        newest, oldest = api.get(URL).json()["results"]

        assert (newest["kind"], newest["actor"], newest["asked"]) == ("remove", None, {})
        assert newest["face_count"] == 1
        assert owner.user
        assert (oldest["kind"], oldest["actor"]) == ("label", owner.user.username)
        assert oldest["asked"] == {"cluster": cluster.public_id, "name": "Anna"}
        assert oldest["people"] == [Person.objects.get().pk]
        assert (oldest["undoes"], oldest["undone_by"], oldest["erased"]) == (None, None, False)

    @pytest.mark.parametrize("count", [1, 3])
    def test_cost_a_fixed_number_of_queries(
        self,
        api: APIClient,
        owner: Owner,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for number in range(count):
            naming.create(owner, f"Anna {number}", by=owner.user)
            api.post(f"{URL}/{Edit.objects.latest('pk').pk}/undo")

        with django_assert_num_queries(1):
            answer = api.get(f"{URL}/")

        assert len(answer.json()["results"]) == 2 * count

    def test_can_be_narrowed_down(self, api: APIClient, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=2)
        [face, other] = faces_of(cluster)
        anna = naming.name_cluster(cluster, "Anna")
        naming.create(owner, "Ben")
        placing.remove(owner, [face])
        label, create, remove = Edit.objects.order_by("pk").values_list("pk", flat=True)

        assert listed(api) == [remove, create, label]
        assert listed(api, f"{URL}?kind=create") == [create]
        assert listed(api, f"{URL}?person={anna.pk}") == [remove, label]
        assert listed(api, f"{URL}?cluster={cluster.public_id}") == [remove, label]
        assert listed(api, f"{URL}?face={face}") == [remove]
        assert listed(api, f"{URL}?face={other}") == listed(api, f"{URL}?cluster=clu_0") == []

    def test_are_the_history_of_what_they_changed(self, api: APIClient, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=2)
        [face, _] = faces_of(cluster)
        anna = naming.name_cluster(cluster, "Anna")
        naming.create(owner, "Ben")
        placing.remove(owner, [face])
        label, _, remove = Edit.objects.order_by("pk").values_list("pk", flat=True)

        assert listed(api, f"{PEOPLE}/{anna.pk}/history") == [remove, label]
        assert listed(api, f"{CLUSTERS}/{cluster.public_id}/history/") == [remove, label]
        assert listed(api, f"/api/v1/faces/{face}/history") == [remove]

    def test_of_a_face_are_also_the_merges_of_its_cluster(
        self, api: APIClient, owner: Owner
    ) -> None:
        into, other, third = (make_cluster(owner=owner, faces=2) for _ in range(3))
        face = other.memberships.values_list("face_id", flat=True)[0]
        merging.merge(owner, into.public_id, [other.public_id])
        merge = Edit.objects.get().pk
        merging.merge(owner, into.public_id, [third.public_id])  # took other faces along

        told = api.get(f"{URL}/{merge}").json()

        assert listed(api, f"/api/v1/faces/{face}/history") == [merge]
        assert (told["face_count"], face in told["faces"]) == (2, True)

    def test_of_a_merge_tell_no_faces_that_came_later(self, api: APIClient, owner: Owner) -> None:
        into, other = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=2)
        before = list(other.memberships.order_by("face").values_list("face_id", flat=True))
        merging.merge(owner, into.public_id, [other.public_id])
        merge = Edit.objects.get().pk
        undo(owner, merge, None)
        make_face(photo=make_photo(owner=owner), cluster=other)

        assert api.get(f"{URL}/{merge}").json()["faces"] == before

    @pytest.mark.parametrize("door", [PEOPLE, CLUSTERS, "/api/v1/faces"])
    @pytest.mark.parametrize("count", [1, 3])
    def test_of_one_thing_cost_a_fixed_number_of_queries(
        self,
        api: APIClient,
        owner: Owner,
        door: str,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        anna = naming.create(owner, "Anna", faces=[make_face(photo=make_photo(owner=owner)).pk])
        cluster, face = Cluster.objects.get(), Face.objects.get()
        for _ in range(count):
            placing.remove(owner, [face.pk])
            placing.move(owner, [face.pk], make_cluster(owner=owner, person=anna))
        cluster = Cluster.objects.get(parts__memberships__face=face)
        key = {PEOPLE: anna.pk, CLUSTERS: cluster.public_id}.get(door, face.pk)

        with django_assert_num_queries(3 if door == "/api/v1/faces" else 2):
            answer = api.get(f"{door}/{key}/history")

        assert len(answer.json()["results"]) >= 1

    def test_of_others_look_like_missing_ones(self, api: APIClient) -> None:
        other = make_owner()
        anna = naming.create(other, "Anna")
        edit = Edit.objects.get()

        assert listed(api) == listed(api, f"{URL}?person={anna.pk}") == []
        theirs, missing = (api.get(f"{URL}/{pk}") for pk in (edit.pk, 10**12))
        assert theirs.status_code == missing.status_code == 404
        assert theirs.json() == missing.json()
        for pk in (edit.pk, 10**12):
            answer = api.post(f"{URL}/{pk}/undo")
            assert (answer.status_code, answer.json()["code"]) == (404, "edit_missing")
            assert answer.json()["detail"] == f"There is no edit {pk} that could be undone."
        assert Person.objects.get() == anna


class TestEdit:
    def test_tells_rows_before_and_after(self, api: APIClient, owner: Owner) -> None:
        cluster = make_cluster(owner=owner)
        anna = naming.name_cluster(cluster, "Anna")
        naming.change(anna, name="Anne", contact_id="c-7")
        label, change = Edit.objects.order_by("pk")

        made, named = api.get(f"{URL}/{label.pk}").json()["changes"]
        [changed] = api.get(f"{URL}/{change.pk}/").json()["changes"]

        assert (made["what"], made["id"], made["before"]) == ("person", str(anna.pk), None)
        assert (made["after"]["name"], "owner_id" in made["after"]) == ("Anna", False)
        assert named == {
            "what": "cluster",
            "id": cluster.public_id,
            "faces": [],
            "before": {"person": None},
            "after": {"person": anna.pk},
        }
        assert changed["before"] == {"name": "Anna", "contact_id": ""}
        assert changed["after"] == {"name": "Anne", "contact_id": "c-7"}

    def test_tells_where_faces_were(self, api: APIClient, owner: Owner) -> None:
        source, target = make_cluster(owner=owner, faces=1), make_cluster(owner=owner)
        [face] = faces_of(source)
        placing.move(owner, [face], target)

        told = api.get(f"{URL}/{Edit.objects.get().pk}").json()

        assert told["faces"] == told["asked"]["faces"] == [face]
        assert told["changes"][0] == {
            "what": "place",
            "id": None,
            "faces": [face],
            "before": {"cluster": source.public_id, "how": "clustered", "similarity": 0.8},
            "after": {"cluster": target.public_id, "how": "manual", "similarity": None},
        }

    def test_knows_clusters_that_have_gone_since(self, api: APIClient, owner: Owner) -> None:
        first, second = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=1)
        last = make_cluster(owner=owner, faces=1)
        merging.merge(owner, second.public_id, [first.public_id])
        edit = Edit.objects.get()
        merging.merge(owner, last.public_id, [second.public_id])

        moved, deleted = api.get(f"{URL}/{edit.pk}").json()["changes"]

        assert moved["before"] == {"cluster": first.public_id}
        assert moved["after"] == {"cluster": second.public_id}
        assert (deleted["id"], deleted["after"]) == (first.public_id, None)

    @pytest.mark.parametrize("count", [1, 3])
    def test_costs_a_fixed_number_of_queries(
        self,
        api: APIClient,
        owner: Owner,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        into, *others = (make_cluster(owner=owner, faces=1) for _ in range(count + 1))
        merging.merge(owner, into.public_id, [each.public_id for each in others])
        where = f"{URL}/{Edit.objects.get().pk}"

        with django_assert_num_queries(4):
            told = api.get(where).json()

        assert len(told["changes"]) == 2 * count


class TestUndo:
    def test_puts_everything_back(self, api: APIClient, owner: Owner) -> None:
        into, other = make_cluster(owner=owner, faces=2), make_cluster(owner=owner, faces=2)
        before = places()
        body = {"into": into.public_id, "clusters": [other.public_id], "queue": False}
        api.post(MERGE, body)
        [merged] = Edit.objects.all()

        told = api.post(f"{URL}/{merged.pk}/undo").json()["edit"]

        assert places() == before
        assert (told["kind"], told["undoes"]) == ("undo", merged.pk)
        assert api.get(f"{URL}/{merged.pk}").json()["undone_by"] == told["id"]
        assert Edit.objects.get(pk=told["id"]).actor == merged.actor == owner.user

    def test_can_be_undone(self, api: APIClient, owner: Owner) -> None:
        naming.name_cluster(make_cluster(owner=owner, faces=1), "Anna")
        named = places()

        undone = api.post(f"{URL}/{Edit.objects.get().pk}/undo").json()["edit"]
        api.post(f"{URL}/{undone['id']}/undo/")

        assert places() == named

    def test_twice_is_refused(self, api: APIClient, owner: Owner) -> None:
        naming.create(owner, "Anna")
        where = f"{URL}/{Edit.objects.get().pk}/undo"
        api.post(where)

        again = api.post(where)

        assert (again.status_code, again.json()["code"]) == (409, "already_undone")
        assert Edit.objects.count() == 2

    def test_of_what_was_changed_later_says_what_is_to_be_undone_first(
        self, api: APIClient, owner: Owner
    ) -> None:
        anna = naming.create(owner, "Anna")
        naming.change(anna, name="Anne")
        naming.change(anna, name="Ann")
        _, change, later = Edit.objects.order_by("pk")

        answer = api.post(f"{URL}/{change.pk}/undo")

        assert (answer.status_code, answer.json()["code"]) == (409, "overtaken")
        assert str(later.pk) in answer.json()["detail"]

    def test_of_what_was_erased_is_refused(self, api: APIClient, owner: Owner) -> None:
        naming.create(owner, "Anna")
        Edit.objects.update(erased=True, steps=[])

        answer = api.post(f"{URL}/{Edit.objects.get().pk}/undo")

        assert (answer.status_code, answer.json()["code"]) == (409, "edit_erased")
