"""What staff do with faces and people, as far as it spans the house: erasing, and what follows."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.storage import default_storage
from django.test import Client

from faces.models import Cluster, Edit, Erasure, Face, Membership, Person
from faces.people.naming import name_cluster
from jobs.models import Job
from photos.models import Owner, Photo
from tests.faces.staff import act, offered, staff
from tests.factories import make_cluster, make_face, make_person, make_photo, make_space, unit

pytestmark = pytest.mark.django_db
CLUSTERS, FACES, PEOPLE = (f"/admin/faces/{what}/" for what in ("cluster", "face", "person"))


def asked(client: Client, url: str, action: str, *rows: Any) -> Any:
    """The page that asks whether it is meant."""
    return client.post(url, {"action": action, "_selected_action": [row.pk for row in rows]})


class TestErasingNobody:
    def test_asks_first_in_pictures(self, admin_client: Client, owner: Owner) -> None:
        clusters = [make_cluster(owner=owner, faces=2) for _ in range(2)]

        response = asked(admin_client, CLUSTERS, "erase", *clusters)

        page = response.content.decode()
        assert response.context["title"] == "Erase 2 clusters for good"
        assert all(face.crop.url in page for face in Face.objects.all())
        assert "4 faces will go" in page
        assert not Erasure.objects.exists()

    def test_does_nothing_without_a_yes(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=1)

        act(admin_client, CLUSTERS, "erase", [cluster], go="on")

        assert Cluster.objects.get() == cluster

    def test_leaves_nothing_but_a_receipt(
        self, admin_client: Client, admin_user: Any, owner: Owner
    ) -> None:
        cluster, other = (make_cluster(owner=owner, faces=2) for _ in range(2))
        crops = [str(face.crop) for face in Face.objects.filter(membership__part__cluster=cluster)]

        told = act(admin_client, CLUSTERS, "erase", [cluster], sure="on", reason="asked for it")

        receipt = Erasure.objects.get()
        assert told == [f"Erased for good: the receipt is number {receipt.pk}."]
        assert (receipt.actor, receipt.finished_at is not None) == (admin_user, True)
        assert (receipt.counts["rows"]["cluster"], receipt.counts["rows"]["face"]) == (1, 2)
        assert sum(receipt.counts["left"].values()) == 0
        assert not any(default_storage.exists(crop) for crop in crops)
        assert (Cluster.objects.get(), Face.objects.count()) == (other, 2)
        assert (Photo.objects.count(), Person.objects.count()) == (4, 0)
        assert Edit.objects.get().kind == "erase"
        assert "asked for it" in LogEntry.objects.get().change_message

    def test_is_refused_where_somebody_has_named_it_meanwhile(
        self, admin_client: Client, owner: Owner
    ) -> None:
        cluster = make_cluster(owner=owner, faces=1)
        asked(admin_client, CLUSTERS, "erase", cluster)
        name_cluster(cluster, "Anna")

        act(admin_client, CLUSTERS, "erase", [cluster], sure="on")

        assert Person.objects.get().name == "Anna"
        assert Face.objects.count() == 1

    def test_is_not_done_together_with_somebody(self, admin_client: Client, owner: Owner) -> None:
        nobodys = make_cluster(owner=owner, faces=1)
        annas = make_cluster(owner=owner, faces=1, person=make_person(owner=owner))

        told = act(admin_client, CLUSTERS, "erase", [nobodys, annas], sure="on")

        assert told == [
            "Choose clusters of one person, or of nobody: each is erased by themselves."
        ]

    def test_is_offered_on_its_page_to_those_who_may(
        self, admin_client: Client, client: Client
    ) -> None:
        cluster = make_cluster(faces=1)
        button = '<input type="hidden" name="action" value="erase">'
        url = f"{CLUSTERS}{cluster.pk}/change/"
        mine = admin_client.get(url).content.decode()

        reader = staff(client, "view_cluster", "change_cluster")
        act(reader, CLUSTERS, "erase", [cluster], sure="on")

        assert (mine.count(button), reader.get(url).content.decode().count(button)) == (1, 0)
        assert "erase" not in offered(reader, CLUSTERS)
        assert Cluster.objects.exists()


class TestLists:
    @pytest.mark.parametrize("action", ["confirm", "remove", "ignore", "unignore"])
    def test_of_faces_ask_first_in_pictures(
        self, admin_client: Client, owner: Owner, action: str
    ) -> None:
        faces = [make_face(cluster=make_cluster(owner=owner)) for _ in range(2)]

        response = asked(admin_client, FACES, action, *faces)

        page = response.content.decode()
        assert "2 faces" in response.context["title"]
        assert all(face.crop.url in page for face in faces)
        assert not Edit.objects.exists()

    @pytest.mark.parametrize(
        "action", ["hide", "show", "favour", "unfavour", "ignore", "unignore", "forget"]
    )
    def test_of_people_ask_first_in_pictures(
        self, admin_client: Client, owner: Owner, action: str
    ) -> None:
        anna = make_person(owner=owner, name="Anna")
        cluster = make_cluster(owner=owner, faces=1, person=anna)

        response = asked(admin_client, f"{PEOPLE}?shown=all", action, anna)

        page = response.content.decode()
        assert "Anna" in response.context["title"]
        assert cluster.memberships.get().face.crop.url in page
        assert not Edit.objects.exists()

    def test_have_a_way_back_in_what_they_tell(self, admin_client: Client, owner: Owner) -> None:
        face = make_face(cluster=make_cluster(owner=owner, faces=1))
        data = {"action": "remove", "_selected_action": [face.pk], "answered": "yes"}

        [told] = admin_client.post(FACES, data, follow=True).context["messages"]
        undone = admin_client.post(
            "/admin/faces/edit/undo/", {"edits": Edit.objects.get().pk, "next": FACES}
        )

        assert f'name="edits" value="{Edit.objects.earliest("pk").pk}"' in str(told)
        assert undone["Location"] == FACES
        assert Membership.objects.filter(face=face).exists()


class TestWhatFollows:
    def test_a_face_that_is_not_ignored_any_more_is_looked_at(
        self, admin_client: Client, owner: Owner
    ) -> None:
        make_face(photo=make_photo(owner=owner), space=make_space(), vector=unit(1))
        unseen = make_face(photo=make_photo(owner=owner), ignored=True)

        act(admin_client, FACES, "unignore", [unseen], go="on")

        assert Job.objects.get().kind == Job.Kind.LOOK

    def test_so_are_those_of_who_is_recognised_again(
        self, admin_client: Client, owner: Owner
    ) -> None:
        make_face(photo=make_photo(owner=owner), space=make_space(), vector=unit(1))
        anna = make_person(owner=owner, name="Anna", unrecognised=True)

        admin_client.post(f"{PEOPLE}{anna.pk}/change/", {"name": "Anna", "aliases": ""})

        assert Person.objects.get().unrecognised is False
        assert Job.objects.get().kind == Job.Kind.LOOK
