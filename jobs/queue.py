"""How an item's work ends. Each ending holds only for the attempt that made it."""

import math
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Now

from faces.errors import FaceError
from inference.errors import InferenceError
from jobs import events
from jobs.errors import Cancelled, DatabaseAway, JobError, LeaseLost
from jobs.models import UNFINISHED, Item, Job, State
from photos.errors import PhotoError
from photos.models import Photo
from search.errors import SearchError, VocabularyError

KnownError = PhotoError | FaceError | InferenceError | SearchError | JobError
KNOWN_ERRORS = (PhotoError, FaceError, InferenceError, SearchError, JobError)
# A server that is down is no photo's fault: together these tries last a quarter of an hour.
MAX_ATTEMPTS_OF_SERVERS = 8
_LONGEST_WAIT_S = 300


def finish(item: Item, photo: Photo | None = None, *, outcome: Any = None) -> None:
    """The item is done. Belongs into the transaction that stores its results.

    Raises:
        LeaseLost: another worker has it now; roll back.
        Cancelled: somebody wants it no more; roll back.
    """
    item.photo = photo
    _end(item, State.SUCCEEDED, changes={"photo": photo, "outcome": outcome})


def hold(item: Item) -> None:
    """Keep the item for what the rest of the caller's transaction stores, unfinished as it is.

    Raises:
        LeaseLost, Cancelled: as finish().
    """
    if not _mine(item).filter(cancelling=False).select_for_update().exists():
        raise _loss(item)


def report(item: Item, done: int, total: int) -> None:
    """Note how far the item is, for those who look.

    Raises:
        LeaseLost, Cancelled: as finish().
    """
    if not _mine(item).filter(cancelling=False).update(done=done, total=total):
        raise _loss(item)


def give_up(item: Item, error: KnownError) -> bool:
    """Put the item back for another try, or fail it, as `error` says. True: it has failed.

    Raises:
        LeaseLost, Cancelled: as finish().
    """
    answers = item.attempts - item.deaths
    failed = not error.retryable or answers >= _tries(item, error)
    wait = timedelta(seconds=min(4 ** min(answers - 1, 9), _LONGEST_WAIT_S))
    changes = {} if failed else {"run_after": Now() + wait}
    state = State.FAILED if failed else State.QUEUED
    _end(item, state, code=error.code, detail=str(error), changes=changes)
    return failed


def _tries(item: Item, error: KnownError) -> float:
    match error:
        case VocabularyError():
            return math.inf  # somebody will mend the file
        case InferenceError() | DatabaseAway():
            return max(MAX_ATTEMPTS_OF_SERVERS, item.max_attempts)
    return item.max_attempts


def hand_back(item: Item) -> None:
    """Put the item back as it was before it was claimed, as its worker stops.

    Raises:
        LeaseLost, Cancelled: as finish().
    """
    _end(item, State.QUEUED, changes={"attempts": F("attempts") - 1})


def fail_unexpectedly(item: Item) -> None:
    """Record an error that nobody foresaw; its traceback is in the log."""
    detail = "Something unexpected went wrong. The log of the worker has the details."
    _end(item, State.FAILED, code="internal_error", detail=detail)


def drop(item: Item) -> None:
    """End an item that somebody has asked to cancel.

    Raises:
        LeaseLost: another worker has it now.
    """
    _end(item, State.CANCELLED)


def sweep() -> list[Item]:
    """Take items back from dead workers: they are tried again, cancelled, or have failed."""
    with transaction.atomic():
        swept = Item.objects.sweep()
        for item in swept:
            state = State(item.state)
            events.tell_photo(item, state, code=item.error_code, detail=item.error_detail)
        if swept:
            events.ring()
    settle({item.job_id for item in swept})
    return swept


def settle(jobs: Iterable[UUID]) -> None:
    """Note, once, that those of `jobs` are finished of which nothing is left to do.

    After each end of an item, outside its transaction: of two ends at the same time, neither
    sees the other before. What a killed worker leaves out, `settle_all` makes up.
    """
    for pk in jobs:
        left = Item.objects.filter(job=pk, state__in=UNFINISHED)
        if left.exists():
            continue
        with transaction.atomic():
            job = Job.objects.select_for_update().filter(pk=pk, finished_at=None).first()
            if job is None or left.exists():
                continue
            Job.objects.filter(pk=pk).update(finished_at=Now())
            events.tell_finished(Job.objects.with_progress().get(pk=pk))
            events.ring()


def settle_all(limit: int = 1000) -> None:
    """Settle what a worker was killed before it settled."""
    left = Item.objects.filter(job=OuterRef("pk"), state__in=UNFINISHED)
    done = Job.objects.filter(~Exists(left), finished_at=None).order_by("created_at")
    settle(list(done.values_list("pk", flat=True)[:limit]))


def _mine(item: Item) -> QuerySet[Item]:
    return Item.objects.filter(
        pk=item.pk, state=State.PROCESSING, worker=item.worker, attempts=item.attempts
    )


def _end(
    item: Item,
    state: State,
    *,
    code: str = "",
    detail: str = "",
    changes: Mapping[str, Any] | None = None,
) -> None:
    again = state == State.QUEUED
    moved = {"turn": Item.objects.front_turn()} if again else {"finished_at": Now()}
    wanted = {} if state == State.CANCELLED else {"cancelling": False}
    with transaction.atomic(savepoint=False):
        ended = (
            _mine(item)
            .filter(**wanted)
            .update(
                state=state,
                worker="",
                lease_until=None,
                cancelling=False,
                stage_ms=item.stage_ms,
                error_code=code,
                error_detail=detail,
                **moved,
                **(changes or {}),
            )
        )
        if not ended:
            raise _loss(item)
        events.tell_photo(item, state, code=code, detail=detail)


def _loss(item: Item) -> LeaseLost | Cancelled:
    if _mine(item).filter(cancelling=True).exists():
        return Cancelled(f"Item {item.pk} is wanted no more.")
    return LeaseLost(f"Item {item.pk} was given to another worker.")
