"""What workers do beside photos: one item of a job whose kind says what, step by step."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

import faces.grouping
import photos.services
from faces.grouping import Grouped
from jobs import queue
from jobs.models import Item, Job
from photos.models import Owner


@dataclass(frozen=True)
class Progress:
    """Steps that are done, of how many."""

    done: int
    total: int


Outcome = dict[str, Any]  # what came of it, as JSON
# Yields how far it is after each step, and returns what came of it. Killed at any step and begun
# anew, or done twice, it leaves the same rows.
Task = Callable[[Owner, Mapping[str, Any]], Generator[Progress, None, Outcome]]


def run(item: Item) -> None:
    """Do what the item's job says. The item must be claimed.

    Raises:
        LeaseLost, Cancelled: at the next step after another worker has got it, or after
            somebody has asked to cancel it.
        FaceError, JobError: as their `retryable` says.
    """
    steps = TASKS[Job.Kind(item.job.kind)](item.job.owner, item.job.arguments)
    outcome = _follow(item, steps)
    with transaction.atomic():
        queue.finish(item, outcome=outcome)


def _follow(item: Item, steps: Generator[Progress, None, Outcome]) -> Outcome:
    """Take the steps one by one, and note after each how far `item` is."""
    while True:
        try:
            progress = next(steps)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        queue.report(item, progress.done, progress.total)


def cluster(owner: Owner, _arguments: Mapping[str, Any]) -> Generator[Progress, None, Outcome]:
    """Group the owner's faces that belong to no cluster yet."""
    yield Progress(0, 1)
    space = photos.services.current_space("face_embedder")
    grouped = faces.grouping.group(owner, space) if space else Grouped(0, 0, 0)
    return asdict(grouped)


TASKS: Mapping[Job.Kind, Task] = {
    Job.Kind.CLUSTER: cluster,
}
