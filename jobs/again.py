"""Doing operations on a photo once more, by the models that are active now."""

from collections.abc import Collection, Mapping

from django.contrib.auth.models import User
from django.db import transaction

from jobs import services
from jobs.models import Item, Job
from jobs.operations import names_of
from jobs.services import Source
from photos.models import Photo
from photos.operations import FACES


def run(
    photo: Photo, operations: Collection[str], recipes: Mapping[str, str], *, by: User
) -> list[Job]:
    """Ask for `operations` on `photo`, also for those that were done as `recipes` have them.

    What was found stays until the new takes its place. Faces that were looked for before are
    found again in a job of their own, which keeps what somebody has said of them, and can be
    undone.

    Raises:
        OperationUnavailable: no model does one of them.
        QueueFull: the owner has too much waiting; nothing was asked for.
    """
    wanted = names_of(operations, recipes)
    with transaction.atomic():
        return [*_faces(photo, wanted, recipes, by), *_others(photo, wanted, recipes)]


def _faces(
    photo: Photo, wanted: Collection[str], recipes: Mapping[str, str], by: User
) -> list[Job]:
    if FACES not in wanted or not _have_faces(photo, recipes):
        return []
    asked = {"photos": [photo.pk], "dry_run": False, "by": by.pk}
    return [services.submit_task(photo.owner, Job.Kind.REDETECT, asked)]


def _others(photo: Photo, wanted: Collection[str], recipes: Mapping[str, str]) -> list[Job]:
    left = [name for name in wanted if name != FACES or not _have_faces(photo, recipes)]
    if not left:
        return []
    for name in left:
        photo.analyses.filter(operation=name, recipe=recipes[name]).delete()
    kept = Source(Item.Source.KEPT, str(photo.original))
    return [services.submit(photo.owner, [kept], operations=left)]


def _have_faces(photo: Photo, recipes: Mapping[str, str]) -> bool:
    """Whether faces were looked for already, as they are now."""
    return photo.analyses.filter(operation=FACES, recipe=recipes[FACES]).exists()
