"""What workers do beside photos: one item of a job whose kind says what, step by step."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Coalesce

import faces.crops
import faces.people.merging
import photos.thumbnails
from jobs import (
    clustering,
    duplicates,
    looking,
    naming,
    pulse,
    queue,
    redetection,
    reembedding,
    training,
    wording,
)
from jobs.errors import Cancelled
from jobs.models import LOWEST_PRIORITY, Item, Job
from jobs.steps import Last, Outcome, Progress, Steps, Tally, Task, user_of
from photos.decoding import decoders
from photos.errors import PhotoError
from photos.models import Owner, Photo

_AT_ONCE_S = 60  # then others have their turn, and it goes on where it was
_LOOKED_AT = 100  # photos of one look at the database


def run(item: Item, *, stopping: Callable[[], bool] = pulse.STOPPING.is_set) -> None:
    """Do what the item's job says. The item must be claimed.

    What takes long is put back into the queue between two steps, and goes on in its turn.

    Raises:
        LeaseLost, Cancelled: at the next step after another worker has got it, or after
            somebody has asked to cancel it.
        FaceError, JobError: as their `retryable` says.
    """
    until = time.monotonic() + _AT_ONCE_S
    task = TASKS[Job.Kind(item.job.kind)]
    with closing(task(item.job.owner, item.job.arguments, item.outcome or {})) as steps:
        while True:
            try:
                progress = next(steps)
            except StopIteration as end:
                return _finish(item, end.value)
            try:
                queue.report(item, progress.done, progress.total, outcome=progress.outcome)
            except Cancelled as exc:
                steps.throw(exc)  # so that nothing is kept to go on with
                raise
            if stopping() or (
                progress.pausable and (time.monotonic() > until or _is_in_the_way(item))
            ):
                return queue.hand_back(item)


def _is_in_the_way(item: Item) -> bool:
    """Whether something waits for a worker, and `item` was to be done when nothing else is."""
    lowest = item.priority == LOWEST_PRIORITY
    return lowest and Item.objects.more_urgent_than(item.rank).exists()


def _finish(item: Item, last: Last) -> None:
    with transaction.atomic():
        queue.finish(item, outcome=last())
        Item.objects.filter(pk=item.pk).update(done=Coalesce("total", "done"))


def at_once(owner: Owner, kind: Job.Kind, arguments: Mapping[str, Any]) -> Outcome:
    """Do it here and now, for a caller who waits.

    Raises:
        FaceError: as run().
    """
    return to_the_end(TASKS[kind](owner, arguments, {}))


def to_the_end(steps: Steps, tell: Callable[[Progress], None] = lambda progress: None) -> Outcome:
    """Do all of `steps` here and now; `tell` hears after each how far they are.

    Raises:
        FaceError, JobError: as the steps do.
    """
    while True:
        try:
            tell(next(steps))
        except StopIteration as end:
            last: Last = end.value
            break
    with transaction.atomic():
        return last()


def merge(owner: Owner, arguments: Mapping[str, Any], _before: Outcome) -> Steps:
    """Make one cluster of several: `clusters` go `into` another, all by their public ids.

    `by`: the key of the user who wants it, if it is known.
    """
    yield Progress(0, 1)
    by = user_of(arguments)
    return lambda: asdict(
        faces.people.merging.merge(owner, arguments["into"], arguments["clusters"], by=by),
    )


@dataclass(kw_only=True)
class Made(Tally):
    """What making missing files has come to, so far."""

    thumbnails: int = 0  # that were made
    crops: int = 0  # pictures of faces that were made

    def complete(self, photo: Photo) -> bool:
        """Make those of the photo's files that are missing. False: none was."""
        crops = faces.crops.missing(photo)
        thumbnail = photos.thumbnails.is_missing(photo)
        self.count(photo)
        if not (crops or thumbnail):
            return False
        try:
            with decoders().decoded(photos.thumbnails.original_of(photo)) as decoded:
                if thumbnail:
                    photos.thumbnails.make(photo, decoded.pixels)
                faces.crops.make(crops, decoded.pixels)
        except PhotoError as exc:
            self.fail(photo, exc)
            return True
        self.thumbnails += thumbnail
        self.crops += len(crops)
        return True


def thumbnails(owner: Owner, _arguments: Mapping[str, Any], before: Outcome) -> Steps:
    """Make the thumbnails and pictures of faces that have no files, from the originals."""
    made = Made(**before)
    left = Photo.objects.of(owner).filter(pk__gt=made.last_photo)
    total = made.photos + left.count()
    for photo in _in_order(left):
        if made.complete(photo) or made.photos % _LOOKED_AT == 0:
            yield Progress(made.photos, max(total, made.photos), asdict(made))
    return lambda: asdict(made)


def _in_order(left: Any) -> Iterator[Photo]:
    """The photos of `left`, with their faces, a few at a time."""
    while some := list(left.order_by("pk").prefetch_related("faces")[:_LOOKED_AT]):
        yield from some
        left = left.filter(pk__gt=some[-1].pk)


TASKS: Mapping[Job.Kind, Task] = {
    Job.Kind.CLUSTER: clustering.cluster,
    Job.Kind.DUAL: clustering.cluster,
    Job.Kind.ASSIGN: clustering.assign,
    Job.Kind.RECLUSTER: clustering.recluster,
    Job.Kind.MERGE: merge,
    Job.Kind.TRAIN: training.task,
    Job.Kind.REDETECT: redetection.redetect,
    Job.Kind.LOOK: looking.look,
    Job.Kind.REEMBED: reembedding.reembed,
    Job.Kind.READ_NAMES: naming.read_names,
    Job.Kind.WORDS: wording.index_words,
    Job.Kind.THUMBNAILS: thumbnails,
    Job.Kind.DUPLICATES: duplicates.find,
}
