"""What is due is sent, to whom and when; what comes of it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from jobs.models import Delivery, Receiver
from jobs.telling import outbox
from jobs.telling.outbox import Answer, Outbox
from tests.factories import make_delivery, make_webhook
from tests.jobs.outgoing import (
    DELIVERED,
    FAILED,
    State,
    Telling,
    claim,
    run,
)


def let_leases_end() -> None:
    past = timezone.now() - timedelta(seconds=1)
    Delivery.objects.update(run_after=past)
    Receiver.objects.update(free_at=past)


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
