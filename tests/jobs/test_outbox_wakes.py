"""When somebody has to look at what is due, and what goes with time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import OrmQ

from jobs import events, services, tasks
from jobs.models import Delivery, Event, Receiver
from jobs.telling import outbox
from tests.factories import make_delivery, make_event, make_item, make_webhook
from tests.jobs.outgoing import (
    State,
)
from tests.jobs.receiver import listening

YEAR = timedelta(days=365)


def asked_for() -> list[str]:
    return [task.func() for task in OrmQ.objects.order_by("pk")]


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
