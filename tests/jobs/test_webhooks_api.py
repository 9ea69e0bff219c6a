"""Webhooks as owners steer them over HTTP."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.errors import TooManyWebhooks
from jobs.models import Delivery, Event, Receiver, Webhook
from jobs.telling import outbox, webhooks
from jobs.telling.webhooks import MOST
from photos.models import Owner
from tests.factories import make_delivery, make_owner, make_webhook
from tests.jobs.hooks import (
    HOOKS,
    receiver,
)

__all__ = ["receiver"]  # fixtures
pytestmark = pytest.mark.django_db


class TestCreate:
    def test_makes_secrets_of_256_bits_that_differ(self) -> None:
        first, second = make_webhook().secret, make_webhook().secret

        assert first != second
        assert {len(first), len(second)} == {len("whsec_") + 44}

    def test_is_refused_when_there_are_enough(self, owner: Owner) -> None:
        for _ in range(MOST):
            webhooks.create(owner, "https://receiver.example/")

        with pytest.raises(TooManyWebhooks):
            webhooks.create(owner, "https://receiver.example/")

        webhooks.create(make_owner(), "https://receiver.example/")


class TestWebhookApi:
    def test_shows_the_secret_once(self, api: APIClient, owner: Owner) -> None:
        made = api.post(HOOKS, {"url": "https://receiver.example/a?b=c"})

        webhook = Webhook.objects.get(owner=owner)
        shown = api.get(f"{HOOKS}/{webhook.pk}")
        assert (made.status_code, shown.status_code) == (201, 200)
        assert made.json() == {**shown.json(), "secret": webhook.secret}
        assert shown.json() == {
            "id": webhook.pk,
            "url": "https://receiver.example/a?b=c",
            "kinds": ["job.cancelled", "job.completed", "job.failed"],
            "enabled": True,
            "disabled_at": None,
            "disabled_because": "",
            "failing_since": None,
            "old_secret_until": None,
            "created_at": shown.json()["created_at"],
        }

    @pytest.mark.parametrize(
        ("body", "code", "name"),
        [
            ({}, 400, "invalid"),
            ({"url": "https://a.example", "kinds": ["job.vanished"]}, 400, "invalid"),
            ({"url": "https://a.example", "kinds": []}, 400, "invalid"),
            ({"url": "https://a.example/" + "x" * 500}, 400, "invalid"),
            ({"url": "ftp://a.example"}, 422, "invalid_url"),
            ({"url": "https://user@a.example"}, 422, "invalid_url"),
            ({"url": "http://127.0.0.1"}, 422, "blocked_address"),
            ({"url": "http://localhost"}, 422, "blocked_address"),
            ({"url": "http://[::ffff:127.0.0.1]"}, 422, "blocked_address"),
            ({"url": "http://2130706433"}, 422, "blocked_address"),
            ({"url": "http://169.254.169.254"}, 422, "blocked_address"),
            ({"url": "https://a.example:22"}, 422, "blocked_address"),
        ],
    )
    def test_refuses_what_could_not_be_told(
        self, api: APIClient, body: dict[str, Any], code: int, name: str
    ) -> None:
        response = api.post(HOOKS, body)

        assert (response.status_code, response.json()["code"]) == (code, name)
        assert not Webhook.objects.exists()

    def test_refuses_more_than_an_owner_may_have(self, api: APIClient, owner: Owner) -> None:
        for _ in range(MOST):
            make_webhook(owner=owner)

        response = api.post(HOOKS, {"url": "https://receiver.example/"})

        assert (response.status_code, response.json()["code"]) == (409, "too_many_webhooks")

    @pytest.mark.parametrize("rows", [1, 3])
    def test_lists_with_as_many_queries_for_one_as_for_many(
        self, api: APIClient, owner: Owner, django_assert_num_queries: Any, rows: int
    ) -> None:
        for _ in range(rows):
            make_webhook(owner=owner)
        make_webhook()

        with django_assert_num_queries(1):
            response = api.get(HOOKS)

        assert len(response.json()["results"]) == rows
        assert "secret" not in response.content.decode().replace("old_secret_until", "")

    def test_changes_what_is_asked(self, api: APIClient, owner: Owner) -> None:
        webhook = make_webhook(owner=owner)

        response = api.patch(f"{HOOKS}/{webhook.pk}", {"kinds": ["photo.failed"]})

        assert response.json()["kinds"] == ["photo.failed"]
        assert response.json()["url"] == webhook.url
        changed = Webhook.objects.get()
        assert (changed.kinds, changed.secret) == (["photo.failed"], webhook.secret)

    def test_changes_nothing_to_what_could_not_be_told(self, api: APIClient, owner: Owner) -> None:
        webhook = make_webhook(owner=owner)

        response = api.patch(f"{HOOKS}/{webhook.pk}", {"url": "http://10.0.0.1"})

        assert (response.status_code, Webhook.objects.get().url) == (422, webhook.url)

    def test_ignores_what_is_not_the_callers_to_say(self, api: APIClient, owner: Owner) -> None:
        theirs = {"owner": make_owner().pk, "secret": "whsec_aaaa"}

        api.post(HOOKS, {"url": "https://a.example", **theirs})

        webhook = Webhook.objects.get()
        assert webhook.owner == owner
        assert webhook.secret != theirs["secret"]

    def test_forgets_a_webhook_and_its_log(self, api: APIClient, owner: Owner) -> None:
        webhook = make_webhook(owner=owner)
        make_delivery(webhook=webhook)

        first = api.delete(f"{HOOKS}/{webhook.pk}")
        second = api.delete(f"{HOOKS}/{webhook.pk}")

        assert (first.status_code, second.status_code) == (204, 404)
        left = [each.objects.count() for each in (Webhook, Receiver, Delivery, Event)]
        assert left == [0, 0, 0, 1]

    def test_shows_a_new_secret_once(self, api: APIClient, owner: Owner) -> None:
        webhook = make_webhook(owner=owner)

        response = api.post(f"{HOOKS}/{webhook.pk}/rotate")

        changed = Webhook.objects.get()
        assert response.json()["secret"] == changed.secret != webhook.secret
        assert changed.old_secret == webhook.secret

    def test_enables_what_was_disabled(self, api: APIClient, owner: Owner) -> None:
        webhook = make_webhook(owner=owner)
        outbox.disable(webhook, "for a test")

        response = api.post(f"{HOOKS}/{webhook.pk}/enable")

        assert (response.status_code, response.json()["enabled"]) == (200, True)

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("get", ""),
            ("patch", ""),
            ("delete", ""),
            ("post", "/rotate"),
            ("post", "/enable"),
            ("post", "/ping"),
            ("get", "/deliveries"),
            ("get", "/deliveries/{delivery}"),
            ("post", "/deliveries/{delivery}/resend"),
        ],
    )
    def test_of_another_owner_looks_like_none(self, api: APIClient, method: str, path: str) -> None:
        delivery = make_delivery(state=Delivery.State.FAILED)
        path = path.format(delivery=delivery.pk)
        before = list(Webhook.objects.values()), list(Delivery.objects.values())

        theirs = api.generic(method.upper(), f"{HOOKS}/{delivery.webhook_id}{path}")
        nobodys = api.generic(method.upper(), f"{HOOKS}/987654321{path}")

        assert theirs.status_code == 404
        assert theirs.json() == nobodys.json()
        assert (list(Webhook.objects.values()), list(Delivery.objects.values())) == before

    def test_is_for_those_who_say_who_they_are(self) -> None:
        assert APIClient().get(HOOKS).status_code == 401
