"""The states of an item, and of the job that it belongs to."""

from django.db import models
from django.utils.translation import gettext_lazy as _

HIGHEST_PRIORITY = 10
DEFAULT_PRIORITY = 5
LOWEST_PRIORITY = 0


class State(models.TextChoices):
    QUEUED = "queued", _("Queued")
    PAUSED = "paused", _("Paused")
    PROCESSING = "processing", _("Processing")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")  # for good, with its reason: until somebody tries it again
    CANCELLED = "cancelled", _("Cancelled")


FINAL = (State.SUCCEEDED, State.FAILED, State.CANCELLED)
UNFINISHED = (State.QUEUED, State.PAUSED, State.PROCESSING)
# What API callers read.
STATUS = {
    State.QUEUED: "pending",
    State.PAUSED: "paused",
    State.PROCESSING: "processing",
    State.SUCCEEDED: "completed",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
}
