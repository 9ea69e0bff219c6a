"""How large clusters are, and how much in doubt: by that galleries are sorted."""

from typing import Self

from django.db import models
from django.db.models import BigIntegerField, Count, F, Func, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest

from faces.models.people import Cluster, Membership


class TallyQuerySet(models.QuerySet["Tally"]):
    def wrong(self) -> Self:
        """Those that are not what the memberships come to. There are none."""
        theirs = Membership.objects.filter(part__cluster=OuterRef("pk")).order_by()
        its = theirs.values("part__cluster")
        doubt = Func("how", "similarity", function="faces_doubt_of", output_field=BigIntegerField())
        count = Subquery(its.annotate(count=Count("pk")).values("count"))
        doubts = Subquery(its.annotate(doubts=Sum(doubt)).values("doubts"))
        return self.exclude(face_count=Coalesce(count, 0), doubts=Coalesce(doubts, 0))


class Tally(models.Model):
    """What the memberships of a cluster come to.

    PostgreSQL keeps it: triggers change it in the transaction that changes memberships or parts,
    so that no list has to count. Nothing else writes here.
    """

    cluster = models.OneToOneField(
        Cluster, on_delete=models.CASCADE, primary_key=True, related_name="tally"
    )
    face_count = models.PositiveIntegerField(default=0)
    doubts = models.PositiveBigIntegerField(
        default=0,
        help_text="Thousandths: the sum of 1 - similarity of those that nobody has placed there.",
    )
    doubt = models.GeneratedField(
        expression=F("doubts") / Greatest(F("face_count"), 1),
        output_field=models.PositiveBigIntegerField(),
        db_persist=True,
        help_text="Thousandths, in the mean of all its faces.",
    )

    objects = TallyQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-face_count", "cluster"], name="tally_biggest_first"),
            models.Index(fields=["-doubt", "cluster"], name="tally_most_doubtful_first"),
        ]

    def __str__(self) -> str:
        return f"Tally of {self.cluster_id}"

    @property
    def alike(self) -> int:
        """Percent: how alike its faces are in the mean. Those placed by hand count as sure."""
        doubt: int = self.doubt
        return max(0, round(100 - doubt / 10))
