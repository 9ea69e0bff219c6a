"""Faces that wait to be grouped."""

from django.db import models

from photos.models import Owner, Space


class GroupingDue(models.Model):
    """That an owner has faces which wait to be grouped. Gone when that is done."""

    owner = models.OneToOneField(Owner, on_delete=models.CASCADE, related_name="+")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(help_text="Last; what comes while it is done asks again.")

    def __str__(self) -> str:
        return f"Grouping of {self.owner_id}"
