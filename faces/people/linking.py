"""Giving a whole cluster to somebody who is known: as a person, or as a contact of the caller."""

from django.contrib.auth.models import User
from django.utils.translation import gettext

from faces.errors import NameTaken
from faces.models import Cluster, Edit, Person
from faces.people import places
from faces.people.changes import Changes
from faces.people.editing import editing
from faces.people.naming import called, checked_name


def give_cluster(cluster: Cluster, person: Person, *, by: User | None = None) -> None:
    """Say that all faces of `cluster` are `person`'s.

    Raises:
        ClusterMissing, PersonMissing: one of them is gone.
        TwiceInPhoto, Contradicted: as editing().
    """
    asked = {"cluster": cluster.public_id, "person": person.pk}
    with editing(cluster.owner, Edit.Kind.ASSIGN, by, **asked) as changes:
        person = places.person_there(person)
        changes.change(places.still_there(cluster), person_id=person.pk)


def link(cluster: Cluster, contact_id: str, *, name: str = "", by: User | None = None) -> Person:
    """Say that all faces of `cluster` are those of the caller's contact `contact_id`.

    That is who has this contact id. If nobody has, it becomes the cluster's person's own; if a
    `name` is given or the cluster has no person without one, it is who is called `name`, or else
    `contact_id`: somebody new, perhaps.

    Raises:
        NameTaken: who is called so has another contact id.
        NameAlike: as naming.called().
        NameTooLong, ClusterMissing: the name can't be a person's; the cluster is gone.
        TwiceInPhoto, Contradicted: as editing().
    """
    asked = {"cluster": cluster.public_id, "contact_id": contact_id, "name": name}
    with editing(cluster.owner, Edit.Kind.ASSIGN, by, **asked) as changes:
        cluster = places.still_there(cluster)
        person = _contact(changes, cluster, contact_id, name)
        changes.change(person, contact_id=contact_id)
        changes.change(cluster, person_id=person.pk)
    return person


def _contact(changes: Changes, cluster: Cluster, contact_id: str, name: str) -> Person:
    known = Person.objects.filter(owner=changes.owner, contact_id=contact_id).first()
    if known:
        return known
    if not name and cluster.person and not cluster.person.contact_id:
        return cluster.person
    person = called(changes, checked_name(name or contact_id))
    if person.contact_id:
        raise NameTaken(
            gettext(
                "%(name)s has the contact id %(contact_id)r: give another name, or change "
                "that first."
            )
            % {"name": person.name, "contact_id": person.contact_id}
        )
    return person
