"""Whose face this is: putting faces where they belong, one by one or many."""

from collections.abc import Collection, Mapping, Sequence

from django.contrib.auth.models import User
from django.utils.translation import gettext

from faces.errors import FaceMissing, NothingChosen, TwiceInPhoto
from faces.models import Cluster, Edit, Face, Membership, Pair, Person, Rejection
from faces.people import places
from faces.people.changes import Changes, Row
from faces.people.editing import editing
from faces.people.naming import called, checked_name
from photos.models import Owner

Kind = Edit.Kind
_HOW = Membership.How
_SURE = {_HOW.MATCHED.value: 0, _HOW.CLUSTERED.value: 1, _HOW.MANUAL.value: 2}


def assign(owner: Owner, faces: Collection[int], person: Person, *, by: User | None = None) -> None:
    """Say that `faces` are `person`'s. What was said against it before is taken back.

    Raises:
        NothingChosen, FaceMissing, PersonMissing: they are not there, or somebody else's.
        TwiceInPhoto, Contradicted: as editing().
    """
    with editing(owner, Kind.ASSIGN, by, faces=list(faces), person=person.pk) as changes:
        places.chosen(owner, faces)
        places.give(changes, faces, places.person_there(person))


def move(owner: Owner, faces: Collection[int], cluster: Cluster, *, by: User | None = None) -> None:
    """Say that `faces` belong to `cluster`. Raises as assign(), and ClusterMissing."""
    asked = {"faces": list(faces), "cluster": cluster.public_id}
    with editing(owner, Kind.MOVE, by, **asked) as changes:
        changes.place(places.chosen(owner, faces), places.still_there(cluster))
        places.drop_empty(changes)


def remove(owner: Owner, faces: Collection[int], *, by: User | None = None) -> None:
    """Take `faces` out of their clusters. They may be matched again. Raises as assign()."""
    with editing(owner, Kind.REMOVE, by, faces=list(faces)) as changes:
        changes.place(places.chosen(owner, faces), None)
        places.drop_empty(changes)


def confirm(owner: Owner, faces: Collection[int], *, by: User | None = None) -> None:
    """Say that `faces` are where they belong.

    Raises:
        NothingChosen, FaceMissing: as assign(), or one of them is in no cluster.
    """
    with editing(owner, Kind.CONFIRM, by, faces=list(faces)) as changes:
        there = places.members(places.chosen(owner, faces))
        if alone := [face for face in faces if face not in there]:
            raise FaceMissing(
                gettext("Face %(face)s is in no cluster: say whose it is.") % {"face": alone[0]}
            )
        changes.put(_said(there))


def reject(owner: Owner, faces: Collection[int], person: Person, *, by: User | None = None) -> None:
    """Say that `faces` are not `person`'s: they go out of the person's clusters, for ever.

    Raises as assign().
    """
    with editing(owner, Kind.REJECT, by, faces=list(faces), person=person.pk) as changes:
        faces, person = places.chosen(owner, faces), places.person_there(person)
        said = Rejection.objects.filter(face__in=faces, person=person)
        known = set(said.values_list("face_id", flat=True))
        for face in faces:
            if face not in known:
                changes.create(Rejection(face_id=face, person=person))
        theirs = [
            face
            for face, member in places.members(faces).items()
            if member.cluster.person_id == person.pk
        ]
        changes.place(theirs, None)
        places.drop_empty(changes)


def unreject(
    owner: Owner, faces: Collection[int], person: Person, *, by: User | None = None
) -> None:
    """Take back that `faces` are not `person`'s: they may be found to be. Raises as assign()."""
    asked = {"faces": list(faces), "person": person.pk, "taken_back": True}
    with editing(owner, Kind.REJECT, by, **asked) as changes:
        faces, person = places.chosen(owner, faces), places.person_there(person)
        said = Rejection.objects.filter(face__in=faces, person=person)
        changes.delete(*said.order_by("pk"))


def split(
    cluster: Cluster, faces: Collection[int], *, name: str = "", by: User | None = None
) -> Cluster:
    """Make a cluster of its own of some `faces` of `cluster`, of the person called `name` if any.

    That they are not of one person is remembered, by the clearest face of each.

    Raises:
        NothingChosen, FaceMissing: they are none of the cluster's, or all of them.
        NameTooLong, TwiceInPhoto, Contradicted: as naming.name_cluster().
    """
    name = checked_name(name) if name else ""
    asked = {"faces": list(faces), "cluster": cluster.public_id, "name": name}
    with editing(cluster.owner, Kind.SPLIT, by, **asked) as changes:
        cluster = places.still_there(cluster)
        new = _split_off(changes, cluster, faces, name)
        _say(changes, _clearest(cluster), _clearest(new), same=False)
    return new


def split_apart(
    cluster: Cluster, parts: Sequence[Collection[int]], *, by: User | None = None
) -> list[Cluster]:
    """Make a cluster of its own of each of `parts`, as one edit; each as split() does.

    Raises as split().
    """
    asked = {"faces": [face for part in parts for face in part], "cluster": cluster.public_id}
    with editing(cluster.owner, Kind.SPLIT, by, **asked, parts=len(parts)) as changes:
        cluster = places.still_there(cluster)
        new = [_split_off(changes, cluster, part) for part in parts]
        for each in new:
            _say(changes, _clearest(cluster), _clearest(each), same=False)
    return new


def _split_off(
    changes: Changes, cluster: Cluster, faces: Collection[int], name: str = ""
) -> Cluster:
    part = _part(cluster, faces)
    new = places.new_cluster(changes, part, called(changes, name) if name else None)
    changes.move(part, cluster, new)
    changes.put(_said(places.members(part)))  # somebody has chosen them
    return new


def _part(cluster: Cluster, faces: Collection[int]) -> list[int]:
    part = places.chosen(cluster.owner, faces)
    there = cluster.memberships
    if there.filter(face__in=part).count() != len(part):
        raise FaceMissing(
            gettext("Some of these faces are not in this cluster: choose from its own.")
        )
    if there.count() == len(part):
        raise NothingChosen(gettext("These are all faces of the cluster: leave some, or name it."))
    return part


def _said(there: Mapping[int, Membership]) -> dict[int, Row | None]:
    """Where faces are, as somebody's word."""
    return {
        face: {
            "part_id": member.part_id,
            "how": _HOW.MANUAL,
            "similarity": member.similarity,
            "created_at": member.created_at,
        }
        for face, member in there.items()
        if member.how != _HOW.MANUAL
    }


def _clearest(cluster: Cluster) -> int:
    return Face.objects.best_of(cluster.memberships).values_list("pk", flat=True)[0]


def answer(owner: Owner, first: int, second: int, *, same: bool, by: User | None = None) -> None:
    """Say whether two faces show one person; clustering obeys.

    Where they are, is changed by that only if it contradicts: of two that are not one person and
    in one cluster, the one that was only matched goes out, else the `second`.

    Raises:
        NothingChosen: they are the same face.
        FaceMissing, Contradicted: as assign().
    """
    with editing(owner, Kind.ANSWER, by, first=first, second=second, same=same) as changes:
        if len(places.chosen(owner, [first, second])) == 1:
            raise NothingChosen(gettext("Choose two faces: these are one."))
        photos = Face.objects.filter(pk__in=[first, second]).values_list("photo", flat=True)
        if same and len(set(photos)) == 1:
            raise TwiceInPhoto(
                gettext("Nobody is in a photo twice: these faces are in the same one.")
            )
        _say(changes, first, second, same=same)
        there = places.members([first, second])
        one, other = there.get(first), there.get(second)
        if one and other and not same and _together(one, other):
            out = one if _SURE[one.how] < _SURE[other.how] else other
            changes.place([out.face_id], None)
            places.drop_empty(changes)


def unanswer(owner: Owner, first: int, second: int, *, by: User | None = None) -> None:
    """Take back what was said of two faces. They stay where they are. Raises as assign()."""
    with editing(owner, Kind.ANSWER, by, first=first, second=second, taken_back=True) as changes:
        pair = sorted(places.chosen(owner, [first, second]))
        said = Pair.objects.of(owner).filter(first=pair[0], second=pair[-1])
        changes.delete(*said.order_by("pk"))


def _together(one: Membership, other: Membership) -> bool:
    people = {one.cluster.person_id, other.cluster.person_id}
    return one.cluster == other.cluster or (len(people) == 1 and people != {None})


def _say(changes: Changes, one: int, other: int, *, same: bool) -> None:
    first, second = sorted((one, other))
    known = Pair.objects.of(changes.owner).filter(first=first, second=second).first()
    if known:
        changes.change(known, same=same)
    else:
        changes.create(Pair(owner=changes.owner, first_id=first, second_id=second, same=same))


def ignore(
    owner: Owner, faces: Collection[int], *, ignored: bool = True, by: User | None = None
) -> None:
    """Leave `faces` out of clusters and matching from now on, or no more. Raises as assign()."""
    with editing(owner, Kind.MARK, by, faces=list(faces), ignored=ignored) as changes:
        faces = places.chosen(owner, faces)
        for face in Face.objects.filter(pk__in=faces).order_by("pk"):
            changes.change(face, ignored=ignored)
        if ignored:
            changes.place(faces, None)
            places.drop_empty(changes)


def mark(cluster: Cluster, *, by: User | None = None, **marks: bool) -> Cluster:
    """Set `hidden` or `ignored` of a cluster. Raises ClusterMissing."""
    with editing(cluster.owner, Kind.MARK, by, cluster=cluster.public_id, **marks) as changes:
        cluster = places.still_there(cluster)
        changes.change(cluster, **marks)
    return cluster
