"""Steering what was asked for: cancelling, pausing, trying again, deleting."""

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from jobs import events, queue, services
from jobs.errors import JobFinished, JobUnfinished
from jobs.models import UNFINISHED, Item, Job, Pause, State


def cancel(job: Job) -> None:
    """Let nothing more be done of `job`. What is being worked on ends at its worker's next step.

    Results of photos that are done stay. Doing it twice changes nothing.

    Raises:
        JobFinished: there is nothing left to cancel.
    """
    with transaction.atomic():
        _check_unfinished(job)
        waiting = job.items.filter(state__in=[State.QUEUED, State.PAUSED])
        for item in waiting.select_for_update().order_by("pk"):
            events.tell_photo(item, State.CANCELLED)
        waiting.update(state=State.CANCELLED, finished_at=Now(), error_code="", error_detail="")
        job.items.filter(state=State.PROCESSING).update(cancelling=True)
        events.ring()
    queue.settle([job.pk])


def pause(job: Job) -> int:
    """Let nothing more of `job` be begun until it is resumed; returns how many photos wait now.

    Raises:
        JobFinished: there is nothing left that could be paused.
    """
    _check_unfinished(job)
    return job.items.filter(state=State.QUEUED).update(state=State.PAUSED)


def resume(job: Job) -> int:
    """Let what is paused of `job` have its turn again; returns how many photos that are.

    Raises:
        JobFinished: there is nothing left that could be resumed.
    """
    _check_unfinished(job)
    with transaction.atomic():
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
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=job.pk)
        if job.items.filter(state__in=UNFINISHED).exists():
            raise JobUnfinished("The job is not finished: cancel it first.")
        uploads = services.uploads_of(job.items.all())
        job.delete()
    services.discard(uploads)


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
        raise JobFinished("The job is finished: nothing of it is left to do.")
