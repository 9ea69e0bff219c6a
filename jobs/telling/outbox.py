"""Telling those outside: what is due is claimed, sent and noted, until it is known or given up.

At least once: who is killed between sending and noting sends again, under the same id.
"""

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from jobs import metrics, pulse
from jobs.models import Delivery, Event, Receiver, Webhook
from jobs.models.deliveries import MAX_ERROR
from photos import locks

log = logging.getLogger(__name__)

THREADS = 8
LEASE_S = 60.0  # longer than any attempt takes
# Between the attempts, in seconds: together three days. Source: Standard Webhooks, "Retries".
WAITS_S = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
JITTER = 0.2  # longer at most, so that not all come back at once
LONGEST_WAIT_S = WAITS_S[-1]  # whatever a receiver asks for
LONGEST_REST_S = 300  # of a receiver who gives no good answer
FAILING_DAYS = 5  # with nothing but failures: the webhook is disabled
_LOOK_S = 1.0  # what has become due meanwhile is looked for so often
_LOCK = 4_715  # ours among PostgreSQL's advisory locks
_TASK = "jobs.tasks.deliver"
_BATCH = 1000  # rows that are deleted at once
_DISABLED = "The webhook was disabled before this could be delivered."


@dataclass(frozen=True)
class Answer:
    """What came of one attempt to tell somebody."""

    delivered: bool
    status_code: int | None = None
    error: str = ""  # a sentence for whoever is to be told
    retry_after_s: float | None = None  # that the receiver asked for
    gone: bool = False  # the receiver wants to be told no more


Send = Callable[[Delivery], Answer]


@dataclass(frozen=True)
class Outbox:
    """Sends what is due, to each receiver one thing at a time, to several at once.

    Ends when nothing is due, after `limit_s`, or when `stopping()`; what has been begun is
    always finished. No transaction is open meanwhile.
    """

    senders: Mapping[str, Send]  # by channel
    limit_s: float
    stopping: Callable[[], bool] = lambda: False

    def run(self) -> int:
        """Returns how many attempts were made."""
        until, done = time.monotonic() + self.limit_s, 0
        with ThreadPoolExecutor(THREADS) as pool:
            running: dict[Future[Answer], Delivery] = {}
            while True:
                if time.monotonic() < until and not self.stopping():
                    due = Delivery.objects.claim(limit=THREADS - len(running), lease_s=LEASE_S)
                    running |= {pool.submit(self._send, delivery): delivery for delivery in due}
                pulse.beat()
                if not running:
                    return done
                for future in wait(running, _LOOK_S, FIRST_COMPLETED).done:
                    note(running.pop(future), future.result())
                    done += 1

    def _send(self, delivery: Delivery) -> Answer:
        """In a thread that has no database connection of its own, and leaves none behind."""
        try:
            with metrics.DELIVERY_SECONDS.labels(delivery.channel).time():
                return self.senders[delivery.channel](delivery)
        except Exception:
            log.exception("Delivery %s could not be tried", delivery.pk)
            words = "Something unexpected went wrong. The log of the worker has the details."
            return Answer(delivered=False, error=words)
        finally:
            connection.close()


def note(delivery: Delivery, answer: Answer) -> None:
    """Note what came of the attempt that claimed `delivery`. If that is lost it changes nothing."""
    with transaction.atomic():
        _note_receiver(delivery, answer)
        Delivery.objects.filter(
            pk=delivery.pk, state=Delivery.State.PENDING, attempts=delivery.attempts
        ).update(
            status_code=answer.status_code,
            error=answer.error[:MAX_ERROR],
            **_outcome(delivery, answer),
        )
    metrics.DELIVERIES.labels(delivery.channel, "told" if answer.delivered else "failed").inc()
    if delivery.webhook and not answer.delivered:
        _consider(delivery.webhook, answer)


def _note_receiver(delivery: Delivery, answer: Answer) -> None:
    receiver = Receiver.objects.filter(pk=delivery.receiver_id)
    if answer.delivered:
        receiver.update(free_at=Now(), failures=0, failing_since=None)
        return
    failures = receiver.select_for_update().values_list("failures", flat=True).first() or 0
    rest_s = max(min(2.0**failures, LONGEST_REST_S), _asked_s(answer))
    receiver.update(
        free_at=Now() + timedelta(seconds=rest_s),
        failures=failures + 1,
        failing_since=Coalesce("failing_since", Now()),
    )


def _outcome(delivery: Delivery, answer: Answer) -> dict[str, Any]:
    if answer.delivered:
        return {"state": Delivery.State.DELIVERED, "delivered_at": Now()}
    if answer.gone or delivery.is_ping or delivery.attempts > len(WAITS_S):
        return {"state": Delivery.State.FAILED}
    wait_s = WAITS_S[delivery.attempts - 1] * random.uniform(1, 1 + JITTER)  # noqa: S311  # no secret
    return {"run_after": Now() + timedelta(seconds=max(wait_s, _asked_s(answer)))}


def _asked_s(answer: Answer) -> float:
    return min(answer.retry_after_s or 0.0, LONGEST_WAIT_S)


def _consider(webhook: Webhook, answer: Answer) -> None:
    """Disable `webhook` if that is what its failures mean."""
    if answer.gone:
        disable(webhook, "The receiver answered that it is gone for good (410).")
        return
    long_ago = Now() - timedelta(days=FAILING_DAYS)
    if Receiver.objects.filter(webhook=webhook, failing_since__lt=long_ago).exists():
        disable(webhook, f"Nothing could be delivered for {FAILING_DAYS} days.")


def disable(webhook: Webhook, because: str) -> None:
    """Tell `webhook` nothing more; what waits for it has failed. Twice changes nothing."""
    with transaction.atomic():
        enabled = Webhook.objects.filter(pk=webhook.pk, disabled_at=None)
        if enabled.update(disabled_at=Now(), disabled_because=because):
            waiting = Delivery.objects.filter(webhook=webhook, state=Delivery.State.PENDING)
            waiting.update(state=Delivery.State.FAILED, error=_DISABLED)


def enable(webhook: Webhook) -> None:
    """Tell `webhook` of events from now on. What it has missed can be sent again one by one."""
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(disabled_at=None, disabled_because="")
        Receiver.objects.filter(webhook=webhook).update(
            free_at=Now(), failures=0, failing_since=None
        )


def resend(deliveries: QuerySet[Delivery]) -> int:
    """Send once more, now and with all attempts; returns how many.

    Not to webhooks that are disabled. Receivers know it again by its id.
    """
    enabled = deliveries.filter(Q(webhook=None) | Q(webhook__disabled_at=None))
    with transaction.atomic():
        chosen = {each.pk: each for each in enabled}
        hooks = {each.webhook_id for each in chosen.values()} - {None}
        channels = {each.channel for each in chosen.values()}
        asked = Q(webhook__in=hooks) | Q(webhook=None, channel__in=channels)
        Receiver.objects.filter(asked).update(free_at=Now())
        count = Delivery.objects.filter(pk__in=chosen).update(
            state=Delivery.State.PENDING,
            attempts=0,
            run_after=Now(),
            status_code=None,
            error="",
            delivered_at=None,
        )
        transaction.on_commit(wake)
    return count


def wake() -> None:
    """Have what is due sent, unless somebody is at it, or is about to be. After the commit."""
    if Receiver.objects.are_waited_for() and not (_is_being_sent() or _is_asked_for()):
        async_task(_TASK)


def alone() -> AbstractContextManager[bool]:
    """Whether nobody else sends; then nobody begins to until the block ends.

    One worker at most is kept busy by slow receivers. Afterwards one looks with `wake` for what
    others have left to whoever was at it.
    """
    return locks.alone(_LOCK)


def _is_being_sent() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [_LOCK])
        (free,) = cursor.fetchone() or (False,)
    return not free


def _is_asked_for() -> bool:
    """Whether a wake-up waits that no worker has heard."""
    return any(task.func() == _TASK for task in OrmQ.objects.filter(lock__lte=timezone.now()))


def prune(older_than: timedelta) -> Iterator[int]:
    """Forget deliveries that have ended, and events that nobody is still to be told of.

    Those that are `older_than` that, in short steps; yields how many each of them took. What the
    media store was told goes with its photo's job.
    """
    for rows in outdated(older_than):
        yield from _delete(rows)


def outdated(older_than: timedelta) -> Iterator[QuerySet[Any]]:
    """What prune() would delete."""
    pending = Delivery.objects.filter(event=OuterRef("pk"), state=Delivery.State.PENDING)
    old = Q(created_at__lt=Now() - older_than)
    yield Delivery.objects.filter(~Q(state=Delivery.State.PENDING), old, item=None)
    yield Event.objects.filter(~Exists(pending), old)


def _delete(rows: QuerySet[Any]) -> Iterator[int]:
    while chosen := list(rows.order_by("created_at").values_list("pk", flat=True)[:_BATCH]):
        yield rows.filter(pk__in=chosen).delete()[0]
