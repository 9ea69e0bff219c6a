"""What the doors cost: `python -m bench.door_requests`, with an empty database of ours.

Prints milliseconds of a request with a key, and of the same view that asks nobody who they are and
looks at all people, through all of Django but the network. They take turns. By the clock, and of
our processor, which says less of what else the machine does, and nothing of the database. As JSON.
"""

import json
import sys
import time
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import override_settings
from django.urls import path

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from config.access.keys import Terms, issue
from config.access.scopes import EVERYDAY
from faces.models import Person
from faces.views.people import PersonViewSet
from photos.models import Owner

TIMES = 1000
WARM = 100  # requests before those that count
OTHERS = 1000  # people of somebody else


class Open(PersonViewSet):
    """The same without authentication, permission, throttle and isolation."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    def get_queryset(self) -> QuerySet[Person]:
        return Person.objects.select_related("cover").with_counts()


urlpatterns = [
    path("locked/<int:pk>", PersonViewSet.as_view({"get": "retrieve"})),
    path("open/<int:pk>", Open.as_view({"get": "retrieve"})),
]


def measure() -> dict[str, Any]:
    person, secret = _arrange()
    doors = {
        f"/locked/{person.pk}": Client(headers={"X-API-Key": secret}, SERVER_NAME="localhost"),
        f"/open/{person.pk}": Client(SERVER_NAME="localhost"),
    }
    took: dict[str, list[tuple[float, float]]] = {where: [] for where in doors}
    with override_settings(ROOT_URLCONF=__name__):
        for _ in range(WARM + TIMES):
            for where, client in doors.items():
                took[where].append(_ms(client, where))
    locked, opened = (list(zip(*each[WARM:], strict=True)) for each in took.values())
    return {"ms": [locked[0], opened[0]], "cpu_ms": [locked[1], opened[1]], "n": TIMES}


def _arrange() -> tuple[Person, str]:
    """Somebody's person, and their key. Others have people too."""
    user = get_user_model().objects.create_user("bench")
    owner = Owner.objects.create(subject="bench", user=user)
    other = Owner.objects.create(subject="bench-other")
    Person.objects.bulk_create(Person(owner=other, name=f"{n}") for n in range(OTHERS))
    _, secret = issue(Terms("bench", user, EVERYDAY))
    return Person.objects.create(owner=owner, name="Anna"), secret


def _ms(client: Client, where: str) -> tuple[float, float]:
    """By the clock, and of our processor."""
    start, cpu = time.perf_counter(), time.process_time()
    answer = client.get(where)
    if answer.status_code != 200:  # noqa: PLR2004  # OK
        sys.exit(f"{where} answers {answer.status_code}: {answer.content[:500]!r}")
    return 1000 * (time.perf_counter() - start), 1000 * (time.process_time() - cpu)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()))
