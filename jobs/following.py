"""Waiting for a job to its end, step by step, for somebody who watches."""

from collections.abc import Generator

from django.db.models import Exists, OuterRef, QuerySet

from jobs import waiting
from jobs.errors import TaskFailed
from jobs.models import UNFINISHED, Item, Job, State
from jobs.steps import Outcome, Progress

_LOOK_EVERY_S = 1.0
IN_WORK = "in_work"  # in the outcome of each step: how much of it somebody works on


def follow(job: Job) -> Generator[Progress, None, Job]:
    """Wait until nothing of `job` is left to do; returns it with its counts."""
    while True:
        now = Job.objects.with_progress().get(pk=job.pk)
        ended = now.succeeded_count + now.failed_count + now.cancelled_count
        done, total = (ended, now.item_count) if now.kind == Job.Kind.REINDEX else _steps(now)
        yield Progress(done, total, {IN_WORK: now.processing_count})
        if ended == now.item_count:
            return now
        waiting.wait(now, timeout_s=_LOOK_EVERY_S)


def _steps(job: Job) -> tuple[int, int]:
    return job.steps_done, job.steps_total or 1


def outcome_of(job: Job) -> Outcome:
    """What came of a job that is about no photos, when it is done.

    Raises:
        TaskFailed: nothing, with the code that it ended with.
    """
    item = job.items.get()
    if item.state == State.SUCCEEDED:
        return item.outcome or {}
    raise TaskFailed(item.error_code or "cancelled", item.error_detail or "It was cancelled.")


def unfinished(jobs: QuerySet[Job]) -> Job | None:
    """The oldest of `jobs` of which something is left to do."""
    left = Item.objects.filter(job=OuterRef("pk"), state__in=UNFINISHED)
    return jobs.filter(Exists(left)).order_by("created_at").first()
