"""Webhooks as receivers get them, and as owners and staff steer them."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from jobs.errors import TooManyWebhooks
from jobs.models import Delivery, Event, Receiver, Webhook
from jobs.telling import outbox, webhooks
from jobs.telling.outbox import Answer, Outbox
from jobs.telling.webhooks import MOST, send
from photos.fetch import FetchPolicy
from photos.models import Owner
from tests.factories import make_delivery, make_event, make_owner, make_user, make_webhook
from tests.jobs import receiver as receivers
from tests.jobs.receiver import Told, listening, status

pytestmark = pytest.mark.django_db
HOOKS = "/api/v1/webhooks"
LOOPBACK = frozenset({"127.0.0.1"})
POLICY = FetchPolicy(max_bytes=0, timeout_s=10, allowed_hosts=LOOPBACK)
IMPATIENT = FetchPolicy(max_bytes=0, timeout_s=0.3, allowed_hosts=LOOPBACK)
STRICT = FetchPolicy(max_bytes=0, timeout_s=10)


@pytest.fixture
def receiver() -> Iterator[receivers.Receiver]:
    with listening() as listener:
        yield listener


def verified(told: Told, secret: str) -> Any:
    """What a receiver reads, by the library that receivers are told to use."""
    return Verifier(secret).verify(told.body, told.headers)


def sent_to(url: str, policy: FetchPolicy = POLICY) -> Answer:
    """What comes of one attempt."""
    return send(make_delivery(webhook=make_webhook(url=url)), policy)


class TestSend:
    def test_is_verified_by_the_library_of_receivers(self, receiver: receivers.Receiver) -> None:
        webhook = make_webhook(url=receiver.url)
        event = make_event(owner=webhook.owner, data={"status": "completed", "naïve": "ö"})
        delivery = make_delivery(webhook=webhook, event=event)

        answer = send(delivery, POLICY)

        [told] = receiver.told
        assert answer == Answer(delivered=True, status_code=204)
        assert verified(told, webhook.secret) == {
            "type": "job.completed",
            "timestamp": event.created_at.isoformat(),
            "data": {"job_id": str(event.job_id), "status": "completed", "naïve": "ö"},
        }
        assert told.headers["webhook-id"] == f"msg_{delivery.pk}"
        assert told.headers["content-type"] == "application/json"

    def test_is_the_same_message_each_time(self, receiver: receivers.Receiver) -> None:
        delivery = make_delivery(webhook=make_webhook(url=receiver.url))

        send(delivery, POLICY)
        send(delivery, POLICY)

        first, second = receiver.told
        assert first.body == second.body
        assert first.headers["webhook-id"] == second.headers["webhook-id"]

    def test_is_not_verified_by_another_secret(self, receiver: receivers.Receiver) -> None:
        sent_to(receiver.url)

        with pytest.raises(WebhookVerificationError):
            verified(receiver.told[0], make_webhook().secret)

    def test_of_a_ping_tells_nothing(self, receiver: receivers.Receiver) -> None:
        webhook = make_webhook(url=receiver.url)
        delivery = make_delivery(webhook=webhook, event=None)

        send(delivery, POLICY)

        assert verified(receiver.told[0], webhook.secret) == {
            "type": "webhook.ping",
            "timestamp": delivery.created_at.isoformat(),
            "data": {},
        }

    @pytest.mark.parametrize("code", [200, 201, 202, 299])
    def test_succeeds_with_any_answer_that_means_success(
        self, receiver: receivers.Receiver, code: int
    ) -> None:
        receiver.reply = status(code)

        assert sent_to(receiver.url) == Answer(delivered=True, status_code=code)

    @pytest.mark.parametrize("code", [400, 404, 429, 500, 503])
    def test_fails_with_any_other_answer(self, receiver: receivers.Receiver, code: int) -> None:
        receiver.reply = status(code)

        words = f"The receiver answered with status {code}."
        assert sent_to(receiver.url) == Answer(delivered=False, status_code=code, error=words)

    def test_follows_no_redirect(self, receiver: receivers.Receiver) -> None:
        receiver.reply = status(307, location=receiver.url)

        words = "The receiver answered with status 307. Redirects are not followed."
        assert sent_to(receiver.url) == Answer(delivered=False, status_code=307, error=words)
        assert len(receiver.told) == 1

    def test_hears_that_a_receiver_is_gone(self, receiver: receivers.Receiver) -> None:
        receiver.reply = status(410)

        assert sent_to(receiver.url).gone

    @pytest.mark.parametrize(
        ("asked", "seconds"), [("7", 7.0), ("soon", None), ("-7", None), ("", None)]
    )
    def test_hears_when_a_receiver_wants_to_be_told(
        self, receiver: receivers.Receiver, asked: str, seconds: float | None
    ) -> None:
        receiver.reply = status(503, retry_after=asked)

        assert sent_to(receiver.url).retry_after_s == seconds

    @pytest.mark.parametrize(("hours", "least", "most"), [(1, 3590, 3600), (-1, 0, 0)])
    def test_hears_it_as_a_date(
        self, receiver: receivers.Receiver, hours: int, least: float, most: float
    ) -> None:
        moment = timezone.now() + timedelta(hours=hours)
        receiver.reply = status(503, retry_after=format_datetime(moment, usegmt=True))

        assert least <= (sent_to(receiver.url).retry_after_s or 0) <= most

    def test_waits_no_longer_than_its_time(self, receiver: receivers.Receiver) -> None:
        def wait(handler: BaseHTTPRequestHandler) -> None:
            receiver.closing.wait(5)

        receiver.reply = wait

        answer = sent_to(receiver.url, IMPATIENT)
        receiver.closing.set()

        assert answer == Answer(delivered=False, error="The receiver did not answer in time.")

    def test_is_not_drawn_out_by_headers_without_an_end(self, receiver: receivers.Receiver) -> None:
        def drip(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.flush_headers()
            while not receiver.closing.wait(0.02):
                handler.wfile.write(b"x: y\r\n")

        receiver.reply = drip

        answer = sent_to(receiver.url, IMPATIENT)
        receiver.closing.set()

        assert answer == Answer(delivered=False, error="The receiver did not answer in time.")

    def test_reads_nothing_of_a_body_without_an_end(self, receiver: receivers.Receiver) -> None:
        def flood(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.end_headers()
            with suppress(OSError):
                while not receiver.closing.is_set():
                    handler.wfile.write(bytes(2**20))

        receiver.reply = flood

        began = time.monotonic()
        answer = sent_to(receiver.url)

        assert answer == Answer(delivered=True, status_code=200)
        assert time.monotonic() - began < 5

    def test_goes_nowhere_private(self, receiver: receivers.Receiver) -> None:
        answer = sent_to(receiver.url, STRICT)

        words = "The address leads where this service may not send to."
        assert (answer, receiver.told) == (Answer(delivered=False, error=words), [])

    def test_goes_nowhere_private_by_a_name_that_has_changed(
        self, receiver: receivers.Receiver
    ) -> None:
        host, port = "receiver.example", int(receiver.url.split(":")[2].split("/")[0])
        policy = FetchPolicy(
            max_bytes=0,
            timeout_s=10,
            ports=frozenset({port}),
            resolve=lambda name, _: ["127.0.0.1"] if name == host else [],
        )

        answer = sent_to(receiver.url.replace("127.0.0.1", host), policy)

        words = "The address leads where this service may not send to."
        assert (answer, receiver.told) == (Answer(delivered=False, error=words), [])

    def test_says_when_nobody_is_there(self) -> None:
        with listening() as receiver:
            url = receiver.url

        words = "The receiver could not be reached, or broke the connection."
        assert sent_to(url) == Answer(delivered=False, error=words)

    def test_trusts_no_unknown_certificate(self, receiver: receivers.Receiver) -> None:
        answer = sent_to(receiver.url.replace("http:", "https:"))

        assert (answer.delivered, receiver.told) == (False, [])


class TestRotation:
    def test_lets_both_secrets_sign_for_a_day(self, receiver: receivers.Receiver) -> None:
        webhook = make_webhook(url=receiver.url)
        old = webhook.secret
        new = webhooks.rotate(webhook)

        webhook.refresh_from_db()
        send(make_delivery(webhook=webhook), POLICY)

        [told] = receiver.told
        assert len(told.headers["webhook-signature"].split()) == 2
        assert verified(told, old) == verified(told, new)

    def test_lets_the_new_secret_alone_sign_after_that(self, receiver: receivers.Receiver) -> None:
        webhook = make_webhook(url=receiver.url)
        old, new = webhook.secret, webhooks.rotate(webhook)
        Webhook.objects.update(old_secret_until=timezone.now())
        webhook.refresh_from_db()

        send(make_delivery(webhook=webhook), POLICY)

        [told] = receiver.told
        assert verified(told, new)["type"] == "job.completed"
        with pytest.raises(WebhookVerificationError):
            verified(told, old)


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


class TestAdmin:
    @pytest.mark.parametrize("rows", [1, 3])
    @pytest.mark.parametrize("page", ["webhook", "delivery"])
    def test_costs_the_same_however_many_rows(
        self, admin_client: Client, django_assert_num_queries: Any, page: str, rows: int
    ) -> None:
        for _ in range(rows):
            make_delivery()

        with django_assert_num_queries(5):
            response = admin_client.get(f"/admin/jobs/{page}/")

        assert len(response.context["cl"].result_list) == rows

    def test_shows_no_secret(self, admin_client: Client) -> None:
        webhook = make_webhook()
        webhooks.rotate(webhook)

        pages = [
            admin_client.get(f"/admin/jobs/webhook/{path}").content.decode()
            for path in ("", f"{webhook.pk}/change/")
        ]

        assert not any("whsec_" in page for page in pages)
        assert all(webhook.url in page for page in pages)

    def test_shows_what_came_of_a_delivery(self, admin_client: Client) -> None:
        delivery = make_delivery(state=Delivery.State.FAILED, error="No <answer>.")

        page = admin_client.get(f"/admin/jobs/delivery/{delivery.pk}/change/").content.decode()

        assert '<span class="pill failed">Failed</span>' in page
        assert "No &lt;answer&gt;." in page

    def test_steers_webhooks(self, admin_client: Client) -> None:
        webhook = make_webhook()

        def act(action: str) -> list[str]:
            data = {"action": action, "_selected_action": str(webhook.pk)}
            response = admin_client.post("/admin/jobs/webhook/", data, follow=True)
            webhook.refresh_from_db()
            return [str(message) for message in response.context["messages"]]

        assert act("disable") == ["1 webhook disabled: what waited has failed."]
        assert webhook.disabled_because.startswith("Staff (user-")
        assert act("ping") == ["0 webhooks are sent a ping: see Deliveries."]
        assert act("enable") == ["1 webhook is told of events from now on."]
        assert act("ping") == ["1 webhook is sent a ping: see Deliveries."]
        rotated = act("rotate")
        assert rotated[0].endswith(f"shown this once: {webhook.secret}")

    def test_sends_again(self, admin_client: Client) -> None:
        failed = make_delivery(state=Delivery.State.FAILED)
        hopeless = make_delivery(
            webhook=make_webhook(disabled_at=timezone.now()), state=Delivery.State.FAILED
        )
        data = {"action": "resend", "_selected_action": [failed.pk, hopeless.pk]}

        response = admin_client.post("/admin/jobs/delivery/", data, follow=True)

        assert [str(message) for message in response.context["messages"]] == [
            "1 will be sent again, now.",
            "1 will not: their webhooks are disabled.",
        ]
        failed.refresh_from_db()
        assert failed.state == Delivery.State.PENDING

    @pytest.mark.parametrize(
        ("page", "action"),
        [("webhook", "disable"), ("webhook", "rotate"), ("delivery", "resend")],
    )
    def test_lets_nobody_steer_who_may_only_look(
        self, client: Client, page: str, action: str
    ) -> None:
        delivery = make_delivery(state=Delivery.State.FAILED)
        looker = make_user(is_staff=True)
        looker.user_permissions.set(Permission.objects.filter(codename=f"view_{page}"))
        client.force_login(looker)
        chosen = delivery.pk if page == "delivery" else delivery.webhook_id

        shown = client.get(f"/admin/jobs/{page}/")
        client.post(f"/admin/jobs/{page}/", {"action": action, "_selected_action": chosen})

        delivery.refresh_from_db()
        assert shown.status_code == 200
        assert delivery.state == Delivery.State.FAILED
        assert Webhook.objects.get(disabled_at=None, old_secret="").pk == delivery.webhook_id


def test_nothing_secret_is_logged(
    receiver: receivers.Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "jobs")
    webhook = make_webhook(url=f"{receiver.url}?token=sesame")
    make_delivery(webhook=webhook)

    Outbox({"webhook": lambda delivery: send(delivery, POLICY)}, 10).run()

    assert json.loads(receiver.told[0].body)["type"] == "job.completed"
    assert "sesame" not in caplog.text
    assert webhook.secret not in caplog.text
