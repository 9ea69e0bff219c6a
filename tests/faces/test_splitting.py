"""Clusters that show several people, taken apart by who looks like whom."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from faces import splitting
from faces.errors import NothingChosen
from faces.models import Cluster, Edit, Membership, Pair
from faces.people import merging, naming, placing
from faces.people.editing import undo
from inference.arrays import Array
from photos.models import Owner, Space
from tests.faces.staff import act, without_links
from tests.factories import make_cluster, make_face, make_person, make_photo, make_space, unit

pytestmark = pytest.mark.django_db
ANNA, BEN, CLEO = unit(1, 0, 0), unit(0, 1, 0), unit(0, 0, 1)
PAGE = "/admin/faces/cluster/"


@pytest.fixture
def space(db: None) -> Space:
    return make_space()


@pytest.fixture
def mixed(owner: Owner, space: Space) -> Cluster:
    """Three faces of Anna, two of Ben, and one of Cleo."""
    return cluster_of(owner, space, ANNA, ANNA, ANNA, BEN, BEN, CLEO)


def cluster_of(owner: Owner, space: Space, *vectors: Array) -> Cluster:
    cluster = make_cluster(owner=owner, space=space)
    for vector in vectors:
        make_face(photo=make_photo(owner=owner), cluster=cluster, space=space, vector=vector)
    return cluster


def faces_of(cluster: Cluster) -> list[int]:
    return list(cluster.memberships.order_by("face").values_list("face_id", flat=True))


def door(cluster: Cluster) -> str:
    return f"/api/v1/faces/clusters/{cluster.public_id}/split"


class TestParts:
    def test_are_people_and_the_largest_stays_with_who_is_like_nobody(
        self, mixed: Cluster, space: Space
    ) -> None:
        faces = faces_of(mixed)

        stay, *go = splitting.parts(mixed, space)

        assert (sorted(stay), go) == ([*faces[:3], faces[5]], [faces[3:5]])

    def test_keep_who_was_placed_by_hand(self, mixed: Cluster, space: Space) -> None:
        faces = faces_of(mixed)
        placing.confirm(mixed.owner, [faces[3]])

        stay, *go = splitting.parts(mixed, space)

        assert (sorted(stay), go) == (faces[3:], [faces[:3]])

    def test_obey_what_was_said_of_two_faces(self, mixed: Cluster, space: Space) -> None:
        faces = faces_of(mixed)
        for ben in faces[3:5]:
            placing.answer(mixed.owner, faces[0], ben, same=True)

        with pytest.raises(NothingChosen, match="look like one person"):
            splitting.parts(mixed, space)

    def test_are_more_where_more_is_asked_for(self, owner: Owner, space: Space) -> None:
        alike = unit(1, 1.5, 0)  # a cosine of .55
        cluster = cluster_of(owner, space, ANNA, ANNA, ANNA, alike, alike)

        with pytest.raises(NothingChosen):
            splitting.parts(cluster, space)
        assert len(splitting.parts(cluster, space, threshold=0.999)) == 2

    def test_of_faces_that_no_model_has_seen_are_none(self, owner: Owner, space: Space) -> None:
        with pytest.raises(NothingChosen, match="has not looked"):
            splitting.parts(make_cluster(owner=owner, faces=2), space)


class TestTheDoor:
    def test_tells_first(self, api: APIClient, mixed: Cluster) -> None:
        faces = faces_of(mixed)

        answer = api.post(door(mixed), {"automatic": True, "dry_run": True})

        told = answer.json()
        assert (answer.status_code, told["edit"]) == (200, None)
        assert told["cluster"]["id"] == mixed.public_id
        assert [part["face_count"] for part in told["parts"]] == [4, 2]
        assert told["parts"][1]["faces"] == faces[3:5]
        assert [face["id"] for face in told["parts"][1]["sample"]] == faces[3:5]
        assert (Edit.objects.count(), Cluster.objects.count()) == (0, 1)

    def test_splits_as_one_edit_that_can_be_undone(
        self, api: APIClient, owner: Owner, space: Space
    ) -> None:
        vectors = [ANNA] * 4 + [BEN] * 3 + [CLEO] * 2
        cluster = cluster_of(owner, space, *vectors)
        faces = faces_of(cluster)
        before = list(Membership.objects.order_by("face").values())

        told = api.post(door(cluster), {"automatic": True}).json()

        edit = Edit.objects.get()
        [bens, cleos] = Cluster.objects.exclude(pk=cluster.pk).order_by("pk")
        assert (told["edit"]["id"], told["cluster"]["id"]) == (edit.pk, bens.public_id)
        assert [faces_of(each) for each in (cluster, bens, cleos)] == [
            faces[:4], faces[4:7], faces[7:],
        ]  # fmt: skip
        assert [(pair.first_id, pair.same) for pair in Pair.objects.all()] == [
            (faces[0], False)
        ] * 2
        undo(owner, edit.pk, None)
        assert list(Membership.objects.order_by("face").values()) == [
            row | {"id": now.pk}
            for row, now in zip(before, Membership.objects.order_by("face"), strict=True)
        ]
        assert Cluster.objects.get() == cluster

    def test_takes_a_merge_apart_that_was_wrong(
        self, api: APIClient, owner: Owner, space: Space
    ) -> None:
        anna, ben = cluster_of(owner, space, *[ANNA] * 3), cluster_of(owner, space, *[BEN] * 3)
        bens = faces_of(ben)
        merging.merge(owner, anna.public_id, [ben.public_id])
        naming.name_cluster(anna, "Anna")

        told = api.post(door(anna), {"automatic": True}).json()

        new = Cluster.objects.get(public_id=told["cluster"]["id"])
        assert (faces_of(new), new.person) == (bens, None)

    def test_with_an_idempotency_key_is_one_edit(self, api: APIClient, mixed: Cluster) -> None:
        headers = {"Idempotency-Key": "k"}

        first, again = (
            api.post(door(mixed), {"automatic": True}, headers=headers) for _ in range(2)
        )
        other = api.post(door(mixed), {"automatic": True, "threshold": 0.9}, headers=headers)

        assert (again.status_code, again.json()) == (200, first.json())
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        assert Edit.objects.count() == 1

    def test_refuses_where_all_look_like_one(
        self, api: APIClient, owner: Owner, space: Space
    ) -> None:
        cluster = cluster_of(owner, space, ANNA, ANNA)

        answer = api.post(door(cluster), {"automatic": True})

        assert (answer.status_code, answer.json()["code"]) == (422, "nothing_chosen")
        assert Edit.objects.count() == 0

    def test_of_another_owner_is_as_if_it_were_not_there(
        self, api: APIClient, space: Space
    ) -> None:
        foreign = make_cluster(faces=2)

        for asked in ({"automatic": True}, {"automatic": True, "dry_run": True}):
            answer = api.post(door(foreign), asked)
            missing = api.post("/api/v1/faces/clusters/clu_0/split", asked)
            assert (answer.status_code, answer.json()) == (404, missing.json())

    @pytest.mark.parametrize(
        ("asked", "field"),
        [
            ({}, "faces"),
            ({"automatic": True, "faces": [1]}, "faces"),
            ({"automatic": True, "name": "Ben"}, "name"),
            ({"faces": [1], "dry_run": True}, "dry_run"),
            ({"faces": [1], "threshold": 0.5}, "threshold"),
            ({"automatic": True, "threshold": 1}, "threshold"),
        ],
    )
    def test_refuses_what_does_not_go_together(
        self, api: APIClient, mixed: Cluster, asked: Any, field: str
    ) -> None:
        answer = api.post(door(mixed), asked)

        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


class TestStaff:
    def test_see_the_parts_first(self, admin_client: Client, mixed: Cluster) -> None:
        data = {"action": "split_apart", "_selected_action": [mixed.pk]}

        page = admin_client.post(PAGE, data)

        assert page.context["title"] == f"{mixed.label} would be 2 clusters"
        assert [words for words, _ in page.context["parts"]] == [
            "4 faces stay", "2 faces become a cluster",
        ]  # fmt: skip
        assert page.content.decode().count('loading="lazy"') == 6
        assert Cluster.objects.count() == 1

    def test_then_split(self, admin_client: Client, mixed: Cluster) -> None:
        assert act(admin_client, PAGE, "split_apart", [mixed], go="on") == [
            "Split into 2 clusters."
        ]
        assert (Cluster.objects.count(), Edit.objects.get().kind) == (2, "split")

    def test_are_told_what_prevents_it(
        self, admin_client: Client, owner: Owner, space: Space
    ) -> None:
        one = cluster_of(owner, space, ANNA, ANNA)
        two = cluster_of(owner, space, ANNA)
        both = {"action": "split_apart", "_selected_action": [one.pk, two.pk]}

        [same] = act(admin_client, PAGE, "split_apart", [one])
        [many] = without_links(admin_client.post(PAGE, both, follow=True))

        assert same.startswith("These faces look like one person")
        assert many == "Choose one cluster: each is looked at by itself."


def test_names_stay_with_the_part_that_stays(owner: Owner, mixed: Cluster, space: Space) -> None:
    anna = make_person(owner=owner, name="Anna")
    Cluster.objects.update(person=anna)

    _, *going = splitting.parts(mixed, space)
    [new] = placing.split_apart(mixed, going)

    mixed.refresh_from_db()
    assert (mixed.person, new.person) == (anna, None)
