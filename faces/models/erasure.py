"""That somebody was erased: the receipt, and what keeps them from coming back."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext

from photos.models import Owner


class Erasure(models.Model):
    """A receipt. It says nothing of whom: only when, by whom, and how much went."""

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="erasures")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    person = models.BigIntegerField(help_text="The key that the person had.")
    counts = models.JSONField(default=dict, help_text="What was deleted, and what was left: 0.")
    places = models.JSONField(
        default=list, help_text="[sha256, x, y, width, height] where no found face is kept again."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True, help_text="All files are gone too.")

    def __str__(self) -> str:
        return gettext("Erasure %(pk)s") % {"pk": self.pk}
