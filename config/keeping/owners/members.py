"""The clusters of an archive, with the faces that are in none here yet."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction

from faces.models import Cluster, Face, Membership, Person, Rejection
from faces.models.people import new_cluster_id
from faces.people.editing import hold
from faces.portability.document import Document
from photos.models import Owner, Space


def known(owner: Owner, document: Document) -> dict[int, int]:
    """The people of `document`, who are all here now: their keys there and here."""
    found = {}
    for each in document.people:
        mine = Person.objects.filter(owner=owner)
        by_contact = mine.filter(contact_id=each.contact_id) if each.contact_id else mine.none()
        person = by_contact.first() or mine.called(each.name).order_by("pk").first()
        if person:
            found[each.id] = person.pk
    return found


def add(
    owner: Owner,
    rows: Iterator[dict[str, Any]],
    faces: Mapping[int, int],
    people: Mapping[int, int],
    spaces: Mapping[str, Space],
) -> int:
    """Returns how many clusters have got faces. What is said here already stays."""
    return sum(_add(owner, row, faces, people.get(row["person"]), spaces) for row in rows)


def _add(
    owner: Owner,
    row: dict[str, Any],
    faces: Mapping[int, int],
    person: int | None,
    spaces: Mapping[str, Space],
) -> bool:
    if row["person"] is not None and person is None:
        return False  # it is not clear here who that is
    listed = [(faces[face], *rest) for face, *rest in row["members"] if face in faces]
    with transaction.atomic():
        hold(owner)
        taken = _taken([face for face, *_ in listed], person)
        free = [member for member in listed if member[0] not in taken]
        cluster = _cluster(owner, row, person, spaces) if free else None
        if cluster is None:
            return False
        Membership.objects.add(
            Membership(face_id=face, part_id=cluster.pk, how=how, similarity=similarity)
            for face, how, similarity in free
        )
    return True


def _taken(faces: list[int], person: int | None) -> set[int]:
    """Those that are somewhere already; that somebody has said are not theirs; or that lie beside
    another face of theirs.
    """
    taken = set(Membership.objects.filter(face__in=faces).values_list("face", flat=True))
    if person is not None:
        denied = Rejection.objects.filter(face__in=faces, person=person)
        theirs = Membership.objects.filter(part__cluster__person=person).values("photo")
        beside = Face.objects.filter(pk__in=faces, photo__in=theirs)
        taken |= set(denied.values_list("face", flat=True)) | set(
            beside.values_list("pk", flat=True)
        )
    return taken


def _cluster(
    owner: Owner, row: dict[str, Any], person: int | None, spaces: Mapping[str, Space]
) -> Cluster | None:
    """The one of that id, or a new one, of another id if that is taken. None: it is another's."""
    known_one = Cluster.objects.filter(public_id=row["public_id"]).first()
    if known_one and known_one.owner_id == owner.pk:
        return known_one if known_one.person_id == person else None
    return Cluster.objects.create(
        owner=owner,
        public_id=new_cluster_id() if known_one else row["public_id"],
        space=spaces.get(row["space"] or ""),
        person_id=person,
        hidden=row["hidden"],
        ignored=row["ignored"],
    )
