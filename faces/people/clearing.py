"""Taking back what clustering and matching have made, and nothing that somebody has said."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Q

from faces.models import Cluster, Edit, Membership
from faces.people import places
from faces.people.editing import editing
from photos.models import Owner


@dataclass(frozen=True)
class Cleared:
    """What went, or would go."""

    faces: int  # that are in no cluster then
    clusters: int  # that had nobody's name


def clear(owner: Owner, *, dry_run: bool = False, by: User | None = None) -> Cleared:
    """Take faces out of clusters without a name, and those that were only matched out of all.

    Who was placed or confirmed stays, with the clusters that were named. It can be undone.
    """
    automatic = Membership.objects.by_itself().filter(part__cluster__owner=owner)
    marked = Q(part__cluster__hidden=True) | Q(part__cluster__ignored=True)
    automatic = automatic.exclude(marked, part__cluster__person=None)
    unnamed = Cluster.objects.filter(owner=owner, person=None, hidden=False, ignored=False)
    kept = unnamed.filter(parts__memberships__how=Membership.How.MANUAL)
    cleared = Cleared(automatic.count(), unnamed.exclude(pk__in=kept.values("pk")).count())
    if not dry_run:
        with editing(owner, Edit.Kind.CLEAR, by) as changes:
            changes.put(dict.fromkeys(automatic.values_list("face_id", flat=True)))
            places.drop_empty(changes)
    return cleared
