"""How far the naming of an owner's faces is, in numbers."""

from typing import Any

from django.db.models import Count, Q

from faces.models import Cluster, Edit, Face, FaceVector, Membership, Person
from faces.quality import CORE_QUALITY
from photos.models import Owner, Space

_HOW = Membership.How


def statistics(owner: Owner, space: Space | None) -> dict[str, Any]:
    """Counts of the owner's faces, clusters, people and edits. A fixed number of queries."""
    member = Q(membership__isnull=False)
    named = Q(membership__part__cluster__person__isnull=False)
    faces = Face.objects.filter(photo__owner=owner).aggregate(
        total=Count("pk"),
        named=Count("pk", named),
        unnamed=Count("pk", member & ~named),
        alone=Count("pk", Q(membership=None, ignored=False)),
        ignored=Count("pk", Q(ignored=True)),
        low_quality=Count("pk", Q(quality__lt=CORE_QUALITY)),
        **{how.value: Count("pk", Q(membership__how=how)) for how in _HOW},
    )
    clusters = Cluster.objects.filter(owner=owner).aggregate(
        total=Count("pk"), named=Count("pk", Q(person__isnull=False))
    )
    people = Person.objects.filter(owner=owner).aggregate(
        total=Count("pk"), hidden=Count("pk", Q(hidden=True)), ignored=Count("pk", Q(ignored=True))
    )
    return {
        "faces": faces,
        "clusters": clusters,
        "people": people,
        "edits": Edit.objects.of(owner).count(),
        "space": space and space.name,
        "in_space": FaceVector.objects.filter(owner=owner, space=space).count() if space else 0,
    }
