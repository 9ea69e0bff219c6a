"""Whether the queue stands still."""

from django.db import models
from django.db.models import Q


class Pause(models.Model):
    """That nothing is claimed until somebody resumes. At most one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    by = models.CharField(max_length=150, help_text="Who asked for it.")
    reason = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="pause_is_one")]

    def __str__(self) -> str:
        return f"paused by {self.by}"
