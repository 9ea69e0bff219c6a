"""What has happened, and who outside wants to be told."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func
from django.db.models.functions import Now

from jobs.models.positions import Position
from photos.models import Owner


class CurrentTransaction(Func):
    """The number of the transaction that inserts the row."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class EventQuerySet(models.QuerySet["Event"]):
    def after(self, position: Position) -> Self:
        """What somebody at `position` is to be told next, each with the `snapshot` it is in.

        What lies ahead of this server, as it comes from another one's backup, is left out.
        """
        snapshot = Func(template="pg_current_snapshot()::text", output_field=models.TextField())
        end = Func(
            template="pg_snapshot_xmax(pg_current_snapshot())::text::bigint",
            output_field=models.BigIntegerField(),
        )
        next_ones = self.filter(position.untold, transaction__lt=end)
        return next_ones.annotate(snapshot=snapshot).order_by("transaction", "pk")


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

    snapshot: str  # set by after()

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "transaction", "id"], name="event_of_owner"),
            models.Index(fields=["job_id", "transaction", "id"], name="event_of_job"),
            models.Index(fields=["created_at"], name="event_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.job_id}"


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
