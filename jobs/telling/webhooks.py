"""Webhooks: addresses that owners are told of events at. Source: Standard Webhooks 1.0."""

import base64
import json
import secrets
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from standardwebhooks import Webhook as Signer

from jobs.errors import TooManyWebhooks, WebhookDisabled
from jobs.models import Delivery, Event, Receiver, Webhook
from jobs.telling import outbox, outgoing
from jobs.telling.outbox import Answer
from photos.fetch import FetchPolicy
from photos.models import Owner

MOST = 20  # webhooks of one owner
ENDS = (Event.Kind.JOB_COMPLETED, Event.Kind.JOB_FAILED, Event.Kind.JOB_CANCELLED)
PING = "webhook.ping"  # the type of what is no event
BOTH_SIGN_HOURS = 24  # after a rotation
_TIMEOUT_S = 15.0  # for all of an attempt, from the look-up of the name to the answer
_SECRET_BYTES = 32


def policy() -> FetchPolicy:
    """Where webhooks may be: where photos may come from."""
    return FetchPolicy(
        max_bytes=0, timeout_s=_TIMEOUT_S, allowed_hosts=settings.FETCH_ALLOWED_HOSTS
    )


def create(owner: Owner, url: str, kinds: Collection[str] = ENDS) -> Webhook:
    """Tell `owner` of events of these kinds at `url`, from now on. Its secret is made here.

    Raises:
        TooManyWebhooks: the owner has as many as one may have.
    """
    with transaction.atomic():
        Owner.objects.select_for_update(no_key=True).get(pk=owner.pk)
        if Webhook.objects.filter(owner=owner).count() >= MOST:
            raise TooManyWebhooks(f"You have {MOST} webhooks: delete one first.")
        webhook = Webhook.objects.create(
            owner=owner, url=url, kinds=sorted(set(kinds)), secret=_new_secret()
        )
        Receiver.objects.create(channel=Delivery.Channel.WEBHOOK, webhook=webhook)
    return webhook


def delete(webhook: Webhook) -> None:
    """Forget `webhook`, and what was delivered to it."""
    with transaction.atomic():  # locked in the order in which the outbox writes to them
        Webhook.objects.select_for_update().filter(pk=webhook.pk).first()
        Receiver.objects.select_for_update().filter(webhook=webhook).first()
        webhook.delete()


def rotate(webhook: Webhook) -> str:
    """The webhook's new secret. The one before signs as well, for a day."""
    secret = _new_secret()
    Webhook.objects.filter(pk=webhook.pk).update(
        old_secret=F("secret"),
        old_secret_until=Now() + timedelta(hours=BOTH_SIGN_HOURS),
        secret=secret,
    )
    return secret


def ping(webhook: Webhook) -> Delivery:
    """Try, now and once, whether `webhook` can be reached, on the way that events take.

    Raises:
        WebhookDisabled: nothing is sent to it.
    """
    check_enabled(webhook)
    with transaction.atomic():
        Receiver.objects.filter(webhook=webhook).update(free_at=Now())
        delivery = Delivery.objects.create(
            channel=Delivery.Channel.WEBHOOK, owner_id=webhook.owner_id, webhook=webhook
        )
        transaction.on_commit(outbox.wake)
    delivery.refresh_from_db()  # the database has the clock
    return delivery


def check_enabled(webhook: Webhook) -> None:
    """Refuse to send to a webhook that wants nothing.

    Raises:
        WebhookDisabled: nothing is sent to it.
    """
    if webhook.disabled_at:
        raise WebhookDisabled("The webhook is disabled: enable it first.")


def send(delivery: Delivery, policy: FetchPolicy) -> Answer:
    """One attempt to deliver to a webhook. All signatures are of the bytes as they are sent."""
    webhook, now, body = delivery.webhook, datetime.now(UTC), message(delivery)
    if webhook is None:
        raise TypeError("This delivery is to no webhook.")
    signatures = [
        Signer(secret).sign(delivery.message_id, now, body) for secret in _secrets(webhook, now)
    ]
    headers = {
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return outgoing.request("POST", webhook.url, body.encode(), headers=headers, policy=policy)


def message(delivery: Delivery) -> str:
    """What is told, as JSON: the same at each attempt. Of a photo no more than ids and its end."""
    event = delivery.event
    if event is None:
        kind, moment, data = PING, delivery.created_at, {}
    else:
        kind, moment = event.kind, event.created_at
        data = {"job_id": str(event.job_id), **event.data}
    return json.dumps({"type": kind, "timestamp": moment.isoformat(), "data": data})


def _secrets(webhook: Webhook, now: datetime) -> list[str]:
    until = webhook.old_secret_until
    return [webhook.secret, *([webhook.old_secret] if until and until > now else [])]


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
