"""Making one of several that are the same: clusters, and people."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.utils.translation import gettext

from faces.errors import ClusterMissing, NothingChosen, PeopleDiffer, PersonMissing
from faces.models import Cluster, Edit, Membership, Person
from faces.people import places
from faces.people.changes import Changes
from faces.people.editing import editing
from photos.models import Owner


@dataclass(frozen=True)
class Moved:
    """A cluster that has gone into another one, as it was."""

    cluster: str  # public id
    person: int | None
    faces: list[int]


@dataclass(frozen=True)
class Merged:
    """What a merge changed. Clusters by their public ids, people and faces by primary keys."""

    into: str
    person: int | None  # whom it shows
    person_before: int | None
    moved: list[Moved]
    gone: list[str]  # those that were not there any more


def merge(owner: Owner, into: str, clusters: Collection[str], *, by: User | None = None) -> Merged:
    """Move all faces of `clusters` to the cluster `into`.

    Each face keeps how it came into a cluster, and how sure that is. The name of one of the
    clusters is the name of them all. Emptied clusters go. Twice changes nothing: what has gone
    meanwhile has nothing to be moved.

    Raises:
        ClusterMissing: there is no cluster `into`.
        PeopleDiffer: they have different names.
        TwiceInPhoto, Contradicted: as editing().
    """
    wanted = [each for each in dict.fromkeys(clusters) if each != into]
    with editing(owner, Edit.Kind.MERGE, by, into=into, clusters=wanted) as changes:
        there = _clusters(owner, [into, *wanted])
        target = there.pop(into, None)
        if target is None:
            raise ClusterMissing(gettext("There is no cluster %(into)s any more.") % {"into": into})
        before, person = target.person_id, _person([target, *there.values()])
        changes.change(target, person_id=person)
        parts = changes.gather(there.values(), target)
        changes.delete(*there.values())
    faces = Membership.objects.by_part(parts)
    of: dict[int, list[int]] = {each.pk: [] for each in there.values()}
    for part, cluster in parts.items():
        of[cluster] += faces[part]
    moved = [Moved(each.public_id, each.person_id, of[each.pk]) for each in there.values()]
    gone = [each for each in wanted if each not in there]
    return Merged(into, person, before, moved, gone)


def _clusters(owner: Owner, clusters: Iterable[str]) -> dict[str, Cluster]:
    rows = Cluster.objects.filter(owner=owner, public_id__in=clusters).order_by("pk")
    return {each.public_id: each for each in rows}


def _person(clusters: Collection[Cluster]) -> int | None:
    people = {each.person_id for each in clusters} - {None}
    if len(people) > 1:
        raise PeopleDiffer(gettext("These clusters are named as different people."))
    return next(iter(people), None)


def merge_people(
    owner: Owner, into: Person, others: Collection[Person], *, by: User | None = None
) -> Person:
    """Make one person of several: `into` gets all clusters, names and constraints of `others`.

    Their names become aliases; their contact id and cover are kept where `into` has none. They
    are favourite, hidden, ... as `into` is.

    Raises:
        NothingChosen: there are no others.
        PersonMissing: one of them is gone: merged by somebody else, perhaps.
        TwiceInPhoto, Contradicted: as editing().
    """
    keys = sorted({each.pk for each in others} - {into.pk})
    if not keys:
        raise NothingChosen(gettext("Choose the people who are the same: there is nobody else."))
    with editing(owner, Edit.Kind.MERGE_PEOPLE, by, into=into.pk, people=keys) as changes:
        into = places.person_there(into)
        rows = list(Person.objects.filter(owner=owner, pk__in=keys).order_by("pk"))
        if len(rows) != len(keys):
            raise PersonMissing(gettext("One of these people is not there any more."))
        for other in rows:
            _absorb(changes, into, other)
    return into


def _absorb(changes: Changes, into: Person, other: Person) -> None:
    for cluster in Cluster.objects.filter(person=other).order_by("pk"):
        changes.change(cluster, person_id=into.pk)
    said = set(into.rejections.values_list("face_id", flat=True))
    for rejection in other.rejections.order_by("pk"):
        if rejection.face_id in said:
            changes.delete(rejection)
        else:
            changes.change(rejection, person_id=into.pk)
    changes.delete(other)
    names = [*into.aliases, other.name, *other.aliases]
    changes.change(
        into,
        aliases=[each for each in dict.fromkeys(names) if each != into.name],
        contact_id=into.contact_id or other.contact_id,
        cover_id=into.cover_id or other.cover_id,
    )
