"""Having the rows that words are looked for in, of photos that lack them or have older ones."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from jobs import services
from jobs.models import UNFINISHED, Item, Job
from jobs.steps import Outcome, Progress, Steps
from photos.models import Owner, Photo
from search.words import index, to_index

BATCH = 500  # photos of one transaction


def due() -> QuerySet[Owner]:
    """Owners of photos that are to be indexed: after an upgrade, or a change of the vocabulary.

    Raises:
        VocabularyError: a file of it is broken.
    """
    photos = to_index(Photo.objects.all())
    return Owner.objects.filter(pk__in=photos.values("owner")).order_by("pk")


def ask(owner: Owner) -> Job:
    """A job of index_words(): one that is not done yet, or a new one."""
    asked = Item.objects.filter(owner=owner, job__kind=Job.Kind.WORDS, state__in=UNFINISHED)
    item = asked.select_related("job").first()
    return item.job if item else services.submit_task(owner, Job.Kind.WORDS, {})


def index_words(owner: Owner, _arguments: Mapping[str, Any], before: Outcome) -> Steps:
    """Make the rows of those photos that lack them, or have others than they would be now."""
    done, last = before.get("photos", 0), before.get("last_photo", 0)
    left = to_index(Photo.objects.of(owner)).order_by("pk").values_list("pk", flat=True)
    total = done + left.filter(pk__gt=last).count()
    while some := list(left.filter(pk__gt=last)[:BATCH]):
        with transaction.atomic():  # locked as those do who store results
            locked = Photo.objects.select_for_update(no_key=True).filter(pk__in=some)
            index(locked.order_by("pk").values_list("pk", flat=True))
        done, last = done + len(some), some[-1]
        yield Progress(done, max(total, done), {"photos": done, "last_photo": last})
    return lambda: {"photos": done}
