"""What has happened, and whom it is still to be told."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Now

from photos.models import Owner

MAX_ERROR = 500  # letters that are kept of why telling somebody failed


class CurrentTransaction(Func):
    """The number of the transaction that inserts the row."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class EventQuerySet(models.QuerySet["Event"]):
    def settled(self) -> Self:
        """In an order that holds: nothing will come to lie before what is seen once.

        Numbers are given before transactions are committed, so that a lower one may appear after
        a higher one. What no running transaction can get in front of is settled.
        """
        horizon = Func(
            template="(pg_snapshot_xmin(pg_current_snapshot())::text::bigint)",
            output_field=models.BigIntegerField(),
        )
        return self.filter(transaction__lt=horizon).order_by("transaction", "pk")

    def after(self, transaction: int, pk: int) -> Self:
        """What comes after the event of these two numbers."""
        return self.filter(Q(transaction__gt=transaction) | Q(transaction=transaction, pk__gt=pk))


class Event(models.Model):
    """Something happened to a job or one of its photos. Written with the change that it tells."""

    class Kind(models.TextChoices):
        JOB_CREATED = "job.created"
        JOB_COMPLETED = "job.completed"
        JOB_FAILED = "job.failed"
        JOB_CANCELLED = "job.cancelled"
        PHOTO_COMPLETED = "photo.completed"
        PHOTO_FAILED = "photo.failed"
        PHOTO_CANCELLED = "photo.cancelled"
        PHOTO_RETRYING = "photo.retrying"

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="+", db_index=False)
    transaction = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    job_id = models.UUIDField(help_text="Stays when the job is deleted.")
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "transaction", "id"], name="event_of_owner"),
            models.Index(fields=["job_id", "transaction", "id"], name="event_of_job"),
            models.Index(fields=["created_at"], name="event_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.job_id}"

    @property
    def position(self) -> str:
        """Where it is in the order of `settled()`: what `Last-Event-ID` carries."""
        return f"{self.transaction}-{self.pk}"


class Webhook(models.Model):
    """An address that an owner wants to be told of events at. Source: Standard Webhooks."""

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="webhooks")
    url = models.URLField(max_length=500)
    kinds = ArrayField(
        models.CharField(max_length=20, choices=Event.Kind), help_text="Of the events to tell."
    )
    secret = models.CharField(max_length=100, help_text="whsec_…; shown once.")
    old_secret = models.CharField(max_length=100, blank=True)
    old_secret_until = models.DateTimeField(
        null=True, blank=True, help_text="Both secrets sign until then, after a rotation."
    )
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_because = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """That something is to be told to somebody outside, until it is. One table for all channels."""

    class Channel(models.TextChoices):
        WEBHOOK = "webhook"
        MQTT = "mqtt"
        MEDIA_STORE = "media_store"

    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        FAILED = "failed"  # for good, until somebody sends it again

    channel = models.CharField(max_length=12, choices=Channel)
    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="+")
    webhook = models.ForeignKey(
        Webhook, on_delete=models.CASCADE, null=True, blank=True, related_name="deliveries"
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

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event"], name="delivery_once_per_webhook"),
            models.CheckConstraint(
                condition=Q(channel="webhook", webhook__isnull=False, event__isnull=False)
                | Q(channel="mqtt", event__isnull=False)
                | Q(channel="media_store", item__isnull=False),
                name="delivery_says_what_to_whom",
            ),
        ]
        indexes = [
            models.Index(fields=["run_after"], name="delivery_due", condition=Q(state="pending")),
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk}"
