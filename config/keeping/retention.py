"""Letting go of what owners do not want to keep for ever: each by its own rules, in small steps."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from config.models import AuditEntry, Retention
from faces.models import Face
from jobs import erasure, removal
from jobs.models import Removal
from photos.clock import ago
from photos.models import Owner, Photo
from search.errors import PhotoMissing
from search.models import AskedSearch

_ROWS = 1000  # of notes that one step deletes
_FACES = 500  # that one step erases


@dataclass(frozen=True)
class Rule:
    """What is old, and letting some of it go. It can be killed after each step, and run again."""

    old: Callable[[Owner, datetime], QuerySet[Any]]
    drop: Callable[[Owner, list[int]], None]  # the rows with these keys
    at_once: int

    def steps(self, owner: Owner, before: datetime) -> Iterator[int]:
        """Yields how many have gone in each step."""
        while keys := list(self._keys(owner, before)):
            self.drop(owner, keys)
            yield len(keys)

    def _keys(self, owner: Owner, before: datetime) -> QuerySet[Any]:
        return self.old(owner, before).order_by("pk").values_list("pk", flat=True)[: self.at_once]


@dataclass(frozen=True)
class Applied:
    """How many of what of an owner's has gone, or would go."""

    owner: Owner
    gone: Mapping[str, int]
    complete: bool  # False: there was no time for all


def apply(
    owner: Owner | None = None,
    *,
    limit_s: float,
    stopping: Callable[[], bool] = lambda: False,
) -> Iterator[Applied]:
    """Let go of what is too old, `limit_s` at most for each owner; of all owners with rules.

    Yields what became of each. Doing it twice lets go of nothing more. In no transaction.
    """
    for row in _rows(owner):
        until, gone, complete = time.monotonic() + limit_s, Counter[str](), True
        for name, before in _due(row):
            for count in RULES[name].steps(row.owner, before):
                gone[name] += count
                if stopping() or time.monotonic() > until:
                    complete = False
                    break
        if gone:
            _note(row.owner, gone)
        yield Applied(row.owner, dict(gone), complete)


def count(owner: Owner | None = None) -> Iterator[Applied]:
    """The same without letting go of anything."""
    for row in _rows(owner):
        due = {name: RULES[name].old(row.owner, before).count() for name, before in _due(row)}
        yield Applied(row.owner, due, complete=True)


def _rows(owner: Owner | None) -> QuerySet[Retention]:
    rows = Retention.objects.select_related("owner").order_by("pk")
    return rows if owner is None else rows.filter(owner=owner)


def _due(row: Retention) -> Iterator[tuple[str, datetime]]:
    """What is not kept for ever, and what is older than when goes."""
    for name in RULES:
        if days := getattr(row, name):
            yield name, ago(timedelta(days=days))


def _note(owner: Owner, gone: Mapping[str, int]) -> None:
    """Into the audit log: how much went of what."""
    said = ", ".join(f"{name} {number}" for name, number in gone.items())
    AuditEntry.objects.create(
        owner=owner.pk, credential="service", act="retention", path=said, status=0
    )


def _photos(owner: Owner, before: datetime) -> QuerySet[Photo]:
    return Photo.objects.of(owner).filter(created_at__lt=before)


def _drop_photos(owner: Owner, keys: list[int]) -> None:
    with suppress(PhotoMissing):  # somebody was faster
        removal.remove(owner, keys, why=Removal.Why.RETENTION)


def _unnamed(owner: Owner, before: datetime) -> QuerySet[Face]:
    nobodys = Q(membership=None) | Q(membership__part__cluster__person=None)
    return Face.objects.filter(nobodys, photo__owner=owner, created_at__lt=before)


def _drop_faces(owner: Owner, keys: list[int]) -> None:
    erasure.erase_faces(owner, keys)


def _searches(owner: Owner, before: datetime) -> QuerySet[AskedSearch]:
    return AskedSearch.objects.filter(owner=owner, at__lt=before)


def _drop_searches(_owner: Owner, keys: list[int]) -> None:
    AskedSearch.objects.filter(pk__in=keys).delete()


def _reads(owner: Owner, before: datetime) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(owner=owner.pk, at__lt=before)


def _drop_reads(_owner: Owner, keys: list[int]) -> None:
    AuditEntry.objects.filter(pk__in=keys).delete()


RULES: Mapping[str, Rule] = {  # by the columns of Retention
    "photos": Rule(_photos, _drop_photos, removal.AT_ONCE),
    "unnamed_faces": Rule(_unnamed, _drop_faces, _FACES),
    "searches": Rule(_searches, _drop_searches, _ROWS),
    "reads": Rule(_reads, _drop_reads, _ROWS),
}
