"""What is due is sent, to whom and when; what comes of it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django_q.models import OrmQ

from jobs import events, services, tasks
from jobs.models import Delivery, Event, Receiver, Webhook
from jobs.telling import outbox
from jobs.telling.outbox import WAITS_S, Answer, Outbox
from tests.factories import make_delivery, make_event, make_item, make_webhook
from tests.jobs.receiver import listening

State = Delivery.State
DELIVERED = Answer(delivered=True, status_code=204)
FAILED = Answer(delivered=False, status_code=500, error="The receiver answered with status 500.")
YEAR = timedelta(days=365)


class Telling:
    """Sends over webhooks by keeping what is sent, and answers what it is made with."""

    def __init__(self, *answers: Answer) -> None:
        self.sent: list[int] = []
        self._answers = list(answers)

    def __call__(self, delivery: Delivery) -> Answer:
        self.sent.append(delivery.pk)
        return self._answers.pop(0) if self._answers else DELIVERED


def run(send: Callable[[Delivery], Answer], *, limit_s: float = 10) -> int:
    return Outbox({"webhook": send}, limit_s).run()


def claim() -> Delivery:
    [delivery] = Delivery.objects.claim(limit=8, lease_s=60)
    return delivery


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


def let_leases_end() -> None:
    past = timezone.now() - timedelta(seconds=1)
    Delivery.objects.update(run_after=past)
    Receiver.objects.update(free_at=past)


def asked_for() -> list[str]:
    return [task.func() for task in OrmQ.objects.order_by("pk")]


@pytest.mark.django_db
class TestOutbox:
    def test_sends_what_is_due_once(self) -> None:
        delivery, send = make_delivery(), Telling()

        assert [run(send), run(send)] == [1, 0]

        delivery.refresh_from_db()
        assert send.sent == [delivery.pk]
        assert (delivery.state, delivery.status_code, delivery.attempts) == ("delivered", 204, 1)
        assert delivery.delivered_at is not None

    def test_sends_to_one_receiver_in_the_order_of_events(self) -> None:
        webhook, send = make_webhook(), Telling()
        deliveries = [make_delivery(webhook=webhook) for _ in range(5)]

        run(send)

        assert send.sent == [each.pk for each in deliveries]

    def test_sends_nothing_before_its_time(self) -> None:
        make_delivery(run_after=timezone.now() + timedelta(minutes=1))

        assert run(Telling()) == 0

    def test_sends_nothing_to_a_disabled_webhook(self) -> None:
        make_delivery(webhook=make_webhook(disabled_at=timezone.now()))

        assert run(Telling()) == 0

    def test_begins_nothing_when_its_time_is_up(self) -> None:
        make_delivery()

        assert run(Telling(), limit_s=0) == 0

    def test_begins_nothing_when_it_is_to_stop(self) -> None:
        make_delivery()

        assert Outbox({"webhook": Telling()}, 10, lambda: True).run() == 0

    def test_records_what_nobody_foresaw(self, caplog: pytest.LogCaptureFixture) -> None:
        delivery = make_delivery()

        def broken(delivery: Delivery) -> Answer:
            raise ZeroDivisionError

        run(broken)

        delivery.refresh_from_db()
        assert delivery.state == State.PENDING
        assert delivery.error.startswith("Something unexpected went wrong.")
        assert "ZeroDivisionError" in caplog.text

    def test_lets_a_slow_receiver_hold_up_nobody(self) -> None:
        slow, quick = make_webhook(), make_webhook()
        stuck = [make_delivery(webhook=slow) for _ in range(2)]
        others = [make_delivery(webhook=quick) for _ in range(4)]
        all_told, sent = threading.Event(), []

        def send(delivery: Delivery) -> Answer:
            if delivery.webhook_id == slow.pk:
                assert all_told.wait(10)
            sent.append(delivery.pk)
            if len(sent) == len(others):
                all_told.set()
            return DELIVERED

        run(send)

        assert sent == [each.pk for each in [*others, *stuck]]

    def test_sends_again_what_a_killed_sender_had(self) -> None:
        delivery = make_delivery()
        claim()  # and is killed before it sends
        send = Telling()

        before = run(send)
        let_leases_end()
        after = run(send)

        delivery.refresh_from_db()
        assert (before, after, send.sent) == (0, 1, [delivery.pk])
        assert (delivery.state, delivery.attempts) == ("delivered", 2)

    def test_ignores_an_answer_that_comes_after_the_lease(self) -> None:
        delivery = make_delivery()
        late = claim()
        let_leases_end()
        claim()

        outbox.note(late, FAILED)

        delivery.refresh_from_db()
        assert (delivery.attempts, delivery.error) == (2, "")

    @pytest.mark.parametrize("rows", [1, 3])
    def test_claims_with_as_many_queries_for_one_as_for_many(
        self, django_assert_num_queries: Any, rows: int
    ) -> None:
        for _ in range(rows):
            make_delivery()

        with django_assert_num_queries(3):  # the claim, the events, the webhooks
            assert len(Delivery.objects.claim(limit=8, lease_s=60)) == rows


@pytest.mark.django_db(transaction=True)
class TestTwoOutboxes:
    def test_send_each_delivery_once(self) -> None:
        for _ in range(4):
            webhook = make_webhook()
            for _ in range(5):
                make_delivery(webhook=webhook)
        send, together = Telling(), threading.Barrier(2)

        def work(_: int) -> int:
            together.wait()
            try:
                return run(send)
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            counts = list(pool.map(work, range(2)))

        assert sum(counts) == 20
        assert sorted(send.sent) == sorted(Delivery.objects.values_list("pk", flat=True))
        assert set(Delivery.objects.values_list("state", "attempts")) == {("delivered", 1)}

    def test_do_not_send_to_one_receiver_at_once(self) -> None:
        webhook = make_webhook()
        for _ in range(2):
            make_delivery(webhook=webhook)
        claim()

        def other() -> int:
            try:
                return run(Telling())
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(other).result() == 0


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


@pytest.mark.django_db(transaction=True)
class TestWaking:
    def test_follows_an_event_that_somebody_wants(self) -> None:
        webhook = make_webhook()
        with transaction.atomic():
            events.tell(webhook.owner_id, Event.Kind.JOB_FAILED, make_event().job_id, {})
            events.ring()
            inside = asked_for()

        assert (inside, asked_for()) == ([], ["jobs.tasks.deliver"])

    def test_does_not_follow_what_nobody_wants(self) -> None:
        webhook = make_webhook()
        events.tell(webhook.owner_id, Event.Kind.PHOTO_FAILED, make_event().job_id, {})

        events.ring()

        assert asked_for() == []

    def test_happens_once_until_it_is_heard(self) -> None:
        make_delivery()

        outbox.wake()
        outbox.wake()

        assert asked_for() == ["jobs.tasks.deliver"]

    def test_is_not_mistaken_for_that_of_a_drain(self) -> None:
        make_delivery()
        services.wake()

        outbox.wake()

        assert asked_for() == ["jobs.tasks.drain", "jobs.tasks.deliver"]

    def test_does_not_follow_what_rests(self) -> None:
        delivery = make_delivery()
        Receiver.objects.filter(webhook=delivery.webhook).update(
            free_at=timezone.now() + timedelta(minutes=1)
        )

        outbox.wake()

        assert asked_for() == []

    def test_is_not_needed_while_somebody_sends(self) -> None:
        make_delivery()

        def elsewhere() -> None:
            outbox.wake()
            connection.close()

        with ThreadPoolExecutor(1) as pool, outbox.alone() as ours:
            pool.submit(elsewhere).result()
            during = asked_for()
        outbox.wake()

        assert (ours, during, asked_for()) == (True, [], ["jobs.tasks.deliver"])

    def test_leaves_sending_to_whoever_is_at_it(self) -> None:
        make_delivery()

        def elsewhere() -> bool:
            with outbox.alone() as ours:
                connection.close()
                return ours

        with ThreadPoolExecutor(1) as pool, outbox.alone():
            assert not pool.submit(elsewhere).result()


@pytest.mark.django_db(transaction=True)
class TestDeliver:
    def test_tells_webhooks_of_events(self, settings: Any) -> None:
        settings.FETCH_ALLOWED_HOSTS = frozenset({"127.0.0.1"})
        with listening() as receiver:
            delivery = make_delivery(webhook=make_webhook(url=receiver.url))

            tasks.deliver()

        assert receiver.ids == [delivery.message_id]
        assert asked_for() == []

    def test_knows_everybody_who_can_be_told(self) -> None:
        webhook = make_webhook()

        tasks.deliver()
        tasks.deliver()

        known = list(Receiver.objects.order_by("pk").values_list("channel", "webhook"))
        assert known == [("webhook", webhook.pk), ("mqtt", None), ("media_store", None)]


@pytest.mark.django_db
class TestPrune:
    def test_forgets_what_has_ended_long_ago(self) -> None:
        old = make_delivery(state=State.DELIVERED)
        Delivery.objects.update(created_at=timezone.now() - 2 * YEAR)
        Event.objects.update(created_at=timezone.now() - 2 * YEAR)
        new = make_delivery(state=State.FAILED)

        assert [sum(outbox.prune(YEAR)), sum(outbox.prune(YEAR))] == [2, 0]

        assert old.event_id != new.event_id
        assert list(Delivery.objects.values_list("pk", "event")) == [(new.pk, new.event_id)]
        assert list(Event.objects.values_list("pk", flat=True)) == [new.event_id]

    def test_keeps_what_is_still_to_be_told(self) -> None:
        delivery = make_delivery()
        Delivery.objects.update(created_at=timezone.now() - 2 * YEAR)
        Event.objects.update(created_at=timezone.now() - 2 * YEAR)

        assert sum(outbox.prune(YEAR)) == 0

        assert Event.objects.get().pk == delivery.event_id

    def test_keeps_what_the_media_store_was_told(self) -> None:
        item = make_item()
        Delivery.objects.create(
            channel="media_store", owner=item.owner, item=item, state=State.DELIVERED
        )
        Delivery.objects.update(created_at=timezone.now() - 2 * YEAR)

        assert sum(outbox.prune(YEAR)) == 0
