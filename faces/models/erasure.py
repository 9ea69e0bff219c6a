"""That somebody was erased: the receipt, and what keeps them from coming back."""

import uuid

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext

from photos.models import Owner


class Erasure(models.Model):
    """A receipt. It says nothing of whom: only when, by whom, and how much went."""

    key = models.UUIDField(
        default=uuid.uuid4,
        db_default=RandomUUID(),
        editable=False,
        unique=True,
        help_text="By which the ledger has it, whatever becomes of the database.",
    )
    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="erasures")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    person = models.BigIntegerField(help_text="The key that the person had.")
    people = models.JSONField(
        default=list,
        db_default=[],
        editable=False,
        help_text="[key, when it was made] of that person, and of those merged into them before.",
    )
    counts = models.JSONField(default=dict, help_text="What was deleted, and what was left: 0.")
    places = models.JSONField(
        default=list, help_text="[sha256, x, y, width, height] where no found face is kept again."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True, help_text="All files are gone too.")

    class Meta:
        indexes = [  # each photo that is looked at asks for its own places
            GinIndex(fields=["places"], opclasses=["jsonb_path_ops"], name="erasure_by_places"),
        ]

    def __str__(self) -> str:
        return gettext("Erasure %(pk)s") % {"pk": self.pk}
