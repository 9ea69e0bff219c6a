"""Those outside who take part: workers that pull photos, and stores that announce them."""

import base64
import secrets

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from jobs.models.states import DEFAULT_PRIORITY, HIGHEST_PRIORITY
from photos.models import Owner


class WorkerToken(models.Model):
    """Lets a machine claim photos and send what it found, and nothing else."""

    name = models.CharField(max_length=100, unique=True)
    digest = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the token, which is shown once."
    )
    owner = models.ForeignKey(
        Owner,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose photos alone it may see; empty: everybody's.",
    )
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class RemoteWorker(models.Model):
    """A worker elsewhere, as it last presented itself."""

    token = models.ForeignKey(WorkerToken, on_delete=models.CASCADE, related_name="workers")
    name = models.CharField(max_length=60, help_text="That it gives itself.")
    version = models.CharField(max_length=40, blank=True)
    operations = ArrayField(models.CharField(max_length=20), default=list)
    seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token", "name"], name="remote_worker_once_per_token"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def worker(self) -> str:
        """What its items say in their `worker`."""
        return f"remote:{self.token_id}:{self.name}"


def new_secret() -> str:
    """A secret as Standard Webhooks has them: 32 random bytes."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


class StorageSource(models.Model):
    """A bucket that announces new photos by a webhook, and where they are fetched from."""

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="storage_sources")
    bucket = models.CharField(
        max_length=255, help_text="Its name; `processing_queue` for rows of a table of that name."
    )
    base_url = models.CharField(
        max_length=500,
        help_text="Photos are at BASE_URL/KEY. A private host wants FETCH_ALLOWED_HOSTS.",
    )
    secret = models.CharField(
        max_length=100,
        unique=True,
        default=new_secret,
        editable=False,
        help_text="whsec_…; its webhook signs with it, or shows it.",
    )
    operations = ArrayField(
        models.CharField(max_length=20), default=list, help_text="None: all of them."
    )
    priority = models.PositiveSmallIntegerField(default=DEFAULT_PRIORITY, help_text="10 is first.")
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "bucket"], name="storage_once_per_bucket"),
            models.CheckConstraint(
                condition=Q(priority__lte=HIGHEST_PRIORITY), name="storage_priority_0_to_10"
            ),
        ]

    def __str__(self) -> str:
        return self.bucket
