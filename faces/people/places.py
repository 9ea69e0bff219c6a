"""Where faces are put: the rows that operations choose from, and the clusters of people."""

from collections.abc import Collection, Iterable

from django.utils.translation import gettext

from faces.errors import ClusterMissing, FaceMissing, NothingChosen, PersonMissing
from faces.models import Cluster, Face, FaceVector, Membership, Person, Rejection
from faces.people.changes import Changes
from photos.models import Owner

_SHOWN = 5  # of what is missing, in an answer


def chosen(owner: Owner, faces: Collection[int]) -> list[int]:
    """`faces`, each once, all of them the owner's.

    Raises:
        NothingChosen: there are none.
        FaceMissing: some are not there, or somebody else's.
    """
    if not faces:
        raise NothingChosen(gettext("Choose the faces that are meant: there are none."))
    there = set(Face.objects.filter(photo__owner=owner, pk__in=faces).values_list("pk", flat=True))
    missing = [str(face) for face in dict.fromkeys(faces) if face not in there]
    if missing:
        raise FaceMissing(
            gettext("There is no face %(faces)s.") % {"faces": ", ".join(missing[:_SHOWN])}
        )
    return sorted(there)


def still_there(cluster: Cluster) -> Cluster:
    """The row as it is now.

    Raises:
        ClusterMissing: it is gone.
    """
    if row := Cluster.objects.select_related("owner").filter(pk=cluster.pk).first():
        return row
    raise ClusterMissing(
        gettext("There is no cluster %(cluster)s any more.") % {"cluster": cluster.public_id}
    )


def person_there(person: Person) -> Person:
    """The row as it is now.

    Raises:
        PersonMissing: it is gone.
    """
    if row := Person.objects.select_related("owner").filter(pk=person.pk).first():
        return row
    raise PersonMissing(gettext("%(name)s is not there any more.") % {"name": person.name})


def give(changes: Changes, faces: Collection[int], person: Person) -> None:
    """Have `faces` be `person`'s, as somebody said so. What was said against it is taken back."""
    if not faces:
        return
    faces = chosen(changes.owner, faces)
    changes.delete(*Rejection.objects.filter(face__in=faces, person=person).order_by("pk"))
    changes.place(faces, home_of(changes, person, faces))
    drop_empty(changes)


def home_of(changes: Changes, person: Person, faces: Collection[int]) -> Cluster:
    """The cluster of `person` that more faces go to; a new one if they have none."""
    first = Cluster.objects.filter(person=person).order_by("pk").first()
    return first or new_cluster(changes, faces, person)


def new_cluster(changes: Changes, faces: Collection[int], person: Person | None = None) -> Cluster:
    """An empty one, for `faces`: it is of the newest space that knows one of them."""
    known = FaceVector.objects.filter(face__in=faces).order_by("-space")
    space = known.values_list("space", flat=True).first()
    cluster = Cluster(owner=changes.owner, person=person, space_id=space)
    changes.create(cluster)
    return cluster


def drop_empty(changes: Changes) -> None:
    """Clusters that the edit has emptied go. Their people stay."""
    changes.drop_empty(changes.clusters)


def members(faces: Iterable[int]) -> dict[int, Membership]:
    """Those of `faces` that are in a cluster, with it."""
    there = Membership.objects.select_related("part__cluster").filter(face__in=list(faces))
    return {each.face_id: each for each in there}
