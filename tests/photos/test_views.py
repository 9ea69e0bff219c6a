"""Who may see a file."""

import pytest
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from rest_framework.test import APIClient

from photos.models import Owner, Photo
from tests.factories import make_photo, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo(owner: Owner) -> Photo:
    return make_photo(owner=owner)


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def read(answer: HttpResponse) -> bytes:
    """All of a streamed answer, which closes its file."""
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # it is streamed


class TestMedia:
    def test_is_served_to_its_owner(self, api: APIClient, photo: Photo) -> None:
        answer = api.get(photo.thumbnail.url)

        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert read(answer)[:2] == b"\xff\xd8"

    def test_is_not_sent_again_to_who_has_it(self, api: APIClient, photo: Photo) -> None:
        first = api.get(photo.thumbnail.url)
        read(first)

        again = api.get(photo.thumbnail.url, HTTP_IF_NONE_MATCH=first.headers["ETag"])

        assert again.status_code == 304

    def test_is_served_to_staff_who_may_view_photos(self, photo: Photo) -> None:
        staff = make_user(is_staff=True)
        staff.user_permissions.add(Permission.objects.get(codename="view_photo"))

        answer = client_of(staff).get(photo.thumbnail.url)

        assert answer.status_code == 200
        read(answer)

    def test_is_hidden_from_staff_who_may_not(self, photo: Photo) -> None:
        staff = make_user(is_staff=True)

        assert client_of(staff).get(photo.thumbnail.url).status_code == 404

    def test_of_another_owner_looks_like_a_missing_one(self, api: APIClient) -> None:
        theirs = api.get(make_photo().thumbnail.url)
        missing = api.get("/media/1/none.jpg")

        assert (theirs.status_code, missing.status_code) == (404, 404)
        assert theirs.json() == missing.json()

    def test_is_hidden_from_strangers(self, photo: Photo) -> None:
        assert APIClient().get(photo.thumbnail.url).status_code == 401

    @pytest.mark.parametrize("way", ["..", "%2e%2e", "x/../.."])
    def test_leads_to_no_other_owner(self, api: APIClient, owner: Owner, way: str) -> None:
        theirs = make_photo()

        answer = api.get(f"/media/{owner.pk}/{way}/{theirs.original.name}")

        assert answer.status_code == 404

    def test_is_served_whatever_the_caller_accepts(self, api: APIClient, photo: Photo) -> None:
        answer = api.get(photo.thumbnail.url, HTTP_ACCEPT="image/webp")

        assert answer.status_code == 200
        read(answer)

    @pytest.mark.parametrize(
        "key", ["../../etc/passwd", "%2e%2e/secret-key", "", "x", "a%00b", "a" * 300]
    )
    def test_never_leaves_its_folder(self, api: APIClient, owner: Owner, key: str) -> None:
        assert api.get(f"/media/{owner.pk}/{key}").status_code == 404
