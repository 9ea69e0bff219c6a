"""Photos with their faces marked, at addresses that are good for a while: here, and in S3."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import boto3
import httpx2
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.test import Client
from django.utils import timezone
from environ import Env
from PIL import Image
from rest_framework.test import APIClient

import jobs.annotation
from config import store_settings
from faces.models import Erasure, Person
from faces.people import naming
from jobs import cleanup
from jobs.annotation import published
from jobs.erasure import erase, finish
from local.triton import LOOPBACK
from photos.models import Owner, Photo
from tests.factories import make_cluster, make_face, make_owner
from tests.jobs.test_annotation import grey_photo
from tests.s3 import served

pytestmark = pytest.mark.django_db
BUCKET = "annotated"


@pytest.fixture
def photo(owner: Owner) -> Photo:
    return grey_photo(owner, width=400, height=300)


@pytest.fixture
def anna(photo: Photo) -> Person:
    cluster = make_cluster(owner=photo.owner)
    make_face(photo=photo, cluster=cluster, x=50, y=100, width=80, height=90)
    return naming.name_cluster(cluster, "Anna")


def ask(api: APIClient, photo: Photo, **asked: Any) -> Any:
    answer = api.post(f"/api/v1/photos/{photo.pk}/annotated/", asked, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def got(url: str) -> Any:
    """As somebody who is not signed in."""
    return Client().get(urlunsplit(("", "", *urlsplit(url)[2:])))


def picture_of(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data), formats=["JPEG"])


def kept(photo: Photo) -> list[str]:
    try:
        return storages["annotated"].listdir(f"{photo.owner_id}/{photo.pk}")[1]
    except FileNotFoundError:
        return []


def sweep() -> int:
    order = cleanup.Order(job_days=0, event_days=7)
    return cleanup.run(order, limit_s=60).removed["annotated"]


class TestAnAddress:
    def test_shows_the_picture_without_signing_in(self, api: APIClient, photo: Photo) -> None:
        answer = got(ask(api, photo)["url"])

        with picture_of(answer.getvalue()) as picture:
            assert picture.size == (400, 300)
            assert not picture.getexif()
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"] == 'inline; filename="photo.jpg"'

    def test_is_the_same_picture_twice(self, api: APIClient, photo: Photo) -> None:
        for _ in range(2):
            ask(api, photo)

        assert len(kept(photo)) == 1

    @pytest.mark.usefixtures("anna")
    def test_can_leave_names_out(self, api: APIClient, photo: Photo) -> None:
        with_names, without = ask(api, photo), ask(api, photo, names=False)

        assert got(with_names["url"]).getvalue() != got(without["url"]).getvalue()

    def test_ends(self, api: APIClient, photo: Photo, settings: Any) -> None:
        settings.SIGNED_URL_S = 0
        published = ask(api, photo)

        assert got(published["url"]).status_code == 404
        assert published["expires_at"] <= timezone.now().isoformat()

    def test_opens_nothing_else(self, api: APIClient, photo: Photo) -> None:
        url = ask(api, photo)["url"]
        key = f"{photo.owner_id}/{photo.pk}/{kept(photo)[0]}"

        for other in (url[:-1], url.replace("/signed/", "/signed/x")):
            assert got(other).status_code == 404
        for other in (f"/media/signed/{key}", f"/media/{key}"):
            assert got(other).status_code == 401

    def test_is_not_given_for_photos_of_others(self, api: APIClient) -> None:
        theirs = grey_photo(make_owner(), width=64, height=48)

        foreign = api.post(f"/api/v1/photos/{theirs.pk}/annotated/")
        missing = api.post(f"/api/v1/photos/{theirs.pk + 1}/annotated/")

        assert (foreign.status_code, foreign.json()) == (404, missing.json())
        assert kept(theirs) == []

    def test_says_what_is_wrong_with_a_question(self, api: APIClient, photo: Photo) -> None:
        answer = api.post(f"/api/v1/photos/{photo.pk}/annotated/", {"names": "?"}, format="json")

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["names"])


class TestPicturesThatAreKept:
    def test_go_when_their_addresses_end(self, photo: Photo, settings: Any) -> None:
        published(photo)

        assert (sweep(), len(kept(photo))) == (0, 1)
        settings.SIGNED_URL_S = -timedelta(days=1).total_seconds()
        assert (sweep(), kept(photo)) == (1, [])
        assert sweep() == 0

    def test_go_with_who_is_erased(self, photo: Photo, anna: Person) -> None:
        published(photo)

        receipt = erase(photo.owner, anna.pk)

        assert kept(photo) == []
        assert receipt.finished_at

    def test_are_drawn_again_if_somebody_goes_meanwhile(
        self, photo: Photo, anna: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        draw, drawn = jobs.annotation.annotated, list[bytes]()

        def slowly(*args: Any, **kwargs: Any) -> bytes:
            picture = draw(*args, **kwargs)
            if not drawn:
                erase(photo.owner, anna.pk)
            drawn.append(picture)
            return picture

        monkeypatch.setattr(jobs.annotation, "annotated", slowly)
        published(photo)

        before, after = drawn
        [name] = kept(photo)
        with storages["annotated"].open(f"{photo.owner_id}/{photo.pk}/{name}") as file:
            assert file.read() == after != before


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A server that speaks S3's protocol, with a bucket."""
    with served() as url:
        boto3.client(
            "s3",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="key",
            aws_secret_access_key="secret",  # noqa: S106  # of this server alone
        ).create_bucket(Bucket=BUCKET)
        yield url


def use(settings: Any, endpoint: str) -> None:
    env = Env()
    env.ENVIRON = {
        "ANNOTATED_S3_BUCKET": BUCKET,
        "ANNOTATED_S3_ENDPOINT": endpoint,
        "ANNOTATED_S3_ACCESS_KEY": "key",
        "ANNOTATED_S3_SECRET_KEY": "secret",
    }
    store = store_settings.annotated(env, settings.VAR, settings.SIGNED_URL_S)
    settings.STORAGES = {**settings.STORAGES, "annotated": store}


class TestInS3:
    def test_the_store_signs_addresses(
        self, api: APIClient, photo: Photo, s3: str, settings: Any
    ) -> None:
        use(settings, s3)

        url = ask(api, photo)["url"]

        assert url.startswith(f"{s3}/{BUCKET}/{photo.owner_id}/{photo.pk}/")
        assert f"X-Amz-Expires={settings.SIGNED_URL_S}" in url
        with picture_of(httpx2.get(url).content) as picture:
            assert picture.size == (400, 300)

    def test_pictures_go_with_who_is_erased(
        self, photo: Photo, anna: Person, s3: str, settings: Any
    ) -> None:
        use(settings, s3)
        url = published(photo).url

        erase(photo.owner, anna.pk)

        assert httpx2.get(url).status_code == 404
        assert kept(photo) == []

    def test_a_store_that_is_away_is_said(
        self, api: APIClient, photo: Photo, settings: Any
    ) -> None:
        use(settings, f"http://{LOOPBACK}:9")

        answer = api.post(f"/api/v1/photos/{photo.pk}/annotated/")

        assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
        assert LOOPBACK not in answer.json()["detail"]

    def test_who_is_erased_while_it_is_away_is_erased_from_it_later(
        self, photo: Photo, anna: Person, s3: str, settings: Any
    ) -> None:
        use(settings, s3)
        published(photo)
        use(settings, f"http://{LOOPBACK}:9")

        receipt = erase(photo.owner, anna.pk)
        assert (receipt.finished_at, receipt.counts["left"]["annotated"]) == (None, 1)

        use(settings, s3)
        finish(Erasure.objects.get(pk=receipt.pk))
        assert kept(photo) == []
        assert Erasure.objects.get(pk=receipt.pk).finished_at

    def test_needs_its_credentials(self, settings: Any) -> None:
        env = Env()
        env.ENVIRON = {"ANNOTATED_S3_BUCKET": BUCKET, "ANNOTATED_S3_ACCESS_KEY": "key"}

        with pytest.raises(ImproperlyConfigured, match="set ANNOTATED_S3_SECRET_KEY as well"):
            store_settings.annotated(env, settings.VAR, 60)
