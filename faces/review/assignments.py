"""Faces that came to somebody by themselves, and only just."""

from typing import Any

from django.db.models import F, FilteredRelation, FloatField, Q, QuerySet
from django.db.models.functions import Coalesce, Sqrt

from faces import centroids
from faces.calibration import score_of
from faces.clustering.evidence import MANY
from faces.models import Membership
from faces.review.questions import MOST, Question, Side, said_same, visible
from photos.models import Owner, Space


def assignments(owner: Owner, space: Space) -> list[Question]:
    """Faces that were matched, the least likely first; none that somebody has confirmed."""
    scale = score_of(space, owner)
    centroids.complete(owner, space)
    answered = {face for pairs in said_same(owner).values() for pair in pairs for face in pair}
    found = []
    rows = least_likely(owner, space).filter(visible("part__cluster__"), face__ignored=False)
    columns = ("face", "likeness", "size", "part__cluster", "part__cluster__person")
    open_ = rows.exclude(face__in=answered).values_list(*columns)
    for face, likeness, size, cluster, person in open_[:MOST]:
        group, score = person or -cluster, scale.score(likeness)
        found.append(
            Question(score, 1 - score, Side(group, size), Side(group, 1, face=face, faces=[face]))
        )
    return found


def least_likely(owner: Owner, space: Space) -> QuerySet[Any, Any]:
    """Memberships of faces that were matched, with their `likeness` (as in `recognition`).

    `size` is with how many faces each was compared; centroids.complete() has it there.
    """
    of_space = Q(part__cluster__centroids__space=space)
    size = Coalesce("mean__size", 1)  # a cluster that nobody vouches for has no mean
    needed = MANY + (1 - MANY) / Sqrt("size", output_field=FloatField())
    return (
        Membership.objects.filter(how=Membership.How.MATCHED, part__cluster__owner=owner)
        .annotate(mean=FilteredRelation("part__cluster__centroids", condition=of_space))
        .annotate(size=size, likeness=F("similarity") / needed)
        .order_by("likeness", "pk")
    )
