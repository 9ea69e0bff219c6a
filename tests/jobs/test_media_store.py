"""Photos from the media store, and what it is told of them: over real HTTP on loopback."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from rest_framework.test import APIClient

from jobs.errors import MediaStoreMissing, UploadTooLarge
from jobs.intake import media_store
from jobs.models import Delivery, Item, Job, State
from jobs.pipeline import Parts
from jobs.services import fetch_policy
from photos.errors import BlockedAddress, FetchTooLarge, FetchUnavailable, PhotoError
from photos.fetch import check_url
from photos.models import Owner
from tests.jobs.stored_media import (
    MEDIA,
    deliver,
    drain,
    parts,
    store,
    submit,
)
from tests.jobs.storing import Store
from tests.pictures import jpeg

__all__ = ["parts", "store"]  # fixtures

PROCESS = "/api/v1/process/image"


@pytest.fixture
def stub(settings: Any) -> None:
    """No network: an address that nobody may be asked at."""
    settings.MEDIA_STORE_STUB, settings.MEDIA_STORE_URL = True, "http://192.0.2.1"


def photo(media_id: str, owner: Owner | None = None) -> bytes:
    return media_store.photo(media_id, owner or Owner(subject="anna"), max_bytes=1000)


class TestPhoto:
    def test_is_fetched_by_its_id(self, store: Store) -> None:
        store.photos["image-789"] = b"a photo"

        assert photo("image-789") == b"a photo"

        assert store.asked == [("GET", "/media/image-789/file", "Bearer s3cret")]

    def test_may_have_an_id_with_any_letters(self, store: Store) -> None:
        store.photos["Zoë & me?#1%2F"] = b"a photo"

        assert photo("Zoë & me?#1%2F") == b"a photo"

        [(_, path, _)] = store.asked
        assert path == "/media/Zo%C3%AB%20%26%20me%3F%231%252F/file"

    def test_is_at_a_path_of_the_operators_choice(self, store: Store, settings: Any) -> None:
        settings.MEDIA_STORE_PHOTO_PATH = "/users/{owner}/photos/{id}"

        with pytest.raises(MediaStoreMissing):
            photo("7", Owner(subject="anna@example.org"))

        assert store.asked[0][1] == "/users/anna%40example.org/photos/7"

    def test_is_asked_for_without_a_token_where_there_is_none(
        self, store: Store, settings: Any
    ) -> None:
        settings.MEDIA_STORE_TOKEN = ""
        store.photos["7"] = b"a photo"

        photo("7")

        assert store.asked == [("GET", "/media/7/file", None)]

    @pytest.mark.parametrize(
        ("status", "error"),
        [(404, MediaStoreMissing), (410, MediaStoreMissing), (503, FetchUnavailable)],
    )
    def test_says_why_it_can_not_be_had(
        self, store: Store, status: int, error: type[Exception]
    ) -> None:
        store.statuses["GET"] = status

        with pytest.raises(error):
            photo("7")

    def test_may_not_be_too_large(self, store: Store, settings: Any) -> None:
        settings.MAX_PHOTO_BYTES = 1000
        store.photos["7"] = bytes(1001)

        with pytest.raises(FetchTooLarge):
            photo("7")

    @pytest.mark.parametrize(
        "media_id", ["", ".", "..", "../../admin", "a/b", "a\\b", "a\0", "a\n"]
    )
    def test_has_an_id_that_leads_nowhere_else(self, store: Store, media_id: str) -> None:
        with pytest.raises(MediaStoreMissing):
            photo(media_id)

        assert store.asked == []

    def test_of_an_owner_who_would_lead_elsewhere_is_not_asked_for(
        self, store: Store, settings: Any
    ) -> None:
        settings.MEDIA_STORE_PHOTO_PATH = "{owner}/{id}"

        with pytest.raises(MediaStoreMissing):
            photo("7", Owner(subject=".."))

        assert store.asked == []

    def test_is_none_where_there_is_no_media_store(self, settings: Any) -> None:
        settings.MEDIA_STORE_URL = ""

        with pytest.raises(MediaStoreMissing):
            photo("7")


class TestHost:
    """The media store's may be private; nothing else becomes allowed by that."""

    def test_is_no_host_that_callers_may_name(self, store: Store) -> None:
        with pytest.raises(BlockedAddress):
            check_url(f"{store.url}/media/7/file", fetch_policy())

    def test_may_not_redirect_to_other_private_ones(self, store: Store) -> None:
        with Store() as other:
            store.statuses["GET"] = 302
            store.location = other.url.replace("127.0.0.1", "localhost") + "/media/7/file"

            with pytest.raises(BlockedAddress):
                photo("7")

            assert other.asked == []

    def test_keeps_its_token_from_those_it_redirects_to(self, store: Store, settings: Any) -> None:
        settings.FETCH_ALLOWED_HOSTS = frozenset({"localhost"})
        with Store() as other:
            other.photos["7"] = b"a photo"
            store.statuses["GET"] = 302
            store.location = other.url.replace("127.0.0.1", "localhost") + "/media/7/file"

            assert photo("7") == b"a photo"

            assert other.asked == [("GET", "/media/7/file", None)]

    def test_keeps_its_token_from_its_own_other_ports(self, store: Store) -> None:
        with Store() as other:
            other.photos["7"] = b"a photo"
            store.statuses["GET"] = 302
            store.location = f"{other.url}/media/7/file"

            photo("7")

            assert other.asked == [("GET", "/media/7/file", None)]


@pytest.mark.usefixtures("stub")
class TestStub:
    def test_has_its_photos_in_a_folder(self) -> None:
        storages["intake"].save("media_store/image-789", ContentFile(b"a photo"))

        assert photo("image-789") == b"a photo"

    def test_says_which_photo_is_not_there(self) -> None:
        with pytest.raises(MediaStoreMissing, match="image-789"):
            photo("image-789")

    def test_takes_no_photo_that_is_too_large(self) -> None:
        storages["intake"].save("media_store/7", ContentFile(bytes(1001)))

        with pytest.raises(UploadTooLarge):
            photo("7")

    @pytest.mark.django_db(transaction=True)
    def test_is_told_without_a_network(self, parts: Parts) -> None:
        storages["intake"].save("media_store/7", ContentFile(jpeg()))
        job = submit("7")
        drain(parts)

        deliver()

        assert job.items.get().state == State.SUCCEEDED
        assert Delivery.objects.get().state == Delivery.State.DELIVERED


@pytest.mark.django_db
class TestSubmitting:
    def test_asks_for_a_photo_of_the_store(self, store: Store, api: APIClient) -> None:
        answer = api.post(PROCESS, {"media_store_id": "image-789"}, HTTP_PREFER="respond-async")

        assert answer.status_code == 202
        item = Item.objects.get()
        assert (item.source, item.location) == (MEDIA, "image-789")

    def test_says_what_to_set_where_there_is_no_store(self, api: APIClient, settings: Any) -> None:
        settings.MEDIA_STORE_URL = ""

        answer = api.post(PROCESS, {"media_store_id": "image-789"})

        assert answer.status_code == 400
        assert "MEDIA_STORE_URL" in answer.json()["fields"]["media_store_id"][0]
        assert Job.objects.count() == 0

    @pytest.mark.parametrize("media_id", ["..", "a/b", "a\\b", "x" * 256, ""])
    def test_refuses_what_is_no_id(self, store: Store, api: APIClient, media_id: str) -> None:
        answer = api.post(PROCESS, {"media_store_id": media_id})

        assert answer.status_code == 400
        assert answer.json()["fields"].keys() == {"media_store_id"}

    def test_asks_for_many_photos_of_the_store(self, store: Store, api: APIClient) -> None:
        photos = [{"media_store_id": "7"}, {"media_store_id": "8", "external_id": "eight"}]

        assert api.post("/api/v1/process/batch", {"photos": photos}).status_code == 202

        items = Item.objects.order_by("pk").values_list("source", "location", "external_id")
        assert list(items) == [(MEDIA, "7", ""), (MEDIA, "8", "eight")]

    def test_wants_one_place_of_a_photo(self, store: Store, api: APIClient) -> None:
        answer = api.post(PROCESS, {"media_store_id": "7", "url": "https://photos.example/a.jpg"})

        assert answer.status_code == 400
        assert "media_store_id" in answer.json()["detail"]


def test_an_unreachable_store_is_no_photos_fault(settings: Any) -> None:
    settings.MEDIA_STORE_URL = "http://127.0.0.1:9"

    with pytest.raises(PhotoError) as raised:
        photo("7")

    assert raised.value.retryable
