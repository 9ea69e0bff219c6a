"""What a cosine is worth in a space: cosines of two models can't be compared, scores can."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from photos.models import Owner, Space


class Calibration(models.Model):
    """How likely two faces are one person: 1 / (1 + exp(-slope * (cosine - middle))).

    Of a space, from labelled pairs that came with its model; or for one owner, from what they have
    confirmed.
    """

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="calibrations")
    owner = models.ForeignKey(
        Owner, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    slope = models.FloatField()
    middle = models.FloatField(help_text="The cosine whose score is one half.")
    same = models.PositiveIntegerField(help_text="Pairs of one person it was fitted to.")
    different = models.PositiveIntegerField(help_text="Pairs of two people.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["space", "owner"], name="calibration_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(slope__gt=0), name="calibration_rises"),
        ]

    def __str__(self) -> str:
        return f"{self.space_id}: {self.middle:.2f}"
