"""What the media store is told of its photos, and when."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from jobs import queue, services, steering
from jobs.errors import LeaseLost
from jobs.intake import media_store
from jobs.models import Delivery, Item, Job, State
from jobs.pipeline import Parts
from photos.models import Owner
from tests.factories import make_item, make_job, make_owner
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
        for _ in range(1 + job.items.get().max_attempts):
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
