"""Removing what nobody needs any more, bit by bit.

Each broom removes one kind of thing, in short steps: it can be killed after each of them and run
again. What a run does not come to is left to the next one.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.contrib.sessions.models import Session
from django.core.files.storage import storages
from django.db.models import QuerySet
from django.utils import timezone
from django_q.models import OrmQ, Task

from faces.models import Erasure
from jobs import (
    annotation,
    erasure,
    orphans,
    removal,
    result_files,
    steering,
    training,
    uploads,
)
from jobs.errors import CleanUpBusy, JobUnfinished
from jobs.models import UNFINISHED, CleanUp, Item, Job, Removal, State
from jobs.telling import outbox
from photos.clock import ago
from photos.locks import LockTaken, one_at_a_time
from search.models import AskedSearch

LOCK = 4_716  # ours among PostgreSQL's advisory locks
_BUSY_S = 1.0  # of waiting for another clean-up
_BATCH = 1000  # rows, or files, of one step
_FEW = 100  # receipts in memory, with the places of what they are of
_YOUNG = timedelta(days=1)  # what is younger may be in use, whatever the rows say
_FOR_EVER = timedelta(days=36_500)


@dataclass(frozen=True)
class Order:
    """What is to go: how long things are kept, in days. A dry run counts, and removes nothing."""

    job_days: float  # since a job was finished, with its uploads and result files; 0: for ever
    event_days: float  # events and deliveries
    search_days: float = 0  # what was noted of searches; 0: for ever
    dry_run: bool = False


@dataclass(frozen=True)
class Cleaned:
    """How many things of each kind have gone, or would go."""

    removed: Mapping[str, int]
    complete: bool  # False: there was no time for all


Broom = Callable[[Order], Iterator[int]]  # yields how many have gone in each step


def run(order: Order, *, limit_s: float, stopping: Callable[[], bool] = lambda: False) -> Cleaned:
    """Remove what nobody needs any more, `limit_s` at most for each kind of thing.

    Doing it twice removes nothing more.

    Raises:
        CleanUpBusy: another one is at it.
    """
    removed, complete = Counter(dict.fromkeys(BROOMS, 0)), True
    with _alone():
        for name, broom in BROOMS.items():
            until = time.monotonic() + limit_s
            for count in broom(order):
                removed[name] += count
                if stopping() or time.monotonic() > until:
                    complete = False
                    break
        if not order.dry_run:
            CleanUp.objects.update_or_create(id=1, defaults={"removed": removed})
    return Cleaned(dict(removed), complete)


@contextmanager
def _alone() -> Iterator[None]:
    try:
        with one_at_a_time(LOCK, timeout_s=_BUSY_S):
            yield
    except LockTaken as exc:
        raise CleanUpBusy("Another clean-up is running. Try again when it has ended.") from exc


def _jobs(order: Order) -> Iterator[int]:
    """Finished jobs, with what waits in the intake for them, and their result files."""
    if not order.job_days:
        return
    old = Job.objects.filter(finished_at__lt=ago(timedelta(days=order.job_days)))
    if order.dry_run:
        yield old.count()
        return
    oldest_first = old.order_by("finished_at").values_list("pk", flat=True)
    for pk in oldest_first.iterator(chunk_size=_BATCH):
        with suppress(Job.DoesNotExist, JobUnfinished):  # somebody was faster
            steering.delete(old.get(pk=pk))
            yield 1


def _uploads(order: Order) -> Iterator[int]:
    """Uploads of which no photo is still to be made. Failed ones may be tried again."""
    wanted = Item.objects.filter(
        source=Item.Source.UPLOAD, state__in=[*UNFINISHED, State.FAILED]
    ).values_list("location", flat=True)
    old = _old_uploads(ago(_YOUNG))
    while batch := list(islice(old, _BATCH)):
        photos = set(map(uploads.photo_of, batch))
        left = photos.difference(wanted.filter(location__in=photos))
        if not order.dry_run:
            uploads.discard(left)
        yield len(left)


def _old_uploads(before: datetime) -> Iterator[str]:
    storage = storages["intake"]
    try:
        _, names = storage.listdir("uploads")
    except FileNotFoundError:
        return
    for name in names:
        if orphans.written(storage, f"uploads/{name}") < before.timestamp():
            yield f"uploads/{name}"


def _files(order: Order) -> Iterator[int]:
    """Files of photos that no row knows: goes on where the last run ended."""
    last = CleanUp.objects.first()
    after = last.position if last else ""
    for position, count in orphans.sweep(ago(_YOUNG), after=after, dry_run=order.dry_run):
        if not order.dry_run:
            CleanUp.objects.update_or_create(id=1, defaults={"position": position})
        yield count


def _results(order: Order) -> Iterator[int]:
    """Result files of jobs that are gone. Those of others go with their jobs."""
    if order.dry_run:
        yield len(result_files.outdated(_FOR_EVER))
    else:
        yield result_files.prune(_FOR_EVER)


def _events(order: Order) -> Iterator[int]:
    """Events, and deliveries that have ended."""
    age = timedelta(days=order.event_days)
    if order.dry_run:
        yield sum(rows.count() for rows in outbox.outdated(age))
    else:
        yield from outbox.prune(age)


def _erasures(order: Order) -> Iterator[int]:
    """Files of people who were erased, where a kill came between."""
    unfinished = Erasure.objects.filter(finished_at=None).order_by("pk")
    if order.dry_run:
        yield unfinished.count()
        return
    for each in unfinished:
        erasure.finish(each)
        yield int(each.finished_at is not None)


def _removals(order: Order) -> Iterator[int]:
    """Files of photos that were deleted, where a kill or a worker came between."""
    unfinished = Removal.objects.filter(finished_at=None).order_by("pk")
    if order.dry_run:
        yield unfinished.count()
        return
    for each in unfinished.select_related("owner").iterator(chunk_size=_FEW):
        removal.finish(each)
        yield int(each.finished_at is not None)


def _trainings(order: Order) -> Iterator[int]:
    """Faces that trainings were about to learn from, which were cancelled or have failed."""
    yield training.tidy(dry_run=order.dry_run)


def _annotated(order: Order) -> Iterator[int]:
    """Pictures with faces marked whose addresses are good no more."""
    yield from annotation.outdated(dry_run=order.dry_run)


def _tasks(order: Order) -> Iterator[int]:
    """What django-q2 notes of its tasks, and wake-ups that no worker has heard for long."""
    yield from _delete(Task.objects.filter(stopped__lt=ago(_YOUNG)), order)
    yield from _delete(OrmQ.objects.filter(lock__lt=ago(_YOUNG)), order)


def _sessions(order: Order) -> Iterator[int]:
    """Sessions of the admin that have ended."""
    yield from _delete(Session.objects.filter(expire_date__lt=timezone.now()), order)


def _searches(order: Order) -> Iterator[int]:
    """What was noted of searches."""
    if order.search_days:
        old = AskedSearch.objects.filter(at__lt=ago(timedelta(days=order.search_days)))
        yield from _delete(old, order)


BROOMS: Mapping[str, Broom] = {
    "jobs": _jobs,
    "uploads": _uploads,
    "files": _files,
    "results": _results,
    "events": _events,
    "trainings": _trainings,
    "erasures": _erasures,
    "removals": _removals,
    "annotated": _annotated,
    "searches": _searches,
    "tasks": _tasks,
    "sessions": _sessions,
}


def _delete(rows: QuerySet[Any], order: Order) -> Iterator[int]:
    if order.dry_run:
        yield rows.count()
        return
    while chosen := list(rows.values_list("pk", flat=True)[:_BATCH]):
        yield rows.filter(pk__in=chosen).delete()[0]
