"""What staff do with clusters and faces that they have chosen in a list."""

from typing import Any

import pytest
from django.test import Client

from faces.models import Cluster, Edit, Face, Membership, Person
from photos.models import Owner
from tests.faces.staff import act, offered, staff
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_person,
    make_photo,
)

pytestmark = pytest.mark.django_db
CLUSTERS = "/admin/faces/cluster/"
FACES = "/admin/faces/face/"
PEOPLE = "/admin/faces/person/"


@pytest.fixture
def owner() -> Owner:
    return make_owner()


class TestClusters:
    def test_are_merged_into_the_biggest(
        self, admin_client: Client, admin_user: Any, owner: Owner
    ) -> None:
        small, big = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=3)

        told = act(admin_client, CLUSTERS, "merge", [small, big], into=big.public_id)

        assert told == ["Merged 2 clusters."]
        assert Cluster.objects.get() == big
        assert big.memberships.count() == 4
        assert (Edit.objects.get().kind, Edit.objects.get().actor) == ("merge", admin_user)

    def test_of_different_people_are_not_merged(self, admin_client: Client, owner: Owner) -> None:
        clusters = [
            make_cluster(owner=owner, faces=1, person=make_person(owner=owner)) for _ in range(2)
        ]

        told = act(admin_client, CLUSTERS, "merge", clusters, into=clusters[0].public_id)

        assert told == ["These clusters are named as different people."]
        assert Cluster.objects.count() == 2

    def test_of_two_owners_are_not_changed_together(self, admin_client: Client) -> None:
        clusters = [make_cluster(faces=1), make_cluster(faces=1)]

        for action in ("merge", "hide", "name_as"):
            told = act(admin_client, CLUSTERS, action, clusters)
            assert told == ["Choose what is of one owner: narrow the list down to that first."]

        assert not Edit.objects.exists()

    def test_one_alone_has_nothing_to_be_merged_with(self, admin_client: Client) -> None:
        told = act(admin_client, CLUSTERS, "merge", [make_cluster(faces=1)])

        assert told == ["Choose 2 or more: 1 is too few."]

    def test_are_named_together(self, admin_client: Client, owner: Owner) -> None:
        clusters = [make_cluster(owner=owner, faces=1) for _ in range(2)]

        asked = admin_client.post(
            CLUSTERS, {"action": "name_as", "_selected_action": [each.pk for each in clusters]}
        )
        told = act(admin_client, CLUSTERS, "name_as", clusters, name=" Anna  Ek")

        assert asked.context["rows"] == clusters
        assert told == ["Named 2 clusters Anna Ek."]
        assert Person.objects.get(name="Anna Ek").clusters.count() == 2

    def test_get_a_name_all_or_none(self, admin_client: Client, owner: Owner) -> None:
        photo = make_photo(owner=owner)
        clusters = [make_cluster(owner=owner) for _ in range(2)]
        for cluster in clusters:  # one person can't be in a photo twice
            face = make_face(photo=photo, cluster=cluster)
            Membership.objects.filter(face=face).update(how="manual")

        told = act(admin_client, CLUSTERS, "name_as", clusters, name="Anna")

        assert len(told) == 1
        assert not Person.objects.exists()
        assert not Edit.objects.exists()

    def test_an_empty_name_is_asked_for_again(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=1)

        response = admin_client.post(
            CLUSTERS,
            {"action": "name_as", "_selected_action": cluster.pk, "answered": "yes", "name": " "},
        )

        errors = response.context["form"].errors
        assert errors == {"name": ["Give the person a name: it is empty."]}

    def test_that_are_hidden_leave_the_gallery(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=1)

        told = act(admin_client, CLUSTERS, "hide", [cluster], go="on")
        lists = {
            shown: admin_client.get(f"{CLUSTERS}?shown={shown}").context["cl"].result_list
            for shown in ("hidden", "all")
        }

        assert told == ["Hid 1 cluster."]
        assert not admin_client.get(CLUSTERS).context["cl"].result_list
        assert [list(rows) for rows in lists.values()] == [[cluster], [cluster]]

    def test_come_back_when_they_are_shown_again(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=1, hidden=True)

        act(admin_client, f"{CLUSTERS}?shown=all", "show", [cluster], go="on")

        assert not Cluster.objects.get().hidden

    def test_are_ignored_and_no_longer(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=1)

        act(admin_client, CLUSTERS, "ignore", [cluster], go="on")
        ignored = Cluster.objects.get().ignored
        act(admin_client, CLUSTERS, "unignore", [cluster], go="on")

        assert (ignored, Cluster.objects.get().ignored) == (True, False)

    def test_done_twice_says_that_nothing_has_changed(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=1)
        act(admin_client, CLUSTERS, "ignore", [cluster], go="on")

        told = act(admin_client, CLUSTERS, "ignore", [cluster], go="on")

        assert told == ["That was so already: nothing has changed."]
        assert Edit.objects.count() == 1

    def test_are_taken_apart(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=2)

        told = act(admin_client, CLUSTERS, "take_apart", [cluster], go="on")

        assert told == ["Took 1 cluster apart."]
        assert not Cluster.objects.exists()
        assert Face.objects.alone().count() == 2

    def test_are_not_for_those_who_may_only_look(self, client: Client) -> None:
        cluster = make_cluster(faces=1)
        reader = staff(client, "view_cluster", "view_person", "view_face")

        act(reader, CLUSTERS, "hide", [cluster], go="on")

        assert [offered(reader, url) for url in (CLUSTERS, PEOPLE, FACES)] == [[], [], []]
        assert not Cluster.objects.get().hidden


class TestFaces:
    @pytest.mark.parametrize("known", [True, False])
    def test_are_given_to_somebody(
        self, admin_client: Client, owner: Owner, *, known: bool
    ) -> None:
        if known:
            make_person(owner=owner, name="Anna Ek", aliases=["Anna"])
        faces = [make_face(photo=make_photo(owner=owner)) for _ in range(2)]

        told = act(admin_client, FACES, "assign", faces, name="Anna")

        person = Person.objects.get()
        assert told == ["Gave 2 faces to Anna."]
        assert person.name == ("Anna Ek" if known else "Anna")
        assert Face.objects.filter(membership__part__cluster__person=person).count() == 2
        assert Edit.objects.count() == 1

    def test_of_one_photo_are_not_one_person(self, admin_client: Client) -> None:
        photo = make_photo()
        faces = [make_face(photo=photo) for _ in range(2)]

        told = act(admin_client, FACES, "assign", faces, name="Anna")

        assert len(told) == 1
        assert not Person.objects.exists()

    def test_are_confirmed(self, admin_client: Client) -> None:
        face = make_face(cluster=make_cluster())

        told = act(admin_client, FACES, "confirm", [face], go="on")

        assert told == ["Confirmed 1 face."]
        assert Membership.objects.get().how == "manual"

    def test_of_no_cluster_have_nothing_to_confirm(self, admin_client: Client) -> None:
        face = make_face()

        told = act(admin_client, FACES, "confirm", [face], go="on")

        assert told == [f"Face {face.pk} is in no cluster: say whose it is."]

    def test_are_taken_out_of_their_cluster(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=2)
        face = cluster.memberships.all()[0].face

        told = act(admin_client, FACES, "remove", [face], go="on")

        assert told == ["Took 1 face out."]
        assert Face.objects.alone().get() == face

    def test_are_ignored_and_no_longer(self, admin_client: Client) -> None:
        face = make_face()

        act(admin_client, FACES, "ignore", [face], go="on")
        ignored = Face.objects.get().ignored
        act(admin_client, FACES, "unignore", [face], go="on")

        assert (ignored, Face.objects.get().ignored) == (True, False)

    def test_of_two_owners_are_not_given_to_one(self, admin_client: Client) -> None:
        told = act(admin_client, FACES, "assign", [make_face(), make_face()], name="Anna")

        assert told == ["Choose what is of one owner: narrow the list down to that first."]
        assert not Person.objects.exists()

    def test_too_many_are_not_changed_at_once(
        self, admin_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("faces.admin.doing.MOST_CHOSEN", 1)

        told = act(admin_client, FACES, "ignore", [make_face(), make_face()], go="on")

        assert told == ["More than 1 are chosen: that is the most at once."]

    def test_of_one_cluster_are_listed(self, admin_client: Client) -> None:
        face, _ = make_face(cluster=make_cluster()), make_face(cluster=make_cluster())
        key = face.membership.part.cluster_id

        lists = [
            list(admin_client.get(f"{FACES}?cluster={given}").context["cl"].result_list)
            for given in (key, 2**80, "x")
        ]

        assert lists == [[face], [], []]
