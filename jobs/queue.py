"""How an item's work ends. Each ending holds only for the attempt that made it."""

import math
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now

from inference.errors import InferenceError
from jobs.errors import DatabaseAway, JobError, LeaseLost
from jobs.models import Item, State
from photos.errors import PhotoError
from photos.models import Photo
from search.errors import SearchError, VocabularyError

KnownError = PhotoError | InferenceError | SearchError | JobError
KNOWN_ERRORS = (PhotoError, InferenceError, SearchError, JobError)
MAX_ATTEMPTS = 3
MAX_DEATHS = 3  # of workers that had the photo in hand
# A server that is down is no photo's fault: together these tries last a quarter of an hour.
MAX_ATTEMPTS_OF_SERVERS = 8
_LONGEST_WAIT_S = 300


def finish(item: Item, photo: Photo) -> None:
    """The item is done. Belongs into the transaction that stores its results.

    Raises:
        LeaseLost: another worker has it now; roll back.
    """
    _end(item, state=State.SUCCEEDED, photo=photo, finished_at=Now())


def hold(item: Item) -> None:
    """Keep the item for what the rest of the caller's transaction stores, unfinished as it is.

    Raises:
        LeaseLost: another worker has it now; roll back.
    """
    if not _mine(item).select_for_update().exists():
        raise LeaseLost(f"Item {item.pk} was given to another worker.")


def give_up(item: Item, error: KnownError) -> bool:
    """Put the item back for another try, or fail it, as `error` says. True: it has failed.

    Raises:
        LeaseLost: another worker has it now.
    """
    answers = item.attempts - item.deaths
    failed = not error.retryable or answers >= _tries(error)
    wait = timedelta(seconds=min(4 ** min(answers - 1, 9), _LONGEST_WAIT_S))
    _end(
        item,
        error_code=error.code,
        error_detail=str(error),
        **(_failed() if failed else {"state": State.QUEUED, "run_after": Now() + wait}),
    )
    return failed


def _tries(error: KnownError) -> float:
    match error:
        case VocabularyError():
            return math.inf  # somebody will mend the file
        case InferenceError() | DatabaseAway():
            return MAX_ATTEMPTS_OF_SERVERS
    return MAX_ATTEMPTS


def fail_unexpectedly(item: Item) -> None:
    """Record an error that nobody foresaw; its traceback is in the log."""
    detail = "Something unexpected went wrong. The log of the worker has the details."
    _end(item, error_code="internal_error", error_detail=detail, **_failed())


def retry(items: QuerySet[Item]) -> int:
    """Put failed `items` back into the queue, with all their attempts; returns how many."""
    return items.filter(state=State.FAILED).update(
        state=State.QUEUED,
        attempts=0,
        deaths=0,
        run_after=Now(),
        error_code="",
        error_detail="",
        finished_at=None,
    )


def _failed() -> dict[str, Any]:
    return {"state": State.FAILED, "finished_at": Now()}


def _mine(item: Item) -> QuerySet[Item]:
    return Item.objects.filter(
        pk=item.pk, state=State.PROCESSING, worker=item.worker, attempts=item.attempts
    )


def _end(item: Item, *, error_code: str = "", error_detail: str = "", **changes: Any) -> None:
    ended = _mine(item).update(
        worker="",
        lease_until=None,
        stage_ms=item.stage_ms,
        error_code=error_code,
        error_detail=error_detail,
        **changes,
    )
    if not ended:
        raise LeaseLost(f"Item {item.pk} was given to another worker.")
