"""What is still to be told to somebody outside, and whether they can be told now."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.models.outbox import Event, Webhook
from photos.models import Owner
from photos.statements import prepared

MAX_ERROR = 500  # letters that are kept of why telling somebody failed


# For whom anything waits, by leaps in the index `delivery_due`: those for whom nothing does, and
# how much it is, cost nothing. In the index, who is no webhook has the number 0.
_WAITED_FOR = """
WITH RECURSIVE waited_for AS (
    (
        SELECT channel, COALESCE(webhook_id, 0) AS webhook FROM jobs_delivery
        WHERE state = 'pending' ORDER BY channel, COALESCE(webhook_id, 0) LIMIT 1
    )
    UNION ALL
    SELECT next.* FROM waited_for, LATERAL (
        SELECT channel, COALESCE(webhook_id, 0) FROM jobs_delivery
        WHERE state = 'pending'
            AND (channel, COALESCE(webhook_id, 0)) > (waited_for.channel, waited_for.webhook)
        ORDER BY channel, COALESCE(webhook_id, 0) LIMIT 1
    ) AS next
)
"""
_DUE = """
    delivery.channel = receiver.channel
    AND COALESCE(delivery.webhook_id, 0) = COALESCE(receiver.webhook_id, 0)
    AND delivery.state = 'pending' AND delivery.run_after <= statement_timestamp()
"""
_READY = f"""
    SELECT receiver.* FROM waited_for
    JOIN jobs_receiver AS receiver ON receiver.channel = waited_for.channel
        AND COALESCE(receiver.webhook_id, 0) = waited_for.webhook
    LEFT JOIN jobs_webhook AS hook ON hook.id = receiver.webhook_id
    WHERE receiver.free_at <= statement_timestamp() AND hook.disabled_at IS NULL
        AND EXISTS (SELECT FROM jobs_delivery AS delivery WHERE {_DUE})
"""  # noqa: S608  # our own words
_CLAIM = f"""
{_WAITED_FOR}, ready AS MATERIALIZED (
    {_READY} ORDER BY receiver.free_at LIMIT %(limit)s
    FOR NO KEY UPDATE OF receiver SKIP LOCKED
), due AS MATERIALIZED (
    SELECT receiver.id AS receiver, first.id AS first FROM ready AS receiver, LATERAL (
        SELECT id FROM jobs_delivery AS delivery WHERE {_DUE}
        ORDER BY delivery.run_after, delivery.id LIMIT 1 FOR UPDATE SKIP LOCKED
    ) AS first
), held AS (
    UPDATE jobs_receiver SET
        free_at = statement_timestamp() + %(lease_s)s * interval '1 second'
    FROM due WHERE id = due.receiver
)
UPDATE jobs_delivery SET
    attempts = attempts + 1,
    run_after = statement_timestamp() + %(lease_s)s * interval '1 second'
FROM due WHERE id = due.first
RETURNING jobs_delivery.*, due.receiver AS receiver_id
"""  # noqa: S608  # our own words


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def claim(self, *, limit: int, lease_s: float) -> list["Delivery"]:
        """The longest due delivery of each of up to `limit` receivers who are free.

        Delivery and receiver are the caller's until the lease ends. Each claim is an attempt.
        """
        due = list(self.raw(_CLAIM, {"limit": limit, "lease_s": lease_s}))
        if due:
            models.prefetch_related_objects(due, "event", "webhook", "item__job")
        return due


class Delivery(models.Model):
    """That something is to be told to somebody outside, until it is. One table for all channels.

    To a webhook: an event, or nothing but that it can be reached.
    """

    class Channel(models.TextChoices):
        WEBHOOK = "webhook", _("Webhook")
        MQTT = "mqtt", _("Mqtt")
        MEDIA_STORE = "media_store", _("Media Store")

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")  # for good, until somebody sends it again

    channel = models.CharField(max_length=12, choices=Channel)
    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="+")
    webhook = models.ForeignKey(
        Webhook,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="deliveries",
        db_index=False,
    )
    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, null=True, blank=True, related_name="deliveries"
    )
    item = models.ForeignKey(
        "jobs.Item", on_delete=models.CASCADE, null=True, blank=True, related_name="deliveries"
    )
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    run_after = models.DateTimeField(
        db_default=Now(), help_text="Nobody tries before; a lease, too."
    )
    status_code = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Of the answer."
    )
    error = models.CharField(max_length=MAX_ERROR, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True, blank=True)

    receiver_id: int  # set by claim()

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event"], name="delivery_once_per_webhook"),
            models.CheckConstraint(
                condition=Q(channel="webhook", webhook__isnull=False)
                | Q(channel="mqtt", event__isnull=False)
                | Q(channel="media_store", item__isnull=False),
                name="delivery_says_what_to_whom",
            ),
        ]
        indexes = [
            models.Index(
                F("channel"),
                Coalesce("webhook", 0),
                F("run_after"),
                F("id"),
                name="delivery_due",
                condition=Q(state="pending"),
            ),
            models.Index(
                fields=["webhook", "-id"],
                name="delivery_of_webhook",
                condition=Q(webhook__isnull=False),
            ),
            models.Index(
                fields=["created_at"], name="delivery_ended", condition=~Q(state="pending")
            ),
        ]

    def __str__(self) -> str:
        return gettext("Delivery %(pk)s") % {"pk": self.pk}

    @property
    def message_id(self) -> str:
        """What the receiver knows it again by, however often it is sent."""
        return f"msg_{self.pk}"

    @property
    def is_ping(self) -> bool:
        return self.channel == self.Channel.WEBHOOK and self.event_id is None


class ReceiverQuerySet(models.QuerySet["Receiver"]):
    def install(self) -> None:
        """See to it that those are there who are no webhooks. Twice changes nothing."""
        ours = (Delivery.Channel.MQTT, Delivery.Channel.MEDIA_STORE)
        self.bulk_create([Receiver(channel=channel) for channel in ours], ignore_conflicts=True)

    def are_waited_for(self) -> bool:
        """Whether something is due that could be sent now."""
        with prepared() as cursor:
            cursor.execute(f"{_WAITED_FOR} SELECT EXISTS ({_READY})")
            found = cursor.fetchone()
            return bool(found and found[0])


class Receiver(models.Model):
    """Somebody outside, who is sent one thing at a time: a webhook, the broker, the media store.

    One who gives no good answer rests, longer each time: who is down keeps nobody busy.
    """

    channel = models.CharField(max_length=12, choices=Delivery.Channel)
    webhook = models.OneToOneField(
        Webhook, on_delete=models.CASCADE, null=True, blank=True, related_name="receiver"
    )
    free_at = models.DateTimeField(
        db_default=Now(), help_text="Nobody sends before: somebody else does, or it rests."
    )
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    failing_since = models.DateTimeField(null=True, blank=True)

    objects = ReceiverQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(F("channel"), Coalesce("webhook", 0), name="receiver_once"),
        ]

    def __str__(self) -> str:
        return str(self.webhook or self.get_channel_display())
