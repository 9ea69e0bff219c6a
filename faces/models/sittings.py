"""The review desk: what is to be asked there, who sits at it, and what they have answered."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from photos.models import Owner


class QuestionKind(models.TextChoices):
    """As review.questions.Kind has them."""

    SAME = "same", "two who may be one"
    MERGES = "merges", "two who very likely are"
    ASSIGNMENTS = "assignments", "faces that were matched"
    MIXED = "mixed", "clusters that fall into two"


class OpenQuestion(models.Model):
    """One that was found ahead, so that nobody waits for it. Gone when it is answered.

    Rows are made in faces/review/ahead.py, and go in faces/review/sittings.py.
    """

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=11, choices=QuestionKind)
    key = models.CharField(max_length=80, help_text="What it is about.")
    place = models.IntegerField(help_text="The lowest comes first.")
    about = models.JSONField(help_text="The question.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "kind", "key"], name="open_question_once"),
        ]
        indexes = [
            models.Index(fields=["owner", "kind", "place"], name="open_questions_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} of {self.owner_id}"


class InquiryQuerySet(models.QuerySet["Inquiry"]):
    def due(self) -> Self:
        """The one first that waits longest."""
        return self.filter(due_at__lte=Now()).order_by("due_at")


class Inquiry(models.Model):
    """Looking for questions of one kind among an owner's people: when that is due, and was done."""

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=11, choices=QuestionKind)
    due_at = models.DateTimeField(
        null=True,
        help_text="From when on a worker may begin; while one is at it, when another one may. "
        "Empty: nobody has asked for it.",
    )
    found_at = models.DateTimeField(
        null=True, help_text="When the last one began; what has changed later, it may have missed."
    )

    objects = InquiryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "inquiries"
        constraints = [
            models.UniqueConstraint(fields=["owner", "kind"], name="inquiry_once"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=~Q(due_at=None), name="inquiries_due"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.owner_id}"


class Sitting(models.Model):
    """Questions of one kind about an owner's people, which one of the staff goes through.

    Rows are made and changed in faces/review/sittings.py, under the owner's lock.
    """

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=11, choices=QuestionKind)
    shown = models.JSONField(default=list, help_text="Keys of those that are before them now.")
    seen_at = models.DateTimeField(default=timezone.now, help_text="When they were last there.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "by", "kind"], name="sitting_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.owner_id} by {self.by_id}"


class Answered(models.Model):
    """What was answered in a sitting, until that ends or it is taken back."""

    sitting = models.ForeignKey(Sitting, on_delete=models.CASCADE, related_name="answered")
    key = models.CharField(max_length=80, help_text="Of the question.")
    about = models.JSONField(help_text="The question.")
    answer = models.CharField(max_length=4)
    edits = ArrayField(models.BigIntegerField(), help_text="Those that were made of it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sitting", "key"], name="answered_once"),
        ]

    def __str__(self) -> str:
        return f"{self.answer} to {self.key}"
