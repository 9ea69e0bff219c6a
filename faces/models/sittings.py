"""Somebody at the review desk: what is still to be asked there, and what was answered."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from photos.models import Owner


class Sitting(models.Model):
    """Questions of one kind about an owner's people, which one of the staff goes through.

    Rows are made and changed in faces/review/sittings.py, under the owner's lock.
    """

    class Kind(models.TextChoices):
        """As review.questions.Kind has them."""

        SAME = "same", "two who may be one"
        MERGES = "merges", "two who very likely are"
        ASSIGNMENTS = "assignments", "faces that were matched"
        MIXED = "mixed", "clusters that fall into two"

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=11, choices=Kind)
    questions = models.JSONField(default=list, help_text="Still to be asked, in their order.")
    shown = models.JSONField(default=list, help_text="Keys of those that are before them now.")
    decisions = models.JSONField(
        default=list, help_text="In their order: the question, the answer, and the edits it made."
    )
    seen_at = models.DateTimeField(default=timezone.now, help_text="When they were last there.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "by", "kind"], name="sitting_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.owner_id} by {self.by_id}"
