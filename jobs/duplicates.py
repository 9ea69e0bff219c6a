"""Finding near-duplicates as work that is asked for, and that asks for itself."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from jobs import services
from jobs.following import unfinished
from jobs.models import Job
from jobs.steps import Outcome, Progress, Steps, Tally
from photos.errors import ThumbnailMissing
from photos.models import Owner
from search import duplicates, looks
from search.models import PhotoLook

_LOOKED_AT = 100  # thumbnails of one step


@dataclass(kw_only=True)
class Compared(Tally):
    """What it has come to, so far: `photos` counts those whose thumbnails were looked at."""

    compared: int = 0  # photos whose place is known now


def ask(owner: Owner) -> Job:
    """A job of find() that is not done yet, or a new one."""
    before = Job.objects.filter(owner=owner, kind=Job.Kind.DUPLICATES)
    return unfinished(before) or services.submit_task(owner, Job.Kind.DUPLICATES, {})


def find(owner: Owner, _arguments: Mapping[str, Any], before: Outcome) -> Steps:
    """Look at the thumbnails that were not looked at yet, and group what came in since."""
    done = Compared(**before)
    lacking = looks.lacking(owner)
    waiting = PhotoLook.objects.of(owner).waiting()
    left = lacking.filter(pk__gt=done.last_photo).count() + waiting.count()
    total = done.photos + done.compared + left
    while some := list(lacking.filter(pk__gt=done.last_photo).order_by("pk")[:_LOOKED_AT]):
        lost = looks.look(some)
        for photo in some:
            done.count(photo)
            if photo in lost:
                done.fail(photo, ThumbnailMissing())
        total += len(some) - len(lost)  # they wait now
        yield _progress(done, total)
    for count in duplicates.compare(owner):
        done.compared += count
        yield _progress(done, total)
    return lambda: asdict(done)


def _progress(done: Compared, total: int) -> Progress:
    passed = done.photos + done.compared
    return Progress(passed, max(total, passed), asdict(done))
