"""That photos were deleted: the receipt, by which their files go too."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from photos.models import Owner


class Removal(models.Model):
    """A receipt. It says which content went, and nothing of what was in it."""

    class Why(models.TextChoices):
        ASKED = "asked", _("somebody has asked for it")
        RETENTION = "retention", _("they were kept as long as their owner keeps photos")
        RESTORED = "restored", _("they were deleted before a backup was restored")

    key = models.UUIDField(
        default=uuid.uuid4,
        editable=False,
        unique=True,
        help_text="By which the ledger has it, whatever becomes of the database.",
    )
    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="removals")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    why = models.CharField(max_length=10, choices=Why)
    photos = models.JSONField(help_text="[key, sha256] of each photo.")
    counts = models.JSONField(default=dict, help_text="What was deleted.")
    waiting = models.JSONField(
        default=dict,
        help_text="Folders and result files that are still to go; none when it is done.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True, help_text="All files are gone too.")

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], name="removal_unfinished", condition=models.Q(finished_at=None)
            ),
        ]

    def __str__(self) -> str:
        return gettext("Removal %(pk)s") % {"pk": self.pk}
