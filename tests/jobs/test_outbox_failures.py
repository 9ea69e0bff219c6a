"""Deliveries that fail: tried again, given up, sent anew when somebody asks."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from jobs import events
from jobs.models import Delivery, Event, Receiver, Webhook
from jobs.telling import outbox
from jobs.telling.outbox import WAITS_S, Answer
from tests.factories import make_delivery, make_event, make_webhook
from tests.jobs.outgoing import (
    DELIVERED,
    FAILED,
    State,
    Telling,
    claim,
    run,
)


def attempted(answer: Answer, **values: Any) -> Delivery:
    """A delivery, after an attempt that came to this."""
    make_delivery(**values)
    delivery = claim()
    outbox.note(delivery, answer)
    delivery.refresh_from_db()
    return delivery


def seconds_left(delivery: Delivery) -> float:
    left = Delivery.objects.filter(pk=delivery.pk).values_list(F("run_after") - Now(), flat=True)
    return float(left[0].total_seconds())


def rest_s(webhook: Webhook | None) -> float:
    left = Receiver.objects.filter(webhook=webhook).values_list(F("free_at") - Now(), flat=True)
    return float(left[0].total_seconds())


@pytest.mark.django_db
class TestFailure:
    @pytest.mark.parametrize(("attempts", "wait_s"), [*enumerate(WAITS_S)])
    def test_is_followed_by_a_longer_and_longer_wait(self, attempts: int, wait_s: int) -> None:
        delivery = attempted(FAILED, attempts=attempts)

        assert wait_s - 1 < seconds_left(delivery) < wait_s * 1.2
        assert (delivery.state, delivery.status_code) == ("pending", 500)
        assert delivery.error == "The receiver answered with status 500."

    def test_is_for_good_after_the_last_attempt(self) -> None:
        delivery = attempted(FAILED, attempts=len(WAITS_S))

        assert delivery.state == State.FAILED

    def test_of_a_ping_is_for_good(self) -> None:
        assert attempted(FAILED, event=None).state == State.FAILED

    def test_waits_as_long_as_the_receiver_asks(self) -> None:
        delivery = attempted(Answer(delivered=False, status_code=429, retry_after_s=600))

        assert 599 < seconds_left(delivery) <= 600
        assert 599 < rest_s(delivery.webhook) <= 600

    def test_waits_no_longer_than_a_day_whatever_is_asked(self) -> None:
        answer = Answer(delivered=False, status_code=429, retry_after_s=10**9)

        assert 86399 < seconds_left(attempted(answer)) <= 86400

    def test_does_not_come_sooner_as_the_receiver_asks(self) -> None:
        answer = Answer(delivered=False, status_code=503, retry_after_s=1)

        assert seconds_left(attempted(answer, attempts=1)) > 299

    def test_gives_the_receiver_a_rest_that_grows(self) -> None:
        webhook = make_webhook()
        rests = []
        for _ in range(12):
            attempted(FAILED, webhook=webhook)
            rests.append(round(rest_s(webhook)))
            Receiver.objects.update(free_at=Now())
            Delivery.objects.all().delete()

        assert rests == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]

    def test_keeps_what_else_is_due_waiting(self) -> None:
        webhook = make_webhook()
        for _ in range(3):
            make_delivery(webhook=webhook)
        send = Telling(FAILED)

        run(send)

        assert len(send.sent) == 1

    def test_is_forgotten_with_the_next_success(self) -> None:
        webhook = make_webhook()
        attempted(FAILED, webhook=webhook)
        Receiver.objects.update(free_at=Now())

        attempted(DELIVERED, webhook=webhook)

        receiver = Receiver.objects.get(webhook=webhook)
        assert (receiver.failures, receiver.failing_since) == (0, None)


@pytest.mark.django_db
class TestDisabling:
    def test_follows_an_answer_that_the_receiver_is_gone(self) -> None:
        webhook = make_webhook()
        other = make_delivery(webhook=webhook, run_after=timezone.now() + timedelta(hours=1))

        gone = attempted(Answer(delivered=False, status_code=410, gone=True), webhook=webhook)

        webhook.refresh_from_db()
        other.refresh_from_db()
        assert webhook.disabled_at is not None
        assert webhook.disabled_because == "The receiver answered that it is gone for good (410)."
        assert (gone.state, gone.status_code) == ("failed", 410)
        assert other.state == State.FAILED
        assert other.error == "The webhook was disabled before this could be delivered."

    @pytest.mark.parametrize(("days", "disabled"), [(4, False), (6, True)])
    def test_follows_days_of_nothing_but_failures(self, days: int, disabled: bool) -> None:  # noqa: FBT001
        webhook = make_webhook()
        since = timezone.now() - timedelta(days=days)
        Receiver.objects.filter(webhook=webhook).update(failing_since=since)

        attempted(FAILED, webhook=webhook)

        webhook.refresh_from_db()
        assert bool(webhook.disabled_at) is disabled
        assert webhook.disabled_because == (
            "Nothing could be delivered for 5 days." if disabled else ""
        )

    def test_twice_keeps_the_first_reason(self) -> None:
        webhook = make_webhook()
        outbox.disable(webhook, "first")

        outbox.disable(webhook, "second")

        webhook.refresh_from_db()
        assert webhook.disabled_because == "first"

    def test_ends_with_a_clean_start(self) -> None:
        webhook = make_webhook()
        attempted(FAILED, webhook=webhook)
        outbox.disable(webhook, "for a test")

        outbox.enable(webhook)

        webhook.refresh_from_db()
        receiver = Receiver.objects.get(webhook=webhook)
        assert (webhook.disabled_at, webhook.disabled_because) == (None, "")
        assert (receiver.failures, receiver.failing_since) == (0, None)
        assert rest_s(webhook) <= 0

    def test_lets_events_make_no_deliveries(self) -> None:
        webhook = make_webhook()
        outbox.disable(webhook, "for a test")

        events.tell(webhook.owner_id, Event.Kind.JOB_FAILED, make_event().job_id, {})

        assert not Delivery.objects.exists()


@pytest.mark.django_db
class TestResend:
    @pytest.mark.parametrize("answer", [DELIVERED, FAILED])
    def test_sends_once_more_at_once(self, answer: Answer) -> None:
        delivery, send = attempted(answer, attempts=len(WAITS_S)), Telling()

        count = outbox.resend(Delivery.objects.all())
        run(send)

        delivery.refresh_from_db()
        assert (count, send.sent) == (1, [delivery.pk])
        assert (delivery.state, delivery.attempts, delivery.error) == ("delivered", 1, "")

    def test_leaves_out_what_has_a_disabled_webhook(self) -> None:
        delivery = attempted(Answer(delivered=False, status_code=410, gone=True))

        assert outbox.resend(Delivery.objects.all()) == 0

        delivery.refresh_from_db()
        assert delivery.state == State.FAILED
