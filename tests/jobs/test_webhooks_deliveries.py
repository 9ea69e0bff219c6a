"""Pings, and what owners see of what was sent."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.models import Delivery, Receiver
from jobs.telling.outbox import Outbox
from jobs.telling.webhooks import send
from photos.models import Owner
from tests.factories import make_delivery, make_webhook
from tests.jobs import receiver as receivers
from tests.jobs.hooks import (
    HOOKS,
    POLICY,
    receiver,
)

__all__ = ["receiver"]  # fixtures
pytestmark = pytest.mark.django_db


class TestPing:
    def test_goes_the_way_of_events(
        self, api: APIClient, owner: Owner, receiver: receivers.Receiver
    ) -> None:
        webhook = make_webhook(owner=owner, url=receiver.url)

        asked = api.post(f"{HOOKS}/{webhook.pk}/ping")
        Outbox({"webhook": lambda delivery: send(delivery, POLICY)}, 10).run()

        delivery = Delivery.objects.get()
        after = api.get(f"{HOOKS}/{webhook.pk}/deliveries/{delivery.pk}").json()
        assert (asked.status_code, asked.json()["state"]) == (202, "pending")
        assert receiver.ids == [asked.json()["message_id"]]
        assert (after["kind"], after["state"], after["status_code"]) == (
            "webhook.ping",
            "delivered",
            204,
        )

    def test_does_not_wait_for_the_end_of_a_rest(self, api: APIClient, owner: Owner) -> None:
        webhook = make_webhook(owner=owner)
        Receiver.objects.update(free_at=timezone.now() + timedelta(minutes=5))

        api.post(f"{HOOKS}/{webhook.pk}/ping")

        assert len(Delivery.objects.claim(limit=8, lease_s=60)) == 1

    def test_of_a_disabled_webhook_is_refused(self, api: APIClient, owner: Owner) -> None:
        webhook = make_webhook(owner=owner, disabled_at=timezone.now())

        response = api.post(f"{HOOKS}/{webhook.pk}/ping")

        assert (response.status_code, response.json()["code"]) == (409, "webhook_disabled")
        assert not Delivery.objects.exists()


class TestDeliveryApi:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_lists_the_newest_first_with_as_many_queries_for_one_as_for_many(
        self, api: APIClient, owner: Owner, django_assert_num_queries: Any, rows: int
    ) -> None:
        webhook = make_webhook(owner=owner)
        made = [make_delivery(webhook=webhook) for _ in range(rows)]
        make_delivery(webhook=make_webhook(owner=owner))

        with django_assert_num_queries(2):
            response = api.get(f"{HOOKS}/{webhook.pk}/deliveries")

        assert [each["id"] for each in response.json()["results"]] == [
            each.pk for each in reversed(made)
        ]

    def test_shows_what_came_of_it(self, api: APIClient, owner: Owner) -> None:
        delivery = make_delivery(
            webhook=make_webhook(owner=owner), state=Delivery.State.FAILED, attempts=10,
            status_code=500, error="The receiver answered with status 500.",
        )  # fmt: skip

        shown = api.get(f"{HOOKS}/{delivery.webhook_id}/deliveries/{delivery.pk}").json()

        assert shown == {
            "id": delivery.pk,
            "message_id": f"msg_{delivery.pk}",
            "kind": "job.completed",
            "job_id": str(delivery.event.job_id if delivery.event else None),
            "state": "failed",
            "attempts": 10,
            "status_code": 500,
            "error": "The receiver answered with status 500.",
            "created_at": shown["created_at"],
            "next_attempt_at": None,
            "delivered_at": None,
        }

    def test_lists_those_of_a_state(self, api: APIClient, owner: Owner) -> None:
        webhook = make_webhook(owner=owner)
        make_delivery(webhook=webhook)
        failed = make_delivery(webhook=webhook, state=Delivery.State.FAILED)

        listed = api.get(f"{HOOKS}/{webhook.pk}/deliveries?state=failed").json()["results"]
        unknown = api.get(f"{HOOKS}/{webhook.pk}/deliveries?state=lost")

        assert [each["id"] for each in listed] == [failed.pk]
        assert unknown.status_code == 400

    def test_sends_again(self, api: APIClient, owner: Owner) -> None:
        delivery = make_delivery(
            webhook=make_webhook(owner=owner), state=Delivery.State.FAILED, attempts=10
        )

        response = api.post(f"{HOOKS}/{delivery.webhook_id}/deliveries/{delivery.pk}/resend")

        assert (response.status_code, response.json()["state"]) == (202, "pending")
        assert [each.pk for each in Delivery.objects.claim(limit=8, lease_s=60)] == [delivery.pk]

    def test_sends_nothing_again_to_a_disabled_webhook(self, api: APIClient, owner: Owner) -> None:
        webhook = make_webhook(owner=owner, disabled_at=timezone.now())
        delivery = make_delivery(webhook=webhook, state=Delivery.State.FAILED)

        response = api.post(f"{HOOKS}/{webhook.pk}/deliveries/{delivery.pk}/resend")

        assert (response.status_code, response.json()["code"]) == (409, "webhook_disabled")

    def test_of_another_webhook_looks_like_none(self, api: APIClient, owner: Owner) -> None:
        webhook, delivery = make_webhook(owner=owner), make_delivery()

        response = api.get(f"{HOOKS}/{webhook.pk}/deliveries/{delivery.pk}")

        assert response.status_code == 404
