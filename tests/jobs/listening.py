"""Reading Server-Sent Events as a client does, and making things happen meanwhile."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from jobs import events, queue, services
from jobs.models import Event, Item, Job
from photos.models import Owner
from photos.operations import ALL

PATIENCE = 200  # heartbeats without news, then the test has failed


@dataclass(frozen=True)
class Told:
    """One event of a stream."""

    id: str
    kind: str
    data: dict[str, Any]


def told(text: Iterable[str | bytes]) -> Iterator[Told]:
    """The events of a stream as they come, without `ready`, which must be first.

    Raises:
        AssertionError: there are only heartbeats.
    """
    silent = 0
    for block in _blocks(text):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        silent = silent + 1 if "" in fields else 0
        assert silent < PATIENCE, "nothing happened"
        if "event" in fields and fields["event"] != "ready":
            yield Told(fields.get("id", ""), fields["event"], json.loads(fields["data"]))


def _blocks(text: Iterable[str | bytes]) -> Iterator[str]:
    rest = ""
    for chunk in text:
        rest += chunk.decode() if isinstance(chunk, bytes) else chunk
        *blocks, rest = rest.split("\n\n")
        yield from blocks
    assert rest == ""


def tell(owner: Owner, kind: Event.Kind = Event.Kind.PHOTO_COMPLETED, **data: Any) -> None:
    """An event of no job that is there."""
    events.tell(owner.pk, kind, Job().pk, data)
    events.ring()


def submit(owner: Owner, photos: int = 1) -> Job:
    sources = [services.Source(Item.Source.URL, "https://photos.example/a.jpg")] * photos
    return services.submit(owner, sources, operations=[ALL])


def finish(limit: int = 100) -> None:
    """A worker does what there is to do, as far as others can see."""
    items = Item.objects.claim(worker="one", limit=limit, lease_s=60)
    for item in items:
        queue.finish(item)
    events.ring()
    queue.settle({item.job_id for item in items})


def listeners() -> list[int]:
    """The connections to the test's database that LISTEN."""
    return _pids("query LIKE 'LISTEN%'")


def others() -> list[int]:
    """The connections to the test's database beside this one and those that LISTEN."""
    return _pids("query NOT LIKE 'LISTEN%' AND pid <> pg_backend_pid()")


def _pids(condition: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"  # noqa: S608  # our own words
            " WHERE datname = current_database() AND backend_type = 'client backend'"
            f" AND {condition}"
        )
        return [pid for (pid,) in cursor.fetchall()]
