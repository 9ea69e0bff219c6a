"""Saying what has happened, in the transaction in which it happens, and waking who listens."""

import json
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from jobs.models import FINAL, STATUS, Event, Item, Job, State
from jobs.telling import outbox

log = logging.getLogger(__name__)

CHANNEL = "kindred"  # of PostgreSQL's NOTIFY: that somebody had better look, and no more

# Parts of a statement in which `happened (owner_id, kind, job_id, data, stored)` says what to tell:
# events, and with them what is to be delivered to webhooks that want to know, to the broker, and
# to the media store (where `stored` is an item that came from it).
TELLING = """
told AS (
    INSERT INTO jobs_event (owner_id, kind, job_id, data)
    SELECT owner_id, kind, job_id, data FROM happened
    RETURNING id, owner_id, kind
), delivered AS (
    INSERT INTO jobs_delivery
        (channel, owner_id, webhook_id, event_id, item_id, state, attempts, error)
    SELECT 'webhook', told.owner_id, hook.id, told.id, NULL::bigint, 'pending', 0, ''
        FROM told JOIN jobs_webhook AS hook ON hook.owner_id = told.owner_id
        WHERE hook.disabled_at IS NULL AND told.kind = ANY (hook.kinds)
    UNION ALL
    SELECT 'mqtt', owner_id, NULL, id, NULL, 'pending', 0, '' FROM told WHERE %(mqtt)s
    UNION ALL
    SELECT 'media_store', owner_id, NULL, NULL, stored, 'pending', 0, '' FROM happened
        WHERE stored IS NOT NULL
)
"""
_TELL = f"""
WITH happened (owner_id, kind, job_id, data, stored) AS (
    VALUES (%(owner)s, %(kind)s, %(job)s::uuid, %(data)s::jsonb, %(stored)s::bigint)
), {TELLING}
SELECT FROM told
"""

_PHOTO_KINDS = {
    State.QUEUED: Event.Kind.PHOTO_RETRYING,
    State.PAUSED: Event.Kind.PHOTO_RETRYING,
    State.SUCCEEDED: Event.Kind.PHOTO_COMPLETED,
    State.FAILED: Event.Kind.PHOTO_FAILED,
    State.CANCELLED: Event.Kind.PHOTO_CANCELLED,
}
_JOB_KINDS = {
    State.SUCCEEDED: Event.Kind.JOB_COMPLETED,
    State.FAILED: Event.Kind.JOB_FAILED,
    State.CANCELLED: Event.Kind.JOB_CANCELLED,
}


def tell(owner_pk: int, kind: Event.Kind, job_pk: UUID, data: Mapping[str, Any]) -> None:
    """Write the event and its deliveries, in the caller's transaction. Then somebody may `ring`."""
    _execute({"owner": owner_pk, "job": job_pk} | _values(kind, data))


def _execute(values: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_TELL, values)


def _values(
    kind: Event.Kind, data: Mapping[str, Any], *, stored: int | None = None
) -> dict[str, Any]:
    mqtt = bool(settings.MQTT_URL)
    return {"kind": kind, "data": json.dumps(data), "stored": stored, "mqtt": mqtt}


def ring() -> None:
    """Wake who listens, and who tells those outside. In a transaction: when it is committed."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")
    transaction.on_commit(outbox.wake)


def tell_created(job: Job, items: int) -> None:
    data = {"kind": job.kind, "status": STATUS[State.QUEUED], "progress": {"total": items}}
    tell(job.owner_id, Event.Kind.JOB_CREATED, job.pk, data)
    # By this line, which has the id of the request, one finds out who has asked for a job.
    transaction.on_commit(partial(log.info, "Job %s: %s, %d to do", job.pk, job.kind, items))


def tell_photo(item: Item, state: State, *, code: str = "", detail: str = "") -> None:
    """That `item` has come to `state`. What is no photo has no events but its job's."""
    if item.source == Item.Source.NONE:
        return
    values = {"owner": item.owner_id, "job": item.job_id}
    _execute(values | of_photo(item, state, code=code, detail=detail))


def of_photo(
    item: Item, state: State, *, photo_pk: int | None = None, code: str = "", detail: str = ""
) -> dict[str, Any]:
    """The values for `TELLING` that say that `item` has come to `state`."""
    data = {
        "item_id": item.pk,
        "external_id": item.external_id,
        "photo_id": photo_pk,
        "people": [],  # until the end of the item says who is in the photo
        "status": STATUS[state],
        "attempts": item.attempts,
        "error": {"code": code, "detail": detail} if code else None,
    }
    to_store = item.source == Item.Source.MEDIA_STORE and state in FINAL
    return _values(_PHOTO_KINDS[state], data, stored=item.pk if to_store else None)


def tell_finished(job: Job) -> None:
    """That nothing of `job` is left to do. Needs with_progress()."""
    data = {
        "kind": job.kind,
        "status": STATUS[job.state],
        "progress": {
            "total": job.item_count,
            "completed": job.succeeded_count,
            "failed": job.failed_count,
            "cancelled": job.cancelled_count,
        },
    }
    tell(job.owner_id, _JOB_KINDS[job.state], job.pk, data)
