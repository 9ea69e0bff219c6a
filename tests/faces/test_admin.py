"""The people desk: the gallery of clusters, and naming them."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from faces.admin import members
from faces.admin.members import FACES_SHOWN
from faces.models import Cluster, Edit, Face, Person
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_person,
    make_photo,
    make_user,
    unit,
)

pytestmark = pytest.mark.django_db
CLUSTERS = "/admin/faces/cluster/"
FACES = "/admin/faces/face/"
PEOPLE = "/admin/faces/person/"


@pytest.fixture
def reader_client(client: Client) -> Client:
    """Staff who may look at clusters, and change none."""
    reader = make_user(is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_cluster"))
    client.force_login(reader)
    return client


def listed(client: Client, url: str) -> list[int]:
    """Primary keys of the rows, in their order."""
    return [row.pk for row in client.get(url).context["cl"].result_list]


def messages(client: Client, url: str, data: dict[str, str]) -> list[str]:
    """What staff are told after posting `data`."""
    response = client.post(url, data, follow=True)
    return [str(message) for message in response.context["messages"]]


class TestGallery:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_however_many_clusters(
        self, admin_client: Client, django_assert_num_queries: Any, rows: int
    ) -> None:
        for _ in range(rows):
            owner = make_owner()
            make_cluster(owner=owner, person=make_person(owner=owner), faces=2)

        with django_assert_num_queries(6):
            response = admin_client.get(CLUSTERS)

        assert len(response.context["cl"].result_list) == rows

    def test_shows_the_biggest_first(self, admin_client: Client) -> None:
        small, big = make_cluster(faces=1), make_cluster(faces=3)

        assert listed(admin_client, CLUSTERS) == [big.pk, small.pk]

    def test_shows_the_faces_and_who_they_are(self, admin_client: Client) -> None:
        owner = make_owner()
        anna = make_cluster(owner=owner, person=make_person(owner=owner, name="Anna"))
        stranger = make_cluster(owner=owner)
        faces = [make_face(cluster=anna), make_face(cluster=stranger)]

        page = admin_client.get(CLUSTERS).content.decode()

        assert [page.count(f'src="{face.crop.url}"') for face in faces] == [1, 1]
        assert 'value="Anna"' in page
        assert stranger.label in page

    def test_never_reads_vectors(
        self, admin_client: Client, django_assert_max_num_queries: Any
    ) -> None:
        make_face(cluster=make_cluster(), vector=unit(1))

        with django_assert_max_num_queries(20) as queries:
            admin_client.get(CLUSTERS)

        assert not [q for q in queries.captured_queries if "facevector" in q["sql"]]

    def test_narrows_down_to_those_without_a_name(self, admin_client: Client) -> None:
        owner = make_owner()
        named = make_cluster(owner=owner, person=make_person(owner=owner))
        unnamed = make_cluster(owner=owner)

        assert listed(admin_client, f"{CLUSTERS}?named=no") == [unnamed.pk]
        assert listed(admin_client, f"{CLUSTERS}?named=yes") == [named.pk]

    @pytest.mark.parametrize("words", ["anna", "clu_00ff00ff00ff", "unknown_cluster_00ff00ff00ff"])
    def test_finds_a_cluster_by_name_and_by_label(self, admin_client: Client, words: str) -> None:
        owner = make_owner()
        anna = make_person(owner=owner, name="Anna")
        wanted = make_cluster(owner=owner, person=anna, public_id="clu_00ff00ff00ff")
        make_cluster(owner=owner)

        assert listed(admin_client, f"{CLUSTERS}?q={words}") == [wanted.pk]

    def test_narrows_down_to_an_owner(self, admin_client: Client) -> None:
        wanted, _ = make_cluster(), make_cluster()

        url = f"{CLUSTERS}?owner__id__exact={wanted.owner_id}"

        assert listed(admin_client, url) == [wanted.pk]

    def test_wears_our_style_sheet_and_nothing_inline(self, admin_client: Client) -> None:
        make_cluster(faces=1)

        page = admin_client.get(CLUSTERS).content.decode()

        assert 'href="/static/kindred/admin.css"' in page
        assert not re.search(r"<script>|<style|\sstyle=|\son[a-z]+=", page)

    def test_has_no_page_to_add_a_cluster(self, admin_client: Client) -> None:
        assert admin_client.get(f"{CLUSTERS}add/").status_code == 403

    def test_offers_no_field_to_those_who_may_only_look(self, reader_client: Client) -> None:
        make_cluster(faces=1)

        page = reader_client.get(CLUSTERS).content.decode()

        assert "Not named yet" in page
        assert 'name="name"' not in page


class TestNaming:
    def test_makes_a_person(self, admin_client: Client) -> None:
        cluster = make_cluster()

        told = messages(admin_client, f"{CLUSTERS}{cluster.pk}/name/", {"name": " Anna  Ek "})

        cluster.refresh_from_db()
        edit = Edit.objects.get()
        button = f'<button class="undo" form="undoing" name="edits" value="{edit.pk}">Undo</button>'
        assert told == [f"Named Anna Ek. {button}"]
        assert cluster.person == Person.objects.get(name="Anna Ek", owner=cluster.owner)

    def test_is_written_down_with_who_did_it(self, admin_client: Client, admin_user: Any) -> None:
        cluster = make_cluster()

        admin_client.post(f"{CLUSTERS}{cluster.pk}/name/", {"name": "Anna"})

        entry = LogEntry.objects.get()
        assert (entry.user, entry.object_id) == (admin_user, str(Edit.objects.get().pk))
        assert entry.get_change_message() == "Named Anna."

    def test_takes_the_person_whom_the_owner_has_already(self, admin_client: Client) -> None:
        owner = make_owner()
        anna = make_person(owner=owner, name="Anna")
        make_person(name="Anna")
        cluster = make_cluster(owner=owner)

        admin_client.post(f"{CLUSTERS}{cluster.pk}/name/", {"name": "Anna"})

        cluster.refresh_from_db()
        assert cluster.person == anna

    def test_changes_nothing_when_done_twice(self, admin_client: Client) -> None:
        cluster = make_cluster()

        for _ in range(2):
            admin_client.post(f"{CLUSTERS}{cluster.pk}/name/", {"name": "Anna"})

        assert Person.objects.count() == 1

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            (" ", "Give the person a name: it is empty."),
            ("\0", "Null characters are not allowed."),
            ("x" * 201, "Ensure this value has at most 200 characters (it has 201)."),
            # One letter that is stored as two.
            (
                "\u0958" * 101,
                "Ensure this value has at most 200 characters (it has 202).",
            ),
        ],
    )
    def test_says_what_is_wrong_with_a_name(
        self, admin_client: Client, name: str, told: str
    ) -> None:
        cluster = make_cluster()

        said = messages(admin_client, f"{CLUSTERS}{cluster.pk}/name/", {"name": name})

        assert said == [f"{cluster.label}: {told}"]
        assert not Person.objects.exists()

    def test_goes_back_to_the_same_place_in_the_gallery(self, admin_client: Client) -> None:
        cluster = make_cluster()
        url = f"{CLUSTERS}{cluster.pk}/name/?_changelist_filters=named%3Dno%26p%3D2"

        response = admin_client.post(url, {"name": "Anna"})

        back = f"{CLUSTERS}?named=no&p=2#cluster-{cluster.pk}"
        assert response.headers["Location"] == back

    def test_shows_a_hostile_name_as_text(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=1)
        name = '"><script>alert(1)</script>{{7*7}}'

        admin_client.post(f"{CLUSTERS}{cluster.pk}/name/", {"name": name})
        pages = [admin_client.get(url) for url in (CLUSTERS, FACES, PEOPLE)]
        pages.append(admin_client.get(f"{CLUSTERS}{cluster.pk}/change/"))

        assert Cluster.objects.get().person == Person.objects.get(name=name)
        for page in pages:
            assert "<script>alert" not in page.content.decode()
            assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in page.content.decode()

    def test_is_not_for_those_who_may_only_look(self, reader_client: Client) -> None:
        cluster = make_cluster()

        response = reader_client.post(f"{CLUSTERS}{cluster.pk}/name/", {"name": "Anna"})

        assert response.status_code == 403
        assert not Person.objects.exists()

    def test_is_not_for_strangers(self, client: Client) -> None:
        cluster = make_cluster()

        response = client.post(f"{CLUSTERS}{cluster.pk}/name/", {"name": "Anna"})

        assert response.status_code == 302
        assert not Person.objects.exists()

    def test_needs_a_post_and_a_cluster(self, admin_client: Client) -> None:
        assert admin_client.get(f"{CLUSTERS}{make_cluster().pk}/name/").status_code == 405
        assert admin_client.post(f"{CLUSTERS}0/name/", {"name": "Anna"}).status_code == 404


class TestClusterPage:
    def test_shows_every_face_as_a_way_to_its_photo(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=3)

        page = admin_client.get(f"{CLUSTERS}{cluster.pk}/change/").content.decode()

        for face in Face.objects.all():
            assert f'href="/admin/photos/photo/{face.photo_id}/change/"' in page
            assert face.crop.url in page
        assert "3 faces, the best first." in page

    def test_shows_the_best_of_very_many_faces(self, admin_client: Client) -> None:
        cluster, photo = make_cluster(), make_photo()
        for _ in range(FACES_SHOWN):
            make_face(photo=photo, cluster=cluster)
        worst = make_face(photo=photo, cluster=cluster, quality=0.1)

        page = admin_client.get(f"{CLUSTERS}{cluster.pk}/change/").content.decode()

        assert "200 of the best of 201 faces." in page
        assert worst.crop.url not in page

    def test_does_not_look_at_all_of_very_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(members, "LOOKED_AT_ONE", 2)

        assert len(members.best_of(make_cluster(faces=3))) == 2

    def test_names_the_cluster(self, admin_client: Client) -> None:
        cluster = make_cluster()

        admin_client.post(f"{CLUSTERS}{cluster.pk}/change/", {"name": "Anna"})

        assert Cluster.objects.get().person == Person.objects.get(name="Anna")
        assert LogEntry.objects.get().get_change_message() == "Named Anna."

    def test_says_that_a_name_is_empty(self, admin_client: Client) -> None:
        cluster = make_cluster()

        response = admin_client.post(f"{CLUSTERS}{cluster.pk}/change/", {"name": ""})

        assert response.context["errors"] == [["Give the person a name: it is empty."]]

    def test_shows_the_name_to_those_who_may_only_look(self, reader_client: Client) -> None:
        owner = make_owner()
        cluster = make_cluster(owner=owner, person=make_person(owner=owner, name="Anna"))

        page = reader_client.get(f"{CLUSTERS}{cluster.pk}/change/").content.decode()

        assert "Anna" in page
        assert 'name="name"' not in page

    def test_can_not_be_deleted_without_a_way_back(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=2)

        response = admin_client.post(f"{CLUSTERS}{cluster.pk}/delete/", {"post": "yes"})

        assert response.status_code == 403
        assert Cluster.objects.get() == cluster
