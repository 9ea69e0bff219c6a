"""Saying what has happened, in the transaction in which it happens, and waking who listens."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from jobs.models import STATUS, Event, Item, Job, State

CHANNEL = "kindred"  # of PostgreSQL's NOTIFY: that somebody had better look, and no more

# Webhooks that want to know get their deliveries with the event, in one statement.
_TELL = """
WITH told AS (
    INSERT INTO jobs_event (owner_id, kind, job_id, data)
    VALUES (%(owner)s, %(kind)s, %(job)s, %(data)s)
    RETURNING id
)
INSERT INTO jobs_delivery (channel, owner_id, webhook_id, event_id, state, attempts, error)
SELECT 'webhook', %(owner)s, hook.id, told.id, 'pending', 0, '' FROM told, jobs_webhook AS hook
WHERE hook.owner_id = %(owner)s AND hook.disabled_at IS NULL AND %(kind)s = ANY (hook.kinds)
UNION ALL
SELECT 'mqtt', %(owner)s, NULL, told.id, 'pending', 0, '' FROM told WHERE %(mqtt)s
"""

_PHOTO_KINDS = {
    State.QUEUED: Event.Kind.PHOTO_RETRYING,
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
    values: dict[str, Any] = {
        "owner": owner_pk,
        "kind": kind,
        "job": job_pk,
        "data": json.dumps(data),
        "mqtt": bool(settings.MQTT_URL),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TELL, values)


def ring() -> None:
    """Wake who listens. In a transaction: when it is committed."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")


def tell_created(job: Job, items: int) -> None:
    data = {"kind": job.kind, "status": STATUS[State.QUEUED], "progress": {"total": items}}
    tell(job.owner_id, Event.Kind.JOB_CREATED, job.pk, data)


def tell_photo(item: Item, state: State, *, code: str = "", detail: str = "") -> None:
    """That `item` has come to `state`. What is no photo has no events but its job's."""
    if item.source == Item.Source.NONE:
        return
    data = {
        "item_id": item.pk,
        "external_id": item.external_id,
        "photo_id": item.photo_id,
        "status": STATUS[state],
        "attempts": item.attempts,
        "error": {"code": code, "detail": detail} if code else None,
    }
    tell(item.owner_id, _PHOTO_KINDS[state], item.job_id, data)


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
