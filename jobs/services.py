"""Asking for work, and waiting for it."""

import time
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from jobs.models import DEFAULT_PRIORITY, FINAL, LOWEST_PRIORITY, Item, Job
from jobs.operations import names_of
from photos.fetch import FetchPolicy
from photos.models import Analysis, Owner, Photo
from photos.operations import ALL

_POLL_S = 0.03
_BATCH = 1000  # rows of one INSERT


@dataclass(frozen=True)
class Source:
    """Where a photo comes from, and what the caller calls it."""

    kind: Item.Source
    location: str
    external_id: str = ""
    file_name: str = ""


def upload(file: File[bytes], *, external_id: str = "") -> Source:
    """Put an uploaded file where the workers find it."""
    key = storages["intake"].save(f"uploads/{uuid.uuid4().hex}", file)
    return Source(Item.Source.UPLOAD, key, external_id, (file.name or "")[:255])


def folder_of(owner: Owner) -> str:
    """The folder of the intake storage that `storage_key`s of `owner` are looked up in."""
    return f"owners/{owner.pk}"


def fetch_policy() -> FetchPolicy:
    """From where photos may be fetched, and how much of them."""
    return FetchPolicy(
        max_bytes=settings.MAX_PHOTO_BYTES,
        timeout_s=settings.FETCH_TIMEOUT_S,
        max_redirects=settings.FETCH_MAX_REDIRECTS,
        allowed_hosts=settings.FETCH_ALLOWED_HOSTS,
    )


def submit(
    owner: Owner,
    sources: Sequence[Source],
    *,
    operations: Sequence[str] = (ALL,),
    priority: int = DEFAULT_PRIORITY,
) -> Job:
    """Ask for `operations` on photos. The job, its items and the wake-up come in together.

    If that fails, nothing is there, and uploads are gone again.
    """
    with _keeping_uploads(sources), transaction.atomic():
        job = Job.objects.create(owner=owner, operations=list(operations))
        Item.objects.bulk_create(
            Item(
                job=job,
                source=source.kind,
                location=source.location,
                external_id=source.external_id,
                file_name=source.file_name,
                priority=priority,
            )
            for source in sources
        )
        wake(len(sources))
        # A wake-up that was there already may be heard before this is committed.
        transaction.on_commit(wake)
    return job


def reindex(owner: Owner, operations: Collection[str], recipes: Mapping[str, str]) -> Job | None:
    """Ask, when nothing else is to do, for `operations` on those photos of `owner` that lack them.

    `recipes`: how operations are done now. What other models have found stays beside the new. A
    photo of which a job is not done yet is asked for once more: what is done then is not done
    again. None: no photo lacks anything.

    Raises:
        OperationUnavailable: no model does one of them.
    """
    wanted = names_of(operations, recipes)
    if not wanted:
        return None
    done = Analysis.objects.filter(photo=OuterRef("pk"))
    lacks = [Q(~Exists(done.filter(operation=name, recipe=recipes[name]))) for name in wanted]
    photos = Photo.objects.of(owner).filter(reduce(or_, lacks))
    originals = photos.values_list("original", flat=True)
    with transaction.atomic():
        job = Job.objects.create(owner=owner, operations=wanted)
        items = (
            Item(job=job, source=Item.Source.KEPT, location=original, priority=LOWEST_PRIORITY)
            for original in originals.order_by("pk").iterator()
        )
        if not Item.objects.bulk_create(items, batch_size=_BATCH):
            transaction.set_rollback(True)
            return None
        wake(settings.WORKERS)
        transaction.on_commit(wake)
    return job


@contextmanager
def _keeping_uploads(sources: Sequence[Source]) -> Iterator[None]:
    with ExitStack() as discard:
        for source in sources:
            if source.kind == Item.Source.UPLOAD:
                discard.callback(storages["intake"].delete, source.location)
        yield
        discard.pop_all()


def wake(count: int = 1) -> None:
    """See to it that `count` wake-ups wait to be heard, not more than there are workers.

    Whoever hears one looks for itself at what is to do: more of them would only queue up.
    """
    unheard = OrmQ.objects.filter(lock__lte=timezone.now()).count()
    for _ in range(min(count, settings.WORKERS) - unheard):
        async_task("jobs.tasks.drain")


def wait(job: Job, *, timeout_s: float) -> bool:
    """Wait until nothing of `job` is left to do, `timeout_s` at most. False: it is not done."""
    give_up = time.monotonic() + timeout_s
    left = job.items.exclude(state__in=FINAL)
    while left.exists():
        if time.monotonic() >= give_up:
            return False
        time.sleep(_POLL_S)
    return True
