"""What people have said of faces, which matching and clustering obey for ever."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from faces.models.faces import Face
from faces.models.people import Person
from photos.models import Owner


class Rejection(models.Model):
    """That a face is not of this person: somebody has said so."""

    face = models.ForeignKey(Face, on_delete=models.CASCADE, related_name="rejections")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="rejections")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["face", "person"], name="rejection_once"),
        ]

    def __str__(self) -> str:
        return f"face {self.face_id} is not {self.person_id}"


class PairQuerySet(models.QuerySet["Pair"]):
    def of(self, owner: Owner) -> Self:
        return self.filter(owner=owner)


class Pair(models.Model):
    """That two faces are of one person, or are not: somebody has said so."""

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="+")
    first = models.ForeignKey(Face, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Face, on_delete=models.CASCADE, related_name="+")
    same = models.BooleanField(help_text="Of one person.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PairQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="pair_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} {'=' if self.same else '≠'} {self.second_id}"
