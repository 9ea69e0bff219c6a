"""Webhooks as receivers get them, and as owners and staff steer them."""

import json
import time
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.utils import timezone
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from jobs.models import Webhook
from jobs.telling import webhooks
from jobs.telling.outbox import Answer, Outbox
from jobs.telling.webhooks import send
from photos.fetch import FetchPolicy
from tests.factories import make_delivery, make_event, make_webhook
from tests.jobs import receiver as receivers
from tests.jobs.hooks import (
    LOOPBACK,
    POLICY,
    receiver,
)
from tests.jobs.receiver import Told, listening, status

__all__ = ["receiver"]  # fixtures
pytestmark = pytest.mark.django_db

IMPATIENT = FetchPolicy(max_bytes=0, timeout_s=0.3, allowed_hosts=LOOPBACK)
STRICT = FetchPolicy(max_bytes=0, timeout_s=10)


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
