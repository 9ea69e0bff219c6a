"""How an item's work ends. Each ending holds only for the lease under which it was made.

Leases of an item have numbers that never come again, as those of its attempts do.
"""

import json
import math
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from faces.errors import FaceError, GroupingBusy, TrainingBusy
from inference.errors import InferenceError
from jobs import events, metrics
from jobs.errors import Cancelled, DatabaseAway, JobError, LeaseLost
from jobs.models import UNFINISHED, Item, Job, State
from jobs.models.claims import FRONT
from photos.errors import PhotoError, StoreUnavailable
from photos.models import Photo
from photos.statements import prepared
from search.errors import SearchError, VocabularyError

KnownError = PhotoError | FaceError | InferenceError | SearchError | JobError
KNOWN_ERRORS = (PhotoError, FaceError, InferenceError, SearchError, JobError)
# A server that is down is no photo's fault: together these tries last a quarter of an hour.
MAX_ATTEMPTS_OF_SERVERS = 8
_LONGEST_WAIT_S = 300

# Who is in the photo as it is now stored: for those who wait for somebody to be seen.
_PEOPLE = """jsonb_build_object('people', COALESCE((
        SELECT jsonb_agg(jsonb_build_object(
            'person_id', person.id, 'contact_id', person.contact_id, 'name', person.name,
            'face_id', face.id, 'similarity', member.similarity
        ) ORDER BY face.id)
        FROM faces_face AS face
        JOIN faces_membership AS member ON member.face_id = face.id
        JOIN faces_part AS part ON part.id = member.part_id
        JOIN faces_cluster AS cluster ON cluster.id = part.cluster_id
        JOIN faces_person AS person ON person.id = cluster.person_id AND NOT person.unrecognised
        WHERE face.photo_id = %(photo)s::bigint
    ), '[]'::jsonb))"""
# The end of an item, with what is told of it, in one statement: each photo costs one of them. What
# has a lease is being processed; asked like this, the planner takes the primary key, and not the
# index of leases, which the ended ones fill with dead entries.
_END = f"""
WITH ended AS (
    UPDATE jobs_item SET
        state = CASE WHEN pausing AND %(state)s = 'queued' THEN 'paused' ELSE %(state)s END,
        worker = '',
        lease_until = NULL,
        cancelling = FALSE,
        pausing = FALSE,
        stage_ms = %(stage_ms)s,
        error_code = %(code)s,
        error_detail = %(detail)s,
        {{moved}}
    WHERE id = %(item)s AND lease_until IS NOT NULL AND leases = %(leases)s
        AND (%(cancelled)s OR NOT cancelling)
    RETURNING owner_id, job_id, source
), happened AS (
    SELECT owner_id, %(kind)s AS kind, job_id, %(data)s::jsonb || {_PEOPLE} AS data,
        %(stored)s::bigint AS stored
    FROM ended WHERE source <> 'none'
), {events.TELLING}
SELECT FROM ended
"""  # noqa: S608  # our own words
_FOR_GOOD = """
        photo_id = COALESCE(%(photo)s, photo_id),
        outcome = COALESCE(%(outcome)s, outcome),
        finished_at = statement_timestamp()
"""
_AGAIN = f"""
        attempts = attempts - %(undone)s,
        run_after = COALESCE(statement_timestamp() + %(wait_s)s * interval '1 second', run_after),
        turn = {FRONT}
"""
_UNCHANGED = {"photo": None, "outcome": None, "undone": 0, "wait_s": None}
# Of some jobs, those of which nothing is left to do although nobody has said so yet.
_DONE = """
SELECT id FROM jobs_job
WHERE id = ANY (%(jobs)s::uuid[]) AND finished_at IS NULL AND NOT EXISTS (
    SELECT FROM jobs_item
    WHERE job_id = jobs_job.id AND state IN ('queued', 'paused', 'processing')
)
"""


def finish(item: Item, photo: Photo | None = None, *, outcome: Any = None) -> None:
    """The item is done. Belongs into the transaction that stores its results.

    Raises:
        LeaseLost: another worker has it now; roll back.
        Cancelled: somebody wants it no more; roll back.
    """
    stored = None if outcome is None else json.dumps(outcome)
    _end(item, State.SUCCEEDED, changes={"photo": photo and photo.pk, "outcome": stored})
    item.photo = photo


def hold(item: Item) -> None:
    """Keep the item for what the rest of the caller's transaction stores, unfinished as it is.

    Raises:
        LeaseLost, Cancelled: as finish().
    """
    if not mine(item).filter(cancelling=False).select_for_update().exists():
        raise _loss(item)


def report(item: Item, done: int, total: int, *, outcome: Any = None) -> None:
    """Note how far the item is, and what came of it so far, for those who look.

    Raises:
        LeaseLost, Cancelled: as finish().
    """
    if not mine(item).filter(cancelling=False).update(done=done, total=total, outcome=outcome):
        raise _loss(item)


def give_up(item: Item, error: KnownError) -> bool:
    """Put the item back for another try, or fail it, as `error` says. True: it has failed.

    Raises:
        LeaseLost, Cancelled: as finish().
    """
    answers = item.attempts - item.deaths
    failed = not error.retryable or answers >= _tries(item, error)
    changes = {"wait_s": min(4 ** min(answers - 1, 9), _LONGEST_WAIT_S)}
    state = State.FAILED if failed else State.QUEUED
    _end(item, state, code=error.code, detail=str(error), changes=changes)
    return failed


def _tries(item: Item, error: KnownError) -> float:
    match error:
        case VocabularyError():
            return math.inf  # somebody will mend the file
        case (
            InferenceError() | DatabaseAway() | StoreUnavailable() | GroupingBusy() | TrainingBusy()
        ):
            return max(MAX_ATTEMPTS_OF_SERVERS, item.max_attempts)
    return item.max_attempts


def hand_back(item: Item) -> None:
    """Put the item back as it was before it was claimed, as its worker stops.

    Raises:
        LeaseLost, Cancelled: as finish().
    """
    _end(item, State.QUEUED, changes={"undone": 1})


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
        transaction.on_commit(partial(metrics.SWEPT.inc, len(swept)))
    settle({item.job_id for item in swept})
    return swept


def settle(jobs: Iterable[UUID]) -> None:
    """Note, once, that those of `jobs` are finished of which nothing is left to do.

    After each end of an item, outside its transaction: of two ends at the same time, neither
    sees the other before. What a killed worker leaves out, `settle_all` makes up.
    """
    for pk in _done(jobs):
        with transaction.atomic():
            Job.objects.select_for_update().filter(pk=pk).first()
            if _done([pk]):
                Job.objects.filter(pk=pk).update(finished_at=Now())
                job = Job.objects.with_progress().get(pk=pk)
                events.tell_finished(job)
                events.ring()
                metrics.note_finished(job)


def _done(jobs: Iterable[UUID]) -> list[UUID]:
    with prepared() as cursor:
        return [pk for (pk,) in cursor.execute(_DONE, {"jobs": list(jobs)})]


def settle_all(limit: int = 1000) -> None:
    """Settle what a worker was killed before it settled."""
    left = Item.objects.filter(job=OuterRef("pk"), state__in=UNFINISHED)
    done = Job.objects.filter(~Exists(left), finished_at=None).order_by("created_at")
    settle(list(done.values_list("pk", flat=True)[:limit]))


def mine(item: Item) -> QuerySet[Item]:
    """The item's row, as long as the caller's lease holds."""
    return Item.objects.filter(pk=item.pk, state=State.PROCESSING, leases=item.leases)


def _end(
    item: Item,
    state: State,
    *,
    code: str = "",
    detail: str = "",
    changes: Mapping[str, Any] = _UNCHANGED,
) -> None:
    values = {
        "item": item.pk,
        "leases": item.leases,
        "state": state,
        "cancelled": state == State.CANCELLED,
        "stage_ms": json.dumps(item.stage_ms),
        "code": code,
        "detail": detail,
        **_UNCHANGED,
        **changes,
    }
    values |= events.of_photo(item, state, photo_pk=values["photo"], code=code, detail=detail)
    with prepared() as cursor:
        cursor.execute(_END.format(moved=_AGAIN if state == State.QUEUED else _FOR_GOOD), values)
        if not cursor.rowcount:
            raise _loss(item)
    metrics.note_end(item, state, code)


def _loss(item: Item) -> LeaseLost | Cancelled:
    if mine(item).filter(cancelling=True).exists():
        return Cancelled(f"Item {item.pk} is wanted no more.")
    return LeaseLost(f"Item {item.pk} was given to another worker.")
