"""What the API of people is tried with: people, and faces of theirs."""

from typing import Any

from faces.models import Membership, Person
from photos.models import Owner
from tests.factories import make_cluster, make_person

URL = "/api/v1/people"


def known(owner: Owner, *, faces: int = 1, **values: Any) -> Person:
    """A person with a cluster."""
    person = make_person(owner=owner, **values)
    make_cluster(owner=owner, faces=faces, person=person)
    return person


def faces_of(person: Person) -> list[int]:
    members = Membership.objects.filter(part__cluster__person=person)
    return list(members.order_by("face_id").values_list("face_id", flat=True))
