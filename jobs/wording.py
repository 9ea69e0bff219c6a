"""Having the rows that words are looked for in, of photos that lack them or have older ones."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from jobs import services
from jobs.following import unfinished
from jobs.models import Job
from jobs.steps import Outcome, Progress, Steps
from photos.models import Owner, Photo
from search.words import index, to_index

BATCH = 500  # photos that are looked at in one transaction


def due() -> QuerySet[Owner]:
    """Owners of photos that are to be indexed: after an upgrade, or a change of the vocabulary.

    Raises:
        VocabularyError: a file of it is broken.
    """
    photos = to_index(Photo.objects.all())
    return Owner.objects.filter(pk__in=photos.values("owner")).order_by("pk")


def ask(owner: Owner) -> Job:
    """A job of index_words(): one that is not done yet, or a new one."""
    before = Job.objects.filter(owner=owner, kind=Job.Kind.WORDS)
    return unfinished(before) or services.submit_task(owner, Job.Kind.WORDS, {})


def index_words(owner: Owner, _arguments: Mapping[str, Any], before: Outcome) -> Steps:
    """Make the rows of those photos that lack them, or have others than they would be now."""
    made = Made(**before)
    left = Photo.objects.of(owner).order_by("pk").values_list("pk", flat=True)
    total = made.looked_at + left.filter(pk__gt=made.last_photo).count()
    while some := list(left.filter(pk__gt=made.last_photo)[:BATCH]):
        made.make(some)
        yield Progress(made.looked_at, max(total, made.looked_at), asdict(made))
    return lambda: asdict(made)


@dataclass(kw_only=True)
class Made:
    """What making rows has come to, so far."""

    photos: int = 0  # that have got one
    looked_at: int = 0
    last_photo: int = 0  # primary key

    def make(self, some: Sequence[int]) -> None:
        """For those of the photos with these keys, in order, that lack them."""
        with transaction.atomic():  # locked as those do who store results
            lacking = to_index(Photo.objects.filter(pk__in=some)).select_for_update(no_key=True)
            keys = list(lacking.order_by("pk").values_list("pk", flat=True))
            index(keys)
        self.photos += len(keys)
        self.looked_at += len(some)
        self.last_photo = some[-1]
