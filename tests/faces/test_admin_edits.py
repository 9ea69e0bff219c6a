"""What was done to people, as staff see it and take it back; and erasing somebody."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from faces.models import Cluster, Edit, Erasure, Face, Person
from faces.people import merging, naming, placing
from photos.models import Owner
from tests.factories import make_cluster, make_owner, make_person, make_user

pytestmark = pytest.mark.django_db
EDITS = "/admin/faces/edit/"
ERASURES = "/admin/faces/erasure/"
PEOPLE = "/admin/faces/person/"


@pytest.fixture
def owner() -> Owner:
    return make_owner()


@pytest.fixture
def reader_client(client: Client) -> Client:
    """Staff who may look at edits and people, and change none."""
    reader = make_user(is_staff=True)
    names = ("view_edit", "view_person", "view_erasure")
    reader.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(reader)
    return client


def messages(response: Any) -> list[str]:
    return [str(told) for told in response.context["messages"]]


class TestEdits:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_cost_the_same_however_many(
        self, admin_client: Client, django_assert_num_queries: Any, rows: int
    ) -> None:
        for _ in range(rows):
            naming.name_cluster(make_cluster(faces=2), "Anna", by=make_user())

        with django_assert_num_queries(10):
            response = admin_client.get(EDITS)

        assert len(response.context["cl"].result_list) == rows

    def test_never_read_their_steps_in_the_list(
        self, admin_client: Client, django_assert_max_num_queries: Any
    ) -> None:
        naming.name_cluster(make_cluster(faces=2), "Anna")

        with django_assert_max_num_queries(20) as queries:
            admin_client.get(EDITS)

        assert not [q for q in queries.captured_queries if '"steps"' in q["sql"]]

    def test_are_told_in_words_the_newest_first(self, admin_client: Client, owner: Owner) -> None:
        anna, anni = (make_person(owner=owner, name=name) for name in ("Anna", "Anni"))
        cluster = make_cluster(owner=owner, faces=2)
        faces = list(cluster.memberships.values_list("face_id", flat=True))
        naming.name_cluster(cluster, "Anna")
        merging.merge_people(owner, anna, [anni])
        placing.mark(cluster, hidden=True)
        placing.confirm(owner, faces)

        rows = admin_client.get(EDITS).context["cl"].result_list

        assert [row.words for row in rows] == [
            "Confirmed faces: 2 faces",
            f"Hid, showed or ignored: hidden, cluster {cluster.public_id}",
            "Merged people: into Anna, 1 person",
            f"Named a cluster: name Anna, cluster {cluster.public_id}",
        ]

    def test_have_a_page_with_all_that_changed(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=1)
        naming.name_cluster(cluster, "Anna", by=make_user(username="ben"))

        page = admin_client.get(f"{EDITS}{Edit.objects.get().pk}/change/").content.decode()

        assert f"cluster {cluster.public_id}" in page
        assert "ben" in page
        assert f"{EDITS}{Edit.objects.get().pk}/undo/" in page

    def test_tell_each_column_before_and_after(self, admin_client: Client) -> None:
        placing.mark(make_cluster(faces=1), hidden=True)

        page = admin_client.get(f"{EDITS}{Edit.objects.get().pk}/change/").content.decode()

        sides = re.findall(r'<td><span class="part"><span class="label">hidden</span> (\w+)', page)
        assert sides == ["no", "yes"]

    def test_narrow_down_to_those_that_stand(self, admin_client: Client) -> None:
        naming.name_cluster(make_cluster(faces=1), "Anna")
        first = Edit.objects.get()
        admin_client.post(f"{EDITS}{first.pk}/undo/")

        lists = [
            list(admin_client.get(f"{EDITS}?undone={way}").context["cl"].result_list)
            for way in ("no", "yes")
        ]

        assert lists == [[first.undone_by], [first]]

    def test_are_changed_by_nobody(self, admin_client: Client) -> None:
        naming.name_cluster(make_cluster(faces=1), "Anna")
        page = f"{EDITS}{Edit.objects.get().pk}/"

        codes = [admin_client.post(f"{page}{way}/").status_code for way in ("change", "delete")]

        assert codes == [403, 403]


class TestUndo:
    def test_puts_back_what_was(self, admin_client: Client, admin_user: Any) -> None:
        naming.name_cluster(make_cluster(faces=1), "Anna")
        edit = Edit.objects.get()

        asked = admin_client.get(f"{EDITS}{edit.pk}/undo/")
        undone_before = Edit.objects.filter(undoes=edit).exists()
        response = admin_client.post(f"{EDITS}{edit.pk}/undo/", follow=True)

        undo = Edit.objects.get(undoes=edit)
        assert (asked.context["undoable"], undone_before) == (True, False)
        assert Cluster.objects.get().person is None
        assert undo.actor == admin_user
        button = f'<button class="undo" form="undoing" name="edits" value="{undo.pk}">Undo</button>'
        assert messages(response) == [f"Undid edit {edit.pk}. {button}"]

    def test_says_what_prevents_it(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=1)
        naming.name_cluster(cluster, "Anna")
        naming.name_cluster(cluster, "Ben")
        later, first = Edit.objects.newest_first()

        response = admin_client.post(f"{EDITS}{first.pk}/undo/", follow=True)

        assert messages(response) == [
            f"Edit {first.pk} can't be undone: the same was changed later. Undo first: {later.pk}."
        ]
        assert Edit.objects.count() == 2

    def test_is_done_once(self, admin_client: Client) -> None:
        naming.name_cluster(make_cluster(faces=1), "Anna")
        edit = Edit.objects.get()
        url = f"{EDITS}{edit.pk}/undo/"
        admin_client.post(url)

        again = admin_client.post(url, follow=True)
        page = admin_client.get(url)

        assert f"Edit {edit.pk} was undone before." in messages(again)
        assert page.context["undoable"] is False
        assert Edit.objects.count() == 2

    def test_is_not_for_those_who_may_only_look(self, reader_client: Client) -> None:
        naming.name_cluster(make_cluster(faces=1), "Anna")
        page = f"{EDITS}{Edit.objects.get().pk}/"

        codes = [reader_client.get(f"{page}undo/"), reader_client.post(f"{page}undo/")]

        assert [each.status_code for each in codes] == [403, 403]
        assert f"{page}undo/" not in reader_client.get(f"{page}change/").content.decode()
        assert Edit.objects.count() == 1

    def test_of_none_is_not_there(self, admin_client: Client) -> None:
        assert admin_client.post(f"{EDITS}0/undo/").status_code == 404


class TestErasing:
    def test_needs_the_name(self, admin_client: Client, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna Ek")
        make_cluster(owner=owner, person=anna, faces=1)
        url = f"{PEOPLE}{anna.pk}/erase/"

        pages = [admin_client.get(url), admin_client.post(url, {"confirm": "Ana"})]

        assert [list(page.context["form"].errors) for page in pages] == [[], ["confirm"]]
        assert Person.objects.get() == anna

    def test_leaves_a_receipt_and_nothing_else(
        self, admin_client: Client, admin_user: Any, owner: Owner
    ) -> None:
        anna = make_person(owner=owner, name="Anna Ek")
        make_cluster(owner=owner, person=anna, faces=2)

        response = admin_client.post(
            f"{PEOPLE}{anna.pk}/erase/", {"confirm": "Anna  Ek"}, follow=True
        )

        receipt = Erasure.objects.get()
        assert messages(response) == [f"Erased for good: the receipt is number {receipt.pk}."]
        assert (receipt.actor, receipt.person) == (admin_user, anna.pk)
        assert not Person.objects.exists()
        assert not Face.objects.exists()

    def test_is_for_those_who_may_delete(self, reader_client: Client) -> None:
        anna = make_person(name="Anna")
        url = f"{PEOPLE}{anna.pk}/"

        response = reader_client.post(f"{url}erase/", {"confirm": "Anna"})

        assert response.status_code == 403
        assert f"{url}erase/" not in reader_client.get(f"{url}change/").content.decode()
        assert Person.objects.get() == anna

    def test_of_nobody_is_not_there(self, admin_client: Client) -> None:
        assert admin_client.post(f"{PEOPLE}0/erase/", {"confirm": "x"}).status_code == 404


class TestErasures:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_cost_the_same_however_many(
        self, admin_client: Client, django_assert_num_queries: Any, rows: int
    ) -> None:
        for number in range(rows):
            Erasure.objects.create(owner=make_owner(), actor=make_user(), person=number + 1)

        with django_assert_num_queries(5):
            response = admin_client.get(ERASURES)

        assert len(response.context["cl"].result_list) == rows

    def test_are_paged_from_one_to_the_next(self, admin_client: Client, owner: Owner) -> None:
        rows = [Erasure(owner=owner, person=number + 1) for number in range(60)]
        newest_first = [row.pk for row in reversed(Erasure.objects.bulk_create(rows))]

        first = admin_client.get(ERASURES).context["cl"]
        second = admin_client.get(ERASURES + first.next_query)

        assert [row.pk for row in first.result_list] == newest_first[:50]
        assert [row.pk for row in second.context["cl"].result_list] == newest_first[50:]
        assert 'rel="prev"' in second.content.decode()

    def test_show_how_much_went(self, admin_client: Client, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna Ek")
        make_cluster(owner=owner, person=anna, faces=2)
        admin_client.post(f"{PEOPLE}{anna.pk}/erase/", {"confirm": "Anna Ek"})

        receipt = Erasure.objects.get()
        pages = [admin_client.get(url) for url in (ERASURES, f"{ERASURES}{receipt.pk}/change/")]

        assert ["face: 2, " in page.content.decode() for page in pages] == [True, True]
        assert ["Anna" in page.content.decode() for page in pages] == [False, False]
        assert admin_client.post(f"{ERASURES}{receipt.pk}/change/").status_code == 403
