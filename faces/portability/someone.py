"""Who of an owner's people somebody in a document is."""

from collections.abc import Callable
from typing import Any

from faces.models import FaceVector, Person
from faces.people.changes import Changes
from faces.portability.document import FLAGS, SomeoneToBe

Tell = Callable[[str], None]  # of a conflict


class People:
    """The owner's people, found by contact id, by name, or by another name that they go by."""

    def __init__(self, changes: Changes, tell: Tell) -> None:
        self._changes, self._tell = changes, tell
        self._by_contact: dict[str, Person] = {}
        self._by_name: dict[str, Person] = {}
        for person in Person.objects.filter(owner=changes.owner).order_by("pk"):
            self._note(person)

    def find(self, someone: SomeoneToBe) -> Person | None:
        """None: there is nobody like that, or it is not clear who."""
        named = (self._by_name.get(word) for word in (someone.name, *someone.aliases))
        return self._by_contact.get(someone.contact_id) or next(filter(None, named), None)

    def is_unclear(self, someone: SomeoneToBe) -> bool:
        """Whether the contact id is one person's, and the name another one's."""
        by_contact = self._by_contact.get(someone.contact_id)
        by_name = self._by_name.get(someone.name)
        if not by_contact or not by_name or by_contact.pk == by_name.pk:
            return False
        self._tell(
            f"{someone.name}: the contact id {someone.contact_id!r} is {by_contact.name}'s here, "
            "who is somebody else: merge them, or correct one."
        )
        return True

    def make(self, someone: SomeoneToBe) -> Person:
        person = Person(owner=self._changes.owner, name=someone.name)
        self._changes.create(person)
        self._note(person)
        return person

    def complete(self, person: Person, someone: SomeoneToBe) -> None:
        """Add to `person` what is known of `someone`. What is known of them here stays."""
        values: dict[str, Any] = {flag: True for flag in FLAGS if flag in someone.flags}
        values["aliases"] = [*person.aliases, *self._new_names(person, someone)]
        if someone.contact_id and not person.contact_id:
            values["contact_id"] = someone.contact_id
        elif someone.contact_id not in {"", person.contact_id}:
            self._tell(f"{person.name}: the contact id stays {person.contact_id!r} here.")
        self._changes.change(person, **values)
        self._note(person)
        if person.unrecognised:
            FaceVector.objects.filter(face__membership__part__cluster__person=person).delete()

    def _new_names(self, person: Person, someone: SomeoneToBe) -> list[str]:
        new = []
        for word in (someone.name, *someone.aliases):
            other = self._by_name.get(word)
            if other is None:
                new.append(word)
            elif other.pk != person.pk:
                self._tell(f"{person.name}: {other.name} goes by {word!r} here already.")
        return new

    def _note(self, person: Person) -> None:
        if person.contact_id:
            self._by_contact[person.contact_id] = person
        for word in (person.name, *person.aliases):
            self._by_name.setdefault(word, person)
