"""What staff do with some of the faces of a cluster, on its page."""

import re
from typing import Any

import pytest
from django.test import Client

from faces.models import Cluster, Edit, Face, Person
from photos.models import Owner
from tests.faces.staff import staff, without_links
from tests.factories import (
    make_cluster,
    make_owner,
    make_person,
)

pytestmark = pytest.mark.django_db
CLUSTERS = "/admin/faces/cluster/"


@pytest.fixture
def owner() -> Owner:
    return make_owner()


class TestFacesOfACluster:
    def do(self, client: Client, cluster: Cluster, what: str, **data: Any) -> list[str]:
        url = f"{CLUSTERS}{cluster.pk}/faces/"
        response = client.post(url, {"do": what, "answered": "yes", **data}, follow=True)
        return without_links(response)

    def faces(self, cluster: Cluster) -> list[int]:
        return list(cluster.memberships.order_by("face_id").values_list("face_id", flat=True))

    @pytest.mark.parametrize("name", ["", "Ben"])
    def test_are_split_off(self, admin_client: Client, name: str) -> None:
        cluster = make_cluster(faces=3)
        first, *others = self.faces(cluster)

        told = self.do(admin_client, cluster, "split", face=others, name=name)

        new = Cluster.objects.exclude(pk=cluster.pk).get()
        assert told == ["Split off 2 faces."]
        assert (self.faces(cluster), self.faces(new)) == ([first], others)
        assert (new.person.name if new.person else "") == name

    def test_are_not_all_split_off(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=2)

        told = self.do(admin_client, cluster, "split", face=self.faces(cluster))

        assert told == ["These are all faces of the cluster: leave some, or name it."]
        assert not Edit.objects.exists()

    def test_are_given_to_somebody(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=2)
        first, _ = self.faces(cluster)

        told = self.do(admin_client, cluster, "give", face=[first], name="Ben")

        assert told == ["Gave 1 face to Ben."]
        assert Face.objects.get(pk=first).person == Person.objects.get(name="Ben")

    def test_are_given_to_nobody_without_a_name(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=2)

        told = self.do(admin_client, cluster, "give", face=self.faces(cluster)[:1])

        assert told == ["Give the person a name: it is empty."]

    @pytest.mark.parametrize("label", ["public_id", "label"])
    def test_are_moved(self, admin_client: Client, owner: Owner, label: str) -> None:
        cluster, other = (make_cluster(owner=owner, faces=2) for _ in range(2))
        first, second = self.faces(cluster)

        told = self.do(admin_client, cluster, "move", face=[first], to=getattr(other, label))

        assert told == [f"Moved 1 face to {other.label}."]
        assert self.faces(cluster) == [second]

    def test_are_moved_to_no_other_owner(self, admin_client: Client) -> None:
        cluster, other = make_cluster(faces=2), make_cluster(faces=1)

        told = self.do(admin_client, cluster, "move", face=self.faces(cluster), to=other.public_id)

        assert told == [
            f"There is no cluster {other.public_id!r}: give a label such as clu_3f9a0c71d2be."
        ]
        assert len(self.faces(cluster)) == 2

    def test_are_not_the_person(self, admin_client: Client, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna")
        cluster = make_cluster(owner=owner, faces=2, person=anna)
        first, second = self.faces(cluster)

        told = self.do(admin_client, cluster, "reject", face=[first])

        assert told == ["Said of 1 face: not Anna."]
        assert self.faces(cluster) == [second]
        assert anna.rejections.get().face_id == first

    def test_are_not_refused_where_nobody_is_named(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=2)

        told = self.do(admin_client, cluster, "reject", face=self.faces(cluster))

        assert told == ["Nobody has said who this cluster is: there is nobody to say no to."]

    @pytest.mark.parametrize(
        ("what", "done", "left"),
        [("confirm", "Confirmed", 2), ("remove", "Took out", 1), ("ignore", "Ignored", 1)],
    )
    def test_are_sorted_out(self, admin_client: Client, what: str, done: str, left: int) -> None:
        cluster = make_cluster(faces=2)

        told = self.do(admin_client, cluster, what, face=self.faces(cluster)[:1])

        assert told == [f"{done} 1 face."]
        assert len(self.faces(cluster)) == left
        assert Edit.objects.get().kind == {"ignore": "mark"}.get(what, what)

    def test_that_all_go_leave_no_page(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=1)
        data = {"do": "remove", "answered": "yes", "face": self.faces(cluster)}

        response = admin_client.post(f"{CLUSTERS}{cluster.pk}/faces/", data)

        assert response.headers["Location"] == CLUSTERS

    def test_are_to_be_chosen(self, admin_client: Client) -> None:
        cluster, other = make_cluster(faces=1), make_cluster(faces=1)
        stranger = self.faces(other)[0]

        none = self.do(admin_client, cluster, "remove")
        foreign = self.do(admin_client, cluster, "remove", face=[stranger])

        assert none == ["Choose faces first: none is chosen."]
        assert foreign == [f"Face {stranger} is not in this cluster any more: choose again."]
        assert len(self.faces(other)) == 1

    def test_are_not_for_those_who_may_only_look(self, client: Client) -> None:
        cluster = make_cluster(faces=1)
        reader = staff(client, "view_cluster")
        url = f"{CLUSTERS}{cluster.pk}/"

        response = reader.post(f"{url}faces/", {"do": "remove", "face": self.faces(cluster)})

        assert response.status_code == 403
        assert 'name="face"' not in reader.get(f"{url}change/").content.decode()
        assert len(self.faces(cluster)) == 1

    @pytest.mark.parametrize("what", ["split", "give", "move", "reject", "remove", "ignore"])
    def test_are_shown_before_anything_happens(
        self, admin_client: Client, owner: Owner, what: str
    ) -> None:
        anna = make_person(owner=owner, name="Anna")
        cluster = make_cluster(owner=owner, faces=3, person=anna)
        target = make_cluster(owner=owner, faces=1)
        chosen = self.faces(cluster)[:2]
        data = {"do": what, "face": chosen, "name": "Ben", "to": target.public_id}

        response = admin_client.post(f"{CLUSTERS}{cluster.pk}/faces/", data)

        page = response.content.decode()
        seen = [face.crop.url in page for face in Face.objects.order_by("pk")]
        assert seen[:2] == [True, True]
        assert seen[3] == (what == "move")
        sent = re.findall(r'name="(do|face|name|to)" value="([^"]*)"', page)
        assert sent == [
            ("do", what), ("name", "Ben"), ("to", target.public_id),
            *(("face", str(face)) for face in chosen),
        ]  # fmt: skip
        assert f'href="{CLUSTERS}{cluster.pk}/change/"' in page
        assert not Edit.objects.exists()
