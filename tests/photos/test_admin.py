"""The catalogue's pages for staff."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from photos.models import Owner, Reference
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_person,
    make_photo,
    make_place,
    make_user,
)

pytestmark = pytest.mark.django_db
PHOTOS = "/admin/photos/photo/"


def found(client: Client, query: str) -> set[int]:
    response = client.get(f"{PHOTOS}?{query}")
    return {photo.pk for photo in response.context["cl"].result_list}


class TestPhotoList:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_however_many_photos(
        self, admin_client: Client, django_assert_num_queries: Any, rows: int
    ) -> None:
        for _ in range(rows):
            photo = make_photo()
            make_face(photo=photo)
            Reference.objects.create(owner=photo.owner, photo=photo, external_id="a")

        with django_assert_num_queries(7):
            response = admin_client.get(PHOTOS)

        assert len(response.context["cl"].result_list) == rows

    def test_shows_thumbnails_and_never_originals(self, admin_client: Client) -> None:
        photo = make_photo()

        page = admin_client.get(PHOTOS).content.decode()

        assert f'src="{photo.thumbnail.url}?size=list"' in page
        assert photo.original.url not in page

    def test_finds_a_photo_by_its_external_id(self, admin_client: Client) -> None:
        wanted, _ = make_photo(), make_photo()
        Reference.objects.create(owner=wanted.owner, photo=wanted, external_id="IMG_1.jpg")

        assert found(admin_client, "q=img_1") == {wanted.pk}
        assert found(admin_client, "q=IMG_1.jpg") == {wanted.pk}
        assert found(admin_client, "q=MG_1") == found(admin_client, "q=img_2") == set()

    def test_finds_a_photo_by_its_content(self, admin_client: Client) -> None:
        wanted, _ = make_photo(), make_photo()

        assert found(admin_client, f"q={wanted.sha256.upper()}") == {wanted.pk}

    def test_finds_the_photos_of_an_owner(self, admin_client: Client) -> None:
        anna = make_owner(subject="anna")
        hers, _ = make_photo(owner=anna), make_photo()

        assert found(admin_client, "q=anna") == {hers.pk}
        assert found(admin_client, f"owner__id__exact={anna.pk}") == {hers.pk}

    def test_says_where_and_when_and_how_that_is_known(self, admin_client: Client) -> None:
        ubud = make_place(name="Ubud", region="Bali")
        at = datetime(2023, 7, 12, 15, 30, tzinfo=UTC)
        make_photo(place=ubud, place_inferred=True, dated_at=at, dated_by="file_name")

        page = admin_client.get(PHOTOS).content.decode()

        assert "Ubud, Bali, Indonesia, as photos before and after" in page
        assert "2023-07-12 15:30, by the file&#x27;s name" in page

    def test_finds_photos_by_country_and_by_how_their_date_is_known(
        self, admin_client: Client
    ) -> None:
        french = make_photo(place=make_place(country="France"), dated_by="exif")
        make_photo(place=make_place())

        assert found(admin_client, "place__country=France") == {french.pk}
        assert found(admin_client, "dated_by__exact=exif") == {french.pk}

    def test_names_three_external_ids_and_counts_the_others(self, admin_client: Client) -> None:
        photo = make_photo()
        for name in ("a", "b", "c", "d", "e"):
            Reference.objects.create(owner=photo.owner, photo=photo, external_id=name)

        page = admin_client.get(PHOTOS).content.decode()

        assert "a, b, c and 2 more" in page


class TestPhotoPage:
    def test_draws_a_box_and_a_name_for_each_face(self, admin_client: Client) -> None:
        photo = make_photo(width=640, height=480)
        anna = make_person(owner=photo.owner, name="Anna")
        known = make_cluster(owner=photo.owner, person=anna)
        make_face(photo=photo, cluster=known, x=10.5, y=20, width=30, height=40)
        make_face(photo=photo)

        page = admin_client.get(f"{PHOTOS}{photo.pk}/change/").content.decode()

        assert 'viewBox="0 0 640 480"' in page
        assert "translate(10.5 20.0)" in page
        assert '<rect width="30.0" height="40.0">' in page
        assert len(re.findall(r'<rect width="[0-9.]+"', page)) == 2
        assert ">Anna</text>" in page
        assert ">unknown</text>" in page

    def test_shows_a_hostile_name_as_text(self, admin_client: Client) -> None:
        photo = make_photo()
        person = make_person(owner=photo.owner, name="<script>alert(1)</script>")
        make_face(photo=photo, cluster=make_cluster(owner=photo.owner, person=person))

        page = admin_client.get(f"{PHOTOS}{photo.pk}/change/").content.decode()

        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page

    def test_tells_where_the_photo_was_taken(self, admin_client: Client) -> None:
        photo = make_photo(latitude=-6.2, longitude=106.8)

        page = admin_client.get(f"{PHOTOS}{photo.pk}/change/").content.decode()

        assert "-6.20000, 106.80000" in page

    def test_changes_nothing(self, admin_client: Client) -> None:
        photo = make_photo()

        assert admin_client.post(f"{PHOTOS}{photo.pk}/change/").status_code == 403
        assert admin_client.post(f"{PHOTOS}{photo.pk}/delete/").status_code == 403
        assert admin_client.get(f"{PHOTOS}add/").status_code == 403


class TestOwners:
    def test_are_linked_to_users_by_staff(self, admin_client: Client) -> None:
        owner, user = make_owner(subject="anna"), make_user()

        admin_client.post(
            f"/admin/photos/owner/{owner.pk}/change/", {"subject": "other", "user": user.pk}
        )

        owner.refresh_from_db()
        assert (owner.subject, owner.user) == ("anna", user)

    def test_are_added_with_their_subject(self, admin_client: Client) -> None:
        admin_client.post("/admin/photos/owner/add/", {"subject": "anna", "user": ""})

        assert Owner.objects.get().subject == "anna"

    def test_are_not_deleted_here(self, admin_client: Client) -> None:
        owner = make_owner()

        assert admin_client.post(f"/admin/photos/owner/{owner.pk}/delete/").status_code == 403


class TestPermissions:
    def test_staff_without_the_right_see_no_photos(self, client: Client) -> None:
        client.force_login(make_user(is_staff=True))

        assert client.get(PHOTOS).status_code == 403

    def test_staff_with_the_right_to_look_see_all(self, client: Client) -> None:
        reader = make_user(is_staff=True)
        reader.user_permissions.add(Permission.objects.get(codename="view_photo"))
        photos = {make_photo().pk, make_photo().pk}
        client.force_login(reader)

        assert found(client, "") == photos

    def test_users_who_are_not_staff_are_sent_to_log_in(self, client: Client) -> None:
        client.force_login(make_user())

        assert client.get(PHOTOS).headers["Location"] == f"/admin/login/?next={PHOTOS}"
