"""Photos from the media store, and what it is told of them: over real HTTP on loopback."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces.services import FindFaces
from jobs import queue, services, steering
from jobs.drain import Drain
from jobs.errors import LeaseLost, MediaStoreMissing, UploadTooLarge
from jobs.intake import media_store
from jobs.models import Delivery, Item, Job, Receiver, State
from jobs.pipeline import Parts
from jobs.services import Source, fetch_policy
from jobs.telling.outbox import Outbox
from photos.errors import BlockedAddress, FetchTooLarge, FetchUnavailable, PhotoError
from photos.fetch import check_url
from photos.models import Owner
from tests.factories import make_item, make_job, make_owner, unit
from tests.fakes import FakeDetector, FakeEmbedder, decoded_here, face_at, operations
from tests.jobs.storing import Store
from tests.pictures import jpeg

MEDIA = Item.Source.MEDIA_STORE
PROCESS = "/api/v1/process/image"


@pytest.fixture
def store(settings: Any) -> Iterator[Store]:
    """The media store of the settings, on a private address that is allowed to nobody else."""
    with Store() as store:
        settings.MEDIA_STORE_URL, settings.MEDIA_STORE_TOKEN = store.url, "s3cret"
        settings.FETCH_ALLOWED_HOSTS = frozenset()
        yield store


@pytest.fixture
def stub(settings: Any) -> None:
    """No network: an address that nobody may be asked at."""
    settings.MEDIA_STORE_STUB, settings.MEDIA_STORE_URL = True, "http://192.0.2.1"


@pytest.fixture
def parts(db: None) -> Iterator[Parts]:
    find = FindFaces(FakeDetector([face_at(4)]), FakeEmbedder([unit(1)]), "fakes")
    with ThreadPoolExecutor(2) as looks:
        yield Parts(lambda url: b"", decoded_here, operations(find), looks, 10**6)


def submit(*media_ids: str, owner: Owner | None = None) -> Job:
    sources = [Source(MEDIA, media_id) for media_id in media_ids]
    return services.submit(owner or make_owner(), sources, operations=["faces"])


def drain(parts: Parts) -> None:
    Drain(parts, in_flight=2, lease_s=60, limit_s=60).run()


def deliver() -> None:
    """Send what is due, as the task does."""
    Receiver.objects.install()
    Outbox({Delivery.Channel.MEDIA_STORE: media_store.push}, limit_s=10).run()


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


@pytest.mark.django_db(transaction=True)
class TestTelling:
    def test_puts_what_was_found_to_the_photo(self, store: Store, parts: Parts) -> None:
        store.photos["7"] = jpeg()
        job = submit("7")
        drain(parts)

        deliver()

        item, [told] = job.items.get(), store.told["7"]
        assert store.asked[-1] == ("PUT", "/media/7/inference", "Bearer s3cret")
        [face] = told.pop("result")["faces"]
        assert face["box"] == {"x": 4.0, "y": 4.0, "width": 30.0, "height": 30.0}
        assert item.finished_at is not None
        assert told == {
            "job_id": str(job.pk),
            "item_id": item.pk,
            "media_store_id": "7",
            "external_id": "",
            "operations": ["faces"],
            "status": "completed",
            "attempts": 1,
            "finished_at": item.finished_at.isoformat().replace("+00:00", "Z"),
            "error": None,
        }

    def test_twice_puts_the_same(self, store: Store, parts: Parts) -> None:
        store.photos["7"] = jpeg()
        submit("7")
        drain(parts)

        answers = [media_store.push(Delivery.objects.get()) for _ in range(2)]

        assert [answer.delivered for answer in answers] == [True, True]
        first, second = store.told["7"]
        assert first == second

    def test_says_what_went_wrong_with_the_photo(self, store: Store, parts: Parts) -> None:
        submit("unknown")
        drain(parts)

        deliver()

        [told] = store.told["unknown"]
        assert (told["status"], told["result"]) == ("failed", None)
        assert told["error"]["code"] == "media_store_missing"

    def test_says_that_nobody_wants_the_photo_any_more(self, store: Store) -> None:
        job = submit("7", "8")

        steering.cancel(job)
        deliver()

        assert {
            media_id: [each["status"] for each in told] for media_id, told in store.told.items()
        } == {
            "7": ["cancelled"],
            "8": ["cancelled"],
        }

    def test_says_that_no_worker_survives_the_photo(self, store: Store) -> None:
        job = submit("7")
        for _ in range(job.items.get().max_attempts):
            Item.objects.claim(worker="w", limit=1, lease_s=60, suspects=False)
            Item.objects.claim(worker="w", limit=1, lease_s=60, suspects=True)
            job.items.update(lease_until=timezone.now() - timedelta(seconds=1))
            queue.sweep()

        deliver()

        [told] = store.told["7"]
        assert told["error"]["code"] == "worker_died"

    def test_comes_again_after_another_try(self, store: Store, parts: Parts) -> None:
        job = submit("7")
        drain(parts)
        deliver()
        store.photos["7"] = jpeg()
        steering.retry(job.items.all())
        drain(parts)

        deliver()

        assert [told["status"] for told in store.told["7"]] == ["failed", "completed"]

    def test_does_not_come_from_a_worker_that_has_lost_the_photo(self, store: Store) -> None:
        submit("7")
        [item] = Item.objects.claim(worker="w", limit=1, lease_s=60)
        Item.objects.update(leases=F("leases") + 1)

        with pytest.raises(LeaseLost):
            queue.finish(item)

        assert Delivery.objects.count() == 0

    def test_is_tried_again_while_the_store_is_busy(self, store: Store, parts: Parts) -> None:
        store.photos["7"] = jpeg()
        submit("7")
        drain(parts)
        store.statuses["PUT"] = 503

        deliver()

        delivery = Delivery.objects.get()
        assert (delivery.state, delivery.attempts) == (Delivery.State.PENDING, 1)
        assert (delivery.status_code, delivery.run_after > timezone.now()) == (503, True)

    @pytest.mark.parametrize("status", [404, 410])
    def test_ends_where_the_store_knows_the_photo_no_more(
        self, store: Store, parts: Parts, status: int
    ) -> None:
        submit("7")
        drain(parts)
        store.statuses["PUT"] = status

        deliver()

        delivery = Delivery.objects.get()
        assert (delivery.state, delivery.status_code) == (Delivery.State.FAILED, status)

    def test_follows_no_redirect(self, store: Store, parts: Parts) -> None:
        submit("7")
        drain(parts)
        store.statuses["PUT"], store.location = 307, f"{store.url}/media/8/inference"

        deliver()

        assert [asked[0] for asked in store.asked] == ["GET", "PUT"]
        assert Delivery.objects.get().state == Delivery.State.PENDING

    def test_of_what_is_no_photo_of_the_store_does_not_happen(self, parts: Parts) -> None:
        upload = services.upload(ContentFile(jpeg(), "a.jpg"))
        services.submit(make_owner(), [upload], operations=["faces"])

        drain(parts)

        assert Delivery.objects.count() == 0

    def test_says_so_where_the_store_is_gone(self, settings: Any) -> None:
        settings.MEDIA_STORE_URL = ""

        answer = media_store.push(Delivery())

        assert not answer.delivered
        assert "MEDIA_STORE_URL" in answer.error


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


@pytest.mark.django_db
class TestSync:
    """What the answers about jobs say of it."""

    def sync_of(self, api: APIClient, job: Job) -> list[Any]:
        return [item["sync"] for item in api.get(f"/api/v1/jobs/{job.pk}").json()["items"]]

    def test_is_pending_before_the_photo_is_done(self, api: APIClient, owner: Owner) -> None:
        job = make_job(owner=owner)
        make_item(job=job, source=MEDIA, location="7")

        assert self.sync_of(api, job) == [
            {"status": "pending", "attempts": 0, "error": "", "synced_at": None}
        ]

    def test_tells_of_the_last_attempt(self, api: APIClient, owner: Owner) -> None:
        job, moment = make_job(owner=owner), timezone.now()
        for state, values in {
            "pending": {"attempts": 2, "error": "Busy."},
            "delivered": {"attempts": 1, "delivered_at": moment},
            "failed": {"attempts": 10, "error": "Gone."},
        }.items():
            item = make_item(job=job, source=MEDIA, state=State.SUCCEEDED)
            for each in (
                {"state": "failed", "error": "Of another try."},
                {"state": state} | values,
            ):
                Delivery.objects.create(
                    channel=Delivery.Channel.MEDIA_STORE, owner=owner, item=item, **each
                )

        syncs = self.sync_of(api, job)

        assert [(sync["status"], sync["attempts"], sync["error"]) for sync in syncs] == [
            ("pending", 2, "Busy."),
            ("synced", 1, ""),
            ("failed", 10, "Gone."),
        ]
        assert [sync["synced_at"] is None for sync in syncs] == [True, False, True]

    def test_is_shown_to_staff(self, admin_client: Client) -> None:
        job = make_job()
        item = make_item(job=job, source=MEDIA, state=State.SUCCEEDED)
        Delivery.objects.create(
            channel=Delivery.Channel.MEDIA_STORE, owner=job.owner, item=item, error="Busy."
        )

        page = admin_client.get(f"/admin/jobs/job/{job.pk}/change/").content.decode()

        assert "Media store: pending</a> Busy." in page
        listed = admin_client.get(f"/admin/jobs/delivery/?item__id__exact={item.pk}")
        assert [each.item for each in listed.context["cl"].result_list] == [item]

    def test_is_null_for_photos_from_elsewhere(self, api: APIClient, owner: Owner) -> None:
        job = make_job(owner=owner, items=1)

        assert self.sync_of(api, job) == [None]

    def test_costs_no_query_for_each_photo(
        self, owner: Owner, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for count in (1, 3):
            job = make_job(owner=owner)
            for _ in range(count):
                item = make_item(job=job, source=MEDIA, state=State.SUCCEEDED)
                Delivery.objects.create(
                    channel=Delivery.Channel.MEDIA_STORE, owner=owner, item=item
                )
            with django_assert_num_queries(2):  # the job and its items, none of which has a photo
                found = Job.objects.with_results({}).get(pk=job.pk)
                assert [item.sync["state"] for item in found.first_items if item.sync] == [
                    "pending"
                ] * count


def test_an_unreachable_store_is_no_photos_fault(settings: Any) -> None:
    settings.MEDIA_STORE_URL = "http://127.0.0.1:9"

    with pytest.raises(PhotoError) as raised:
        photo("7")

    assert raised.value.retryable
