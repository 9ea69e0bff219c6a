"""A person's page, as staff see it and use it."""

from typing import Any

from django.test import Client

from faces.models import Person
from tests.faces.staff import without_links

PEOPLE = "/admin/faces/person/"


def look(client: Client, person: Person, query: str = "") -> Any:
    return client.get(f"{PEOPLE}{person.pk}/change/{query}")


def do(client: Client, person: Person, door: str, **data: Any) -> list[str]:
    """What staff are told."""
    return without_links(client.post(f"{PEOPLE}{person.pk}/{door}/", data, follow=True))
