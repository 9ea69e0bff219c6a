"""Who somebody is: names, what else is known of a person, and giving a cluster to them."""

import unicodedata
from collections.abc import Collection, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils.translation import gettext

from faces.errors import FaceMissing, NameMissing, NameTaken, NameTooLong
from faces.models import MAX_NAME, Cluster, Edit, Face, Person
from faces.people import alike, places
from faces.people.changes import Changes
from faces.people.editing import editing
from photos.models import Owner

Kind = Edit.Kind


def tidy_name(name: str) -> str:
    """As names are stored: one form of each letter, one space between words."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def checked_name(name: str) -> str:
    """
    Raises:
        NameMissing, NameTooLong: `name` can't be a person's.
    """
    name = tidy_name(name)
    if not name:
        raise NameMissing(gettext("Give the person a name: it is empty."))
    if len(name) > MAX_NAME:
        raise NameTooLong(
            gettext("The name has %(count)s letters; %(most)s is the most.")
            % {"count": len(name), "most": MAX_NAME}
        )
    return name


def name_cluster(cluster: Cluster, name: str, *, by: User | None = None) -> Person:
    """Say who the faces of `cluster` are. A name that the owner has already is that person.

    Raises:
        NameMissing, NameTooLong: `name` can't be a person's.
        NameAlike: as called().
        TwiceInPhoto, Contradicted: as editing().
    """
    name = checked_name(name)
    owner = cluster.owner
    with editing(owner, Kind.LABEL, by, cluster=cluster.public_id, name=name) as changes:
        person = called(changes, name)
        changes.change(places.still_there(cluster), person_id=person.pk)
    cluster.person = person
    return person


def called(changes: Changes, name: str, *, another: bool = False) -> Person:
    """The owner's person of this (tidy) name, or who goes by it as well; else a new one.

    Raises:
        NameAlike: somebody's name is like it, and nobody has said that this is `another` person.
    """
    known = list(Person.objects.called(name).filter(owner=changes.owner).order_by("pk"))
    if known:
        return next((each for each in known if each.name == name), known[0])
    if not another:
        alike.check_none(changes.owner, [name])
    person = Person(owner=changes.owner, name=name)
    changes.create(person)
    return person


def create(
    owner: Owner,
    name: str,
    *,
    faces: Collection[int] = (),
    another: bool = False,
    by: User | None = None,
    **details: Any,
) -> Person:
    """A new person, of these `faces` if any. `another`, and `details`, as in change().

    Raises:
        NameMissing, NameTooLong, NameTaken, NameAlike: `name` can't be theirs.
        FaceMissing, TwiceInPhoto, Contradicted: as placing.assign().
    """
    name = checked_name(name)
    with editing(owner, Kind.CREATE, by, name=name, faces=list(faces)) as changes:
        person = Person(owner=owner, name=name)
        for field, value in _checked(person, details).items():
            setattr(person, field, value)
        _check_free(person)
        if not another:
            alike.check_none(owner, [person.name, *person.aliases])
        changes.create(person)
        places.give(changes, faces, person)
    return person


def change(
    person: Person, *, another: bool = False, by: User | None = None, **details: Any
) -> Person:
    """Set some of what is known of a person: the columns of `Person`; `cover` is a face, or None.

    `another`: a name may be like somebody else's, as these are two people.

    What their faces look like is forgotten where they are not to be recognised; undoing that does
    not bring it back, but the next look at them does.

    Raises:
        NameMissing, NameTooLong, NameTaken: the name, an alias or the contact id can't be theirs.
        NameAlike: a new name, or alias, is like one of somebody else.
        FaceMissing: the cover is none of their faces.
    """
    asked = {name: getattr(value, "pk", value) for name, value in details.items()}
    with editing(person.owner, Kind.CHANGE, by, person=person.pk, **asked) as changes:
        person = places.person_there(person)
        values = _checked(person, details)
        new = Person(owner=person.owner, pk=person.pk, name=person.name)
        for field in ("name", "aliases", "contact_id"):
            setattr(new, field, values.get(field, getattr(person, field)))
        _check_free(new)
        if not another:
            had = {person.name, *person.aliases}
            added = [each for each in (new.name, *new.aliases) if each not in had]
            alike.check_none(person.owner, added, but=person.pk)
        changes.change(person, **values)
    return person


def delete(person: Person, *, by: User | None = None) -> None:
    """Forget who somebody is; their clusters are of nobody then. Nothing else goes."""
    with editing(person.owner, Kind.DELETE, by, person=person.pk, name=person.name) as changes:
        person = places.person_there(person)
        for cluster in Cluster.objects.filter(person=person).order_by("pk"):
            changes.change(cluster, person_id=None)
        changes.delete(*person.rejections.order_by("pk"))
        changes.delete(person)


def _checked(person: Person, details: dict[str, Any]) -> dict[str, Any]:
    values = dict(details)
    if "name" in values:
        values["name"] = checked_name(values["name"])
    if "aliases" in values:
        aliases = dict.fromkeys(checked_name(each) for each in values["aliases"])
        aliases.pop(values.get("name", person.name), None)
        values["aliases"] = list(aliases)
    if "cover" in values:
        values["cover_id"] = _cover(person, values.pop("cover"))
    return values


def _cover(person: Person, face: Face | None) -> int | None:
    if face is None:
        return None
    if not Face.objects.filter(pk=face.pk, membership__part__cluster__person=person.pk).exists():
        raise FaceMissing(
            gettext("Face %(face)s is none of this person's: choose one of theirs.")
            % {"face": face.pk}
        )
    return face.pk


def _check_free(person: Person) -> None:
    """Nobody else of the owner goes by one of these names, or has the contact id."""
    others = Person.objects.filter(owner=person.owner).exclude(pk=person.pk)
    names: Sequence[str] = [person.name, *person.aliases]
    taken = others.filter(Q(name__in=names) | Q(aliases__overlap=names)).first()
    if taken:
        shared = next(each for each in names if each in {taken.name, *taken.aliases})
        raise NameTaken(
            gettext("Somebody goes by %(name)r already: merge them if they are one person.")
            % {"name": shared}
        )
    if person.contact_id and others.filter(contact_id=person.contact_id).exists():
        raise NameTaken(
            gettext("Somebody has the contact id %(contact_id)r already.")
            % {"contact_id": person.contact_id}
        )
