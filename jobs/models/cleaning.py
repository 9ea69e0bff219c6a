"""What the clean-up remembers from one run to the next."""

from django.db import models
from django.db.models import Q


class CleanUp(models.Model):
    """The last clean-up, and how far it came with the files. At most one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    position = models.CharField(
        max_length=300, blank=True, help_text="The folder of files that it looked at last."
    )
    removed = models.JSONField(default=dict, help_text="How much of what the last run removed.")
    ran_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="clean_up_is_one")]

    def __str__(self) -> str:
        return f"clean-up at {self.ran_at}"
