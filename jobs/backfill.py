"""Having faces found on the photos where they were not looked for yet, and waiting for that."""

from collections.abc import Mapping
from typing import Any

from jobs import services
from jobs.following import follow, unfinished
from jobs.models import Job
from jobs.operations import current_recipes, names_of
from jobs.steps import Outcome, Steps
from photos.models import Owner, Photo
from photos.operations import FACES


def backfill(owner: Owner, arguments: Mapping[str, Any], _before: Outcome) -> Steps:
    """Have the workers find faces on photos that the active models have not seen, and wait.

    `limit`: on so many photos at most. `dry_run`: only count them. Killed and begun anew it waits
    for what it has asked for before.

    Raises:
        OperationUnavailable: no model finds faces.
    """
    if arguments.get("dry_run"):
        lacking = _lacking(owner, arguments.get("limit"))
        return lambda: {"photos": lacking}
    job = ask(owner, arguments)
    if job:
        job = yield from follow(job)
    return lambda: {
        "photos": job.item_count if job else 0,
        "succeeded": job.succeeded_count if job else 0,
        "failed": job.failed_count if job else 0,
        "cancelled": job.cancelled_count if job else 0,
    }


def ask(owner: Owner, arguments: Mapping[str, Any]) -> Job | None:
    """The job of backfill(): one that is not done yet, or a new one. None: no photo lacks faces.

    Raises:
        OperationUnavailable, QueueFull: as services.reindex().
    """
    before = Job.objects.filter(owner=owner, kind=Job.Kind.REINDEX, operations=[FACES])
    return unfinished(before) or services.reindex(
        owner, [FACES], current_recipes(), most=arguments.get("limit")
    )


def _lacking(owner: Owner, most: int | None) -> int:
    recipes = current_recipes()
    wanted = {name: recipes[name] for name in names_of([FACES], recipes)}
    return Photo.objects.of(owner).lacking(wanted)[:most].count()
