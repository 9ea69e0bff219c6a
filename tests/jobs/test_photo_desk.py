"""What staff do on the page of a photo."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.test import Client
from django.utils.html import escape

from faces.gone import box_of
from faces.models import Edit, Face, Person
from inference.geometry import Box
from jobs.models import Job
from photos.models import Photo
from photos.operations import OBJECTS, TAGS
from tests.faces.staff import staff, without_links
from tests.factories import make_cluster, make_face, make_person, make_photo
from tests.search.findings import make_active, make_analysis

pytestmark = pytest.mark.django_db
BOX = {"x": "20", "y": "10", "width": "30", "height": "24.5"}


@pytest.fixture
def photo() -> Photo:
    """One of 64 x 48 pixels, which has been tagged."""
    photo = make_photo(width=64, height=48)
    make_analysis(photo=photo, operation=TAGS, recipe="a+b+c")
    return photo


@pytest.fixture
def face(photo: Photo) -> Face:
    """Of Anna."""
    anna = make_person(owner=photo.owner, name="Anna")
    known = make_cluster(owner=photo.owner, person=anna)
    return make_face(photo=photo, cluster=known, x=2, y=2, width=12, height=14)


def page_of(photo: Photo) -> str:
    return f"/admin/photos/photo/{photo.pk}/change/"


def send(client: Client, photo: Photo, **sent: Any) -> Any:
    return client.post(f"/admin/photos/photo/{photo.pk}/face/", {"do": "save"} | sent)


def told(client: Client, photo: Photo, **sent: Any) -> list[str]:
    """What staff are told, without the links."""
    response = client.post(
        f"/admin/photos/photo/{photo.pk}/face/", {"do": "save"} | sent, follow=True
    )
    return without_links(response)


def numbers(face: Face) -> dict[str, float]:
    return {edge: getattr(face, edge) for edge in ("x", "y", "width", "height")}


class TestAddingAFace:
    def test_stores_it_and_tells_how_to_undo_that(
        self, admin_client: Client, admin_user: User, photo: Photo
    ) -> None:
        answer = send(admin_client, photo, **BOX)

        face, edit = Face.objects.get(), Edit.objects.get()
        assert answer.headers["Location"] == f"{page_of(photo)}#face-{face.pk}"
        assert (box_of(face), face.drawn) == (Box(20, 10, 30, 24.5), True)
        assert (edit.kind, edit.actor) == (Edit.Kind.FACE, admin_user)
        page = admin_client.get(page_of(photo)).content.decode()
        assert f'name="edits" value="{edit.pk}">Undo</button>' in page

    def test_is_written_down_in_the_history_of_the_photo(
        self, admin_client: Client, admin_user: User, photo: Photo
    ) -> None:
        send(admin_client, photo, **BOX)

        entry = LogEntry.objects.get(content_type__model="photo")
        assert (entry.object_id, entry.user) == (str(photo.pk), admin_user)
        assert entry.get_change_message() == f"Added a face. Edit {Edit.objects.get().pk}."

    def test_brings_the_tags_up_to_date_that_count_people(
        self, admin_client: Client, photo: Photo
    ) -> None:
        send(admin_client, photo, **BOX)

        assert list(photo.tags.values_list("key", flat=True)) == ["people:1"]

    @pytest.mark.parametrize("name", ["Ben", "<script>alert(1)</script>", "{{7*7}}", "\u202eevil"])
    def test_may_say_whose_it_is_in_one_edit(
        self, admin_client: Client, photo: Photo, name: str
    ) -> None:
        send(admin_client, photo, **BOX, name=name)

        face = Face.objects.with_people().get()
        assert face.person
        assert face.person.name == name
        assert Edit.objects.count() == 1
        page = admin_client.get(page_of(photo)).content.decode()
        assert "<script>alert" not in page
        assert f'data-name="{escape(name)}"' in page

    def test_gives_it_to_who_is_known_by_the_name(self, admin_client: Client, photo: Photo) -> None:
        anna = make_person(owner=photo.owner, name="Anna", aliases=["Anni"])
        make_person(name="Anni")

        send(admin_client, photo, **BOX, name=" Anni ")

        assert Face.objects.with_people().get().person == anna
        assert Person.objects.count() == 2

    @pytest.mark.parametrize(
        ("sent", "trouble"),
        [
            ({"x": "left"}, "From the left: Enter a number."),
            ({"height": ""}, "Height: This field is required."),
            ({"width": "nan"}, "Width: Enter a number."),
            (
                {"x": "60"},
                "box: it must lie inside of the photo, which is 64 pixels wide and 48 high.",
            ),
            ({"width": "2"}, "box: make it 8 pixels wide and high at least."),
            (
                {"name": "x" * 201},
                "Name: Ensure this value has at most 200 characters (it has 201).",
            ),
            ({"name": "a\0b"}, "Name: Null characters are not allowed."),
            ({"face": "one"}, "Face: Enter a whole number."),
        ],
    )
    def test_tells_what_can_not_be_and_keeps_what_was_typed(
        self, admin_client: Client, photo: Photo, sent: dict[str, str], trouble: str
    ) -> None:
        answer = send(admin_client, photo, **BOX | sent)

        back = admin_client.get(answer.headers["Location"])
        assert without_links(back) == [trouble]
        typed = parse_qs(urlsplit(answer.headers["Location"]).query, keep_blank_values=True)
        assert {name: typed[name] for name in BOX} == {
            name: [value] for name, value in (BOX | sent).items() if name in BOX
        }
        assert (Face.objects.count(), Edit.objects.count()) == (0, 0)

    def test_done_twice_is_refused_the_second_time(
        self, admin_client: Client, photo: Photo
    ) -> None:
        send(admin_client, photo, **BOX)
        face = Face.objects.get()

        again = told(admin_client, photo, **BOX)

        assert again[-1].startswith(f"box: face {face.pk} is there already")
        assert Face.objects.get() == face

    def test_says_that_the_original_is_gone(self, admin_client: Client, photo: Photo) -> None:
        default_storage.delete(str(photo.original))

        answer = told(admin_client, photo, **BOX)

        assert answer == ["The photo's original is not in the storage any more."]


class TestChangingAFace:
    def test_moves_and_names_it_or_does_neither(
        self, admin_client: Client, photo: Photo, face: Face
    ) -> None:
        told_ = told(admin_client, photo, **BOX, face=face.pk, name="Ben")

        now = Face.objects.with_people().get()
        assert told_ == ["Changed the face."]
        assert (box_of(now), now.person and now.person.name) == (Box(20, 10, 30, 24.5), "Ben")
        assert [edit.kind for edit in Edit.objects.order_by("pk")] == ["face", "create"]

    def test_moves_nothing_where_the_name_is_refused(
        self, admin_client: Client, photo: Photo, face: Face
    ) -> None:
        ben = make_person(owner=photo.owner, name="Ben")
        taken = make_cluster(owner=photo.owner, person=ben)
        make_face(photo=photo, cluster=taken, x=40, y=2, width=12, height=14)

        send(admin_client, photo, **BOX, face=face.pk, name="Ben")

        assert box_of(Face.objects.get(pk=face.pk)) == box_of(face)
        assert Edit.objects.count() == 0

    def test_that_changes_nothing_is_no_edit(
        self, admin_client: Client, photo: Photo, face: Face
    ) -> None:
        for name in ("", "Anna"):
            answer = told(admin_client, photo, **numbers(face), face=face.pk, name=name)
            assert answer == ["That was so already: nothing has changed."]

        assert (Edit.objects.count(), LogEntry.objects.count()) == (0, 0)

    @pytest.mark.parametrize("do", ["save", "delete"])
    def test_of_another_photo_or_of_none_is_refused(
        self, admin_client: Client, photo: Photo, do: str
    ) -> None:
        theirs = make_face()

        for key in (theirs.pk, 999_999, 10**17):
            answer = told(admin_client, photo, **BOX, face=key, do=do)
            assert answer == ["The photo has no such face any more."]

        assert Face.objects.get() == theirs


class TestDeletingAFace:
    def test_is_an_edit_that_can_be_undone(
        self, admin_client: Client, photo: Photo, face: Face
    ) -> None:
        first = told(admin_client, photo, face=face.pk, do="delete")
        second = told(admin_client, photo, face=face.pk, do="delete")

        assert first == ["Deleted the face."]
        assert second == ["The photo has no such face any more."]
        edit = Edit.objects.get()
        assert edit.asked["deleted"] is True
        admin_client.post(f"/admin/faces/edit/{edit.pk}/undo/")
        back = Face.objects.with_people().get()
        assert (back, back.person and back.person.name) == (face, "Anna")

    @pytest.mark.parametrize("key", ["", "none", "-1", "9" * 5000])
    def test_needs_a_face(self, admin_client: Client, photo: Photo, key: str) -> None:
        assert told(admin_client, photo, face=key, do="delete") == [
            "The photo has no such face any more."
        ]


class TestPermissions:
    @pytest.mark.parametrize(
        ("rights", "may_place", "may_look_again"),
        [
            (["view_photo"], False, False),
            (["view_photo", "change_face"], True, False),
            (["view_photo", "add_job"], False, True),
            (["change_face", "add_job"], False, False),
        ],
    )
    def test_say_who_may_draw_and_who_may_look_again(
        self,
        client: Client,
        photo: Photo,
        rights: list[str],
        may_place: bool,  # noqa: FBT001  # of the table
        may_look_again: bool,  # noqa: FBT001
    ) -> None:
        make_active("object_detector")
        someone = staff(client, *rights)

        drawn = send(someone, photo, **BOX)
        again = someone.post(f"/admin/photos/photo/{photo.pk}/again/", {"operation": OBJECTS})
        page = someone.get(page_of(photo)).content.decode()

        assert drawn.status_code == (302 if may_place else 403)
        assert again.status_code == (302 if may_look_again else 403)
        assert (Face.objects.count(), Job.objects.count()) == (may_place, may_look_again)
        assert ('id="face-form"' in page) is may_place
        assert ("Do the chosen ones again" in page) is may_look_again

    @pytest.mark.parametrize("door", ["face", "again"])
    def test_let_nobody_in_who_is_not_staff_nor_by_a_link(
        self, client: Client, admin_client: Client, photo: Photo, door: str
    ) -> None:
        address = f"/admin/photos/photo/{photo.pk}/{door}/"

        assert client.post(address).headers["Location"] == f"/admin/login/?next={address}"
        assert admin_client.get(address).status_code == 405
        assert admin_client.post(f"/admin/photos/photo/999999/{door}/").status_code == 404

    @pytest.mark.parametrize("door", ["face", "again"])
    def test_need_the_token_of_a_form(self, admin_user: User, photo: Photo, door: str) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(admin_user)

        assert client.post(f"/admin/photos/photo/{photo.pk}/{door}/").status_code == 403
