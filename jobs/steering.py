"""Steering what was asked for: cancelling, pausing, trying again, deleting."""

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext

from jobs import events, queue, result_files, services, uploads
from jobs.errors import JobFinished, JobUnfinished
from jobs.models import UNFINISHED, Delivery, Item, Job, Pause, State

# What is being worked on waits as soon as its worker puts it back.
_PAUSE = """
UPDATE jobs_item SET
    state = CASE state WHEN 'queued' THEN 'paused' ELSE state END,
    pausing = state = 'processing'
WHERE job_id = %(job)s AND state IN ('queued', 'processing')
RETURNING state
"""
# One statement, however many photos wait. What waits and what is being worked on in the same one:
# between two, a worker could put back what the first had left to the second.
_CANCEL = f"""
WITH asked AS (
    UPDATE jobs_item SET
        state = CASE state WHEN 'processing' THEN state ELSE 'cancelled' END,
        error_code = CASE state WHEN 'processing' THEN error_code ELSE '' END,
        error_detail = CASE state WHEN 'processing' THEN error_detail ELSE '' END,
        finished_at = CASE state WHEN 'processing' THEN NULL ELSE statement_timestamp() END,
        cancelling = state = 'processing'
    WHERE job_id = %(job)s AND state IN ('queued', 'paused', 'processing')
    RETURNING *
), ended AS (
    SELECT * FROM asked WHERE state = 'cancelled'
), happened AS (
    SELECT owner_id, 'photo.cancelled' AS kind, job_id,
        jsonb_build_object(
            'item_id', id, 'external_id', external_id, 'photo_id', NULL,
            'status', 'cancelled', 'attempts', attempts, 'error', NULL, 'people', '[]'::jsonb
        ) AS data,
        CASE WHEN source = 'media_store' THEN id END AS stored
    FROM ended WHERE source <> 'none' ORDER BY id
), {events.TELLING}
SELECT FROM ended
"""  # noqa: S608  # our own words


def cancel(job: Job) -> None:
    """Let nothing more be done of `job`. What is being worked on ends at its worker's next step.

    Results of photos that are done stay. Doing it twice changes nothing.

    Raises:
        JobFinished: there is nothing left to cancel.
    """
    with transaction.atomic():
        _check_unfinished(job)
        with connection.cursor() as cursor:
            cursor.execute(_CANCEL, {"job": job.pk, "mqtt": bool(settings.MQTT_URL)})
        events.ring()
    queue.settle([job.pk])


def pause(job: Job) -> int:
    """Let nothing more of `job` be begun until it is resumed; returns how many photos wait now.

    What is being worked on is finished; where it would be tried again, or go on later, it waits.

    Raises:
        JobFinished: there is nothing left that could be paused.
    """
    _check_unfinished(job)
    with connection.cursor() as cursor:
        cursor.execute(_PAUSE, {"job": job.pk})
        return [state for (state,) in cursor.fetchall()].count(State.PAUSED)


def resume(job: Job) -> int:
    """Let what is paused of `job` have its turn again; returns how many photos that are.

    Raises:
        JobFinished: there is nothing left that could be resumed.
    """
    _check_unfinished(job)
    with transaction.atomic():
        job.items.filter(state=State.PROCESSING).update(pausing=False)
        paused = job.items.filter(state=State.PAUSED)
        count = paused.update(state=State.QUEUED, turn=Item.objects.front_turn())
        services.wake(count)
        events.ring()
    return count


def retry(items: QuerySet[Item]) -> int:
    """Put failed `items` back into the queue, with all their attempts; returns how many."""
    with transaction.atomic():
        failed = items.filter(state=State.FAILED)
        jobs = set(failed.select_for_update().order_by("pk").values_list("job", flat=True))
        Job.objects.filter(pk__in=jobs).update(finished_at=None)
        count = failed.update(
            state=State.QUEUED,
            attempts=0,
            deaths=0,
            run_after=Now(),
            ranked_at=Now(),
            turn=Item.objects.front_turn(),
            error_code="",
            error_detail="",
            finished_at=None,
        )
        services.wake(count)
        events.ring()
    return count


def delete(job: Job) -> None:
    """Forget `job`. Photos, and what was found in them, stay; its result files go.

    Raises:
        JobUnfinished: some of it is still to be done.
    """
    pk = job.pk
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=pk)
        if job.items.filter(state__in=UNFINISHED).exists():
            raise JobUnfinished(gettext("The job is not finished: cancel it first."))
        sent = uploads.of(job.items.all())
        Delivery.objects.filter(item__job=pk).delete()
        with connection.cursor() as cursor:  # Django would load a million items to delete them
            cursor.execute("DELETE FROM jobs_item WHERE job_id = %s", [pk])
        job.delete()
    uploads.discard(sent)
    result_files.forget(pk)


def pause_queue(by: str, reason: str = "") -> None:
    """Let nobody claim anything until resume_queue(). Who paused first stays."""
    Pause.objects.get_or_create(id=1, defaults={"by": by, "reason": reason})


def resume_queue() -> None:
    """Let work go on."""
    with transaction.atomic():
        Pause.objects.all().delete()
        services.wake(None)
        events.ring()


def _check_unfinished(job: Job) -> None:
    if not job.items.filter(state__in=UNFINISHED).exists():
        raise JobFinished(gettext("The job is finished: nothing of it is left to do."))
