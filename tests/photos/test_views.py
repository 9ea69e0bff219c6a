"""Who may see a file."""

import io

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpResponse
from PIL import Image
from PIL.ExifTags import Base
from rest_framework.test import APIClient

from photos.images import has_only_pixels
from photos.models import Owner, Photo
from tests.factories import make_face, make_photo, make_user
from tests.pictures import jpeg

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


def size_of(answer: HttpResponse) -> tuple[int, int]:
    return Image.open(io.BytesIO(answer.content)).size


@pytest.fixture
def large(owner: Owner) -> Photo:
    """One of 3000 x 2000 pixels, which lies on its side in its file."""
    photo, file, exif = make_photo(owner=owner), io.BytesIO(), Image.Exif()
    exif[Base.Orientation] = 6
    exif[Base.Make] = "A camera"
    Image.new("RGB", (2000, 3000), "teal").save(file, "JPEG", exif=exif)
    default_storage.save(str(photo.original), ContentFile(file.getvalue()))
    default_storage.save(str(photo.thumbnail), ContentFile(jpeg(width=512, height=341)))
    return photo


class TestSizes:
    def test_are_as_large_as_lists_and_pages_need_them(self, api: APIClient, large: Photo) -> None:
        listed = api.get(f"{large.thumbnail.url}?size=list")
        paged = api.get(f"{large.original.url}?size=page")
        zoomed = api.get(f"{large.original.url}?size=zoom")

        assert [size_of(each) for each in (listed, paged, zoomed)] == [
            (192, 128), (2048, 1365), (3000, 2000),
        ]  # fmt: skip
        assert {each.headers["Content-Type"] for each in (listed, paged)} == {"image/jpeg"}

    def test_carry_nothing_but_pixels(self, api: APIClient, large: Photo) -> None:
        answer = api.get(f"{large.original.url}?size=page")

        assert has_only_pixels(answer.content)

    def test_are_kept_by_the_browser_for_its_user_alone(self, api: APIClient, large: Photo) -> None:
        answer = api.get(f"{large.original.url}?size=page")

        assert answer.headers["Cache-Control"] == "private, max-age=3600"

    @pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
    def test_are_not_made_again_for_who_has_them(
        self, api: APIClient, large: Photo, form: str
    ) -> None:
        etag = api.get(f"{large.original.url}?size=page").headers["ETag"]
        default_storage.save(str(large.original), ContentFile(b"no picture: can't be decoded"))

        again = api.get(f"{large.original.url}?size=page", HTTP_IF_NONE_MATCH=form.format(etag))

        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == etag
        assert again.headers["Cache-Control"] == "private, max-age=3600"

    def test_each_have_an_etag_of_their_own(self, api: APIClient, photo: Photo) -> None:
        answers = [
            api.get(f"{photo.original.url}{size}") for size in ("", "?size=list", "?size=page")
        ]
        read(answers[0])

        assert len({each.headers["ETag"] for each in answers}) == 3

    def test_are_refused_where_there_is_no_such_one(self, api: APIClient, photo: Photo) -> None:
        answer = api.get(f"{photo.original.url}?size=huge")

        assert answer.status_code == 400
        assert answer.json()["fields"] == {"size": "Give one of list, page, zoom."}

    def test_are_refused_where_the_file_is_no_picture(self, api: APIClient, photo: Photo) -> None:
        default_storage.save(str(photo.original), ContentFile(b"no picture"))

        answer = api.get(f"{photo.original.url}?size=page")

        assert (answer.status_code, answer.json()["code"]) == (422, "unsupported_format")

    @pytest.mark.parametrize("size", ["list", "page", "zoom", "huge"])
    def test_are_hidden_from_who_may_not_see_the_file(
        self, api: APIClient, photo: Photo, size: str
    ) -> None:
        face, theirs = make_face(photo=photo), make_photo()
        nobody = client_of(make_user(is_staff=True))

        answers = [
            *(nobody.get(f"{file.url}?size={size}") for file in (photo.original, face.crop)),
            api.get(f"{theirs.original.url}?size={size}"),
        ]

        assert [each.status_code for each in answers] == [404] * 3
