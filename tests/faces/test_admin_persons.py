"""What staff do with people that they have chosen in a list, and on a person's page."""

from typing import Any

import pytest
from django.test import Client

from faces.models import Cluster, Edit, Person
from photos.models import Owner
from tests.faces.staff import act, offered, staff
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_person,
)

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/faces/person/"


@pytest.fixture
def owner() -> Owner:
    return make_owner()


class TestPeople:
    def test_are_merged_into_who_is_asked_for(self, admin_client: Client, owner: Owner) -> None:
        anna, anni = (make_person(owner=owner, name=name) for name in ("Anna", "Anni"))
        cluster = make_cluster(owner=owner, person=anni, faces=1)

        told = act(admin_client, PEOPLE, "merge", [anna, anni], into=anna.pk)

        cluster.refresh_from_db()
        assert told == ["Merged 2 people into Anna."]
        assert (Person.objects.get().aliases, cluster.person) == (["Anni"], anna)

    def test_who_are_merged_are_asked_whose_name_stays(
        self, admin_client: Client, owner: Owner
    ) -> None:
        people = [make_person(owner=owner, name=name) for name in ("Anna", "Anni")]
        data = {"action": "merge", "_selected_action": [each.pk for each in people]}
        other = make_person().pk

        pages = [
            admin_client.post(PEOPLE, data | answer)
            for answer in ({}, {"answered": "yes"}, {"answered": "yes", "into": other})
        ]

        choices = pages[0].context["form"].fields["into"].choices
        assert choices == [(str(each.pk), each.name) for each in people]
        assert [bool(page.context["form"].errors) for page in pages] == [False, True, True]
        assert Person.objects.count() == 3

    def test_of_two_owners_are_not_merged(self, admin_client: Client) -> None:
        anna, other = make_person(name="Anna"), make_person(name="Anna")

        told = act(admin_client, PEOPLE, "merge", [anna, other], into=anna.pk)

        assert told == ["Choose what is of one owner: narrow the list down to that first."]
        assert Person.objects.count() == 2

    @pytest.mark.parametrize(
        ("action", "undoing", "flag"),
        [
            ("hide", "show", "hidden"),
            ("favour", "unfavour", "favourite"),
            ("ignore", "unignore", "ignored"),
        ],
    )
    def test_get_a_mark_and_lose_it(
        self, admin_client: Client, action: str, undoing: str, flag: str
    ) -> None:
        anna = make_person()

        act(admin_client, f"{PEOPLE}?shown=all", action, [anna], go="on")
        marked = getattr(Person.objects.get(), flag)
        act(admin_client, f"{PEOPLE}?shown=all", undoing, [anna], go="on")

        assert (marked, getattr(Person.objects.get(), flag)) == (True, False)
        assert Edit.objects.count() == 2

    def test_are_forgotten_but_their_clusters_are_not(
        self, admin_client: Client, owner: Owner
    ) -> None:
        anna = make_person(owner=owner, name="Anna")
        make_cluster(owner=owner, person=anna, faces=1)

        told = act(admin_client, PEOPLE, "forget", [anna], go="on")

        assert told == ["Forgot Anna."]
        assert Cluster.objects.get().person is None
        assert not Person.objects.exists()

    def test_are_forgotten_by_those_who_may_delete(self, client: Client) -> None:
        writer = staff(client, "view_person", "change_person")
        make_person()

        assert "forget" not in offered(writer, PEOPLE)


class TestPersonPage:
    def test_changes_what_is_known_in_one_edit(
        self, admin_client: Client, admin_user: Any, owner: Owner
    ) -> None:
        anna = make_person(owner=owner, name="Anna")
        cluster = make_cluster(owner=owner, person=anna, faces=1)
        cover = make_face(cluster=cluster, quality=0.3)
        data = {
            "name": "Anna Ek",
            "aliases": "Anni \r\n\r\n Mrs  Ek, PhD",
            "contact_id": "c-1",
            "favourite": "on",
            "cover": cover.pk,
        }

        admin_client.post(f"{PEOPLE}{anna.pk}/change/", data)

        anna.refresh_from_db()
        edit = Edit.objects.get()
        assert (anna.name, anna.contact_id, anna.cover) == ("Anna Ek", "c-1", cover)
        assert anna.aliases == ["Anni", "Mrs Ek, PhD"]
        assert (anna.favourite, anna.hidden) == (True, False)
        assert (edit.kind, edit.actor) == ("change", admin_user)

    def test_shows_what_is_known(self, admin_client: Client) -> None:
        anna = make_person(name="Anna", aliases=["Anni", "An"], favourite=True)

        form = admin_client.get(f"{PEOPLE}{anna.pk}/change/").context["adminform"].form

        assert form["aliases"].value() == "Anni\nAn"
        assert form["favourite"].value() is True

    @pytest.mark.parametrize("aliases", ["x" * 201, "a\0b"])
    def test_says_that_an_alias_can_not_be(self, admin_client: Client, aliases: str) -> None:
        anna = make_person(name="Anna")

        response = admin_client.post(
            f"{PEOPLE}{anna.pk}/change/", {"name": "Anna", "aliases": aliases}
        )

        assert list(response.context["adminform"].form.errors) == ["aliases"]
        assert not Edit.objects.exists()

    def test_takes_no_face_of_somebody_else_as_cover(self, admin_client: Client) -> None:
        anna, stranger = make_person(name="Anna"), make_face(cluster=make_cluster())

        response = admin_client.post(
            f"{PEOPLE}{anna.pk}/change/", {"name": "Anna", "cover": stranger.pk}
        )

        assert list(response.context["adminform"].form.errors) == ["cover"]

    def test_leads_to_the_edits_of_the_person(self, admin_client: Client) -> None:
        anna, ben = make_person(), make_person()
        act(admin_client, PEOPLE, "ignore", [anna], go="on")
        act(admin_client, PEOPLE, "ignore", [ben], go="on")

        response = admin_client.get(f"{PEOPLE}{anna.pk}/history/", follow=True)

        (row,) = response.context["cl"].result_list
        assert row.people == [anna.pk]
