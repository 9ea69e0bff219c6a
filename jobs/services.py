"""Asking for work."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext
from django_q.models import OrmQ
from django_q.tasks import async_task

from jobs import events, uploads
from jobs.errors import QueueFull
from jobs.models import DEFAULT_PRIORITY, LOWEST_PRIORITY, Item, Job, State
from jobs.operations import names_of
from photos.fetch import FetchPolicy
from photos.idempotency import Idempotency
from photos.models import Owner, Photo
from photos.operations import ALL

_DRAIN = "jobs.tasks.drain"
_BATCH = 5000  # rows of one INSERT
_FOLLOWS = {
    Job.Kind.DUPLICATES,
    Job.Kind.LOOK,
    Job.Kind.REEMBED,
    Job.Kind.WORDS,
}  # from something else: nobody asks for them
_MOST_TASKS = 20  # unfinished jobs of one owner that are about no new photos


@dataclass(frozen=True)
class Source:
    """Where a photo comes from, and what the caller calls it."""

    kind: Item.Source
    location: str
    external_id: str = ""
    file_name: str = ""


def upload(file: File[bytes], *, external_id: str = "", sidecar: bytes = b"") -> Source:
    """Put an uploaded file where the workers find it, with what lay beside it as its `sidecar`."""
    key = storages["intake"].save(uploads.new_key(sidecar=bool(sidecar)), file)
    if sidecar:
        storages["intake"].save(key + uploads.SIDECAR, ContentFile(sidecar))
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


@dataclass(frozen=True)
class Wishes:
    """How something is to be done, whatever it is."""

    priority: int = DEFAULT_PRIORITY
    idempotency: Idempotency | None = None
    result_files: bool = False
    max_attempts: int = field(default_factory=lambda: settings.WORKER_MAX_RETRIES)
    arguments: Mapping[str, Any] = field(default_factory=dict)  # of photos: what a door keeps


def submit(
    owner: Owner,
    sources: Sequence[Source],
    *,
    operations: Sequence[str] = (ALL,),
    wishes: Wishes = Wishes(),
) -> Job:
    """Ask for `operations` on photos. The job, its items and the wake-up come in together.

    If that fails, nothing is there, and uploads are gone again. Asked again with the same
    idempotency key it gives the job of the first time.

    Raises:
        QueueFull: too many of the owner's photos wait.
        IdempotencyKeyReused: something else was asked for with this key.
    """
    job = Job(owner=owner, operations=list(operations), result_files=wishes.result_files)
    job.arguments = dict(wishes.arguments)
    items = [
        Item(
            source=source.kind,
            location=source.location,
            external_id=source.external_id,
            file_name=source.file_name,
        )
        for source in sources
    ]
    sent = [each.location for each in sources if each.kind == Item.Source.UPLOAD]
    with uploads.keeping(sent) as keep, transaction.atomic():
        created = _enter(job, items, wishes)
        keep(created is job)
    return created


def submit_task(
    owner: Owner,
    kind: Job.Kind,
    arguments: Mapping[str, Any],
    *,
    wishes: Wishes = Wishes(),
) -> Job:
    """Ask for something that is no photo: one item, that a worker does like any other.

    Raises:
        IdempotencyKeyReused: as submit().
    """
    job = Job(owner=owner, kind=kind, operations=[], arguments=dict(arguments))
    with transaction.atomic():
        return _enter(job, [Item(source=Item.Source.NONE)], wishes)


def _enter(job: Job, items: Sequence[Item], wishes: Wishes) -> Job:
    """Store `job` and its items, in the caller's transaction, and wake the workers."""
    now = _await_turn(job.owner_id)
    if before := asked_before(job.owner, wishes.idempotency):
        return before
    _check_room(job, len(items))
    first = _begin(job, wishes)
    for turn, item in enumerate(items, start=first):
        item.turn = turn
        _prepare(item, job, wishes, now)
    Item.objects.bulk_create(items, batch_size=_BATCH)
    _announce(job, len(items))
    return job


def _await_turn(owner_pk: int) -> datetime:
    """An owner's submissions come one after the other: that keeps turns, bounds and keys exact.

    Returns the database's time.
    """
    owners = Owner.objects.select_for_update(no_key=True).annotate(now=Now())
    now: datetime = owners.values_list("now", flat=True).get(pk=owner_pk)
    return now


def _begin(job: Job, wishes: Wishes) -> int:
    """Store the job; returns the turn of its first item."""
    if wishes.idempotency:
        job.idempotency_key = wishes.idempotency.key
        job.fingerprint = wishes.idempotency.fingerprint
    job.save(force_insert=True)
    return Item.objects.next_turn(job.owner_id, wishes.priority)


def _prepare(item: Item, job: Job, wishes: Wishes, now: datetime) -> None:
    item.job, item.owner_id = job, job.owner_id
    item.priority = item.rank = wishes.priority
    item.max_attempts = wishes.max_attempts
    # The database's clock, but as a value: rows without expressions go in as a few arrays, in a
    # quarter of the time.
    item.ranked_at = item.run_after = now


def _announce(job: Job, count: int) -> None:
    events.tell_created(job, count)
    events.ring()
    wake(count)
    # A wake-up that was there already may be heard before this is committed.
    transaction.on_commit(wake)


def asked_before(owner: Owner, idempotency: Idempotency | None) -> Job | None:
    """The job that `owner` has asked for with the same key before.

    Raises:
        IdempotencyKeyReused: it was something else that was asked for.
    """
    if idempotency is None:
        return None
    before = Job.objects.filter(owner=owner, idempotency_key=idempotency.key).first()
    if before:
        idempotency.check(before.fingerprint)
    return before


def _check_room(job: Job, count: int) -> None:
    """New photos are bounded. What is asked for of those that are here takes none of their room,
    and what follows from an edit, a new model or an upgrade is not bounded: one of that waits at a
    time.

    Raises:
        QueueFull: the owner has as much waiting as may.
    """
    if job.kind in _FOLLOWS:
        return
    waiting: QuerySet[Any]
    if job.kind == Job.Kind.PHOTOS:
        limit, what = settings.QUEUE_LIMIT, gettext("photos")
        waiting = Item.objects.filter(owner=job.owner_id, state__in=[State.QUEUED, State.PAUSED])
        waiting = waiting.exclude(source__in=[Item.Source.KEPT, Item.Source.NONE])
    else:
        limit, what, count = _MOST_TASKS, gettext("jobs that are about no new photos"), 1
        waiting = Job.objects.filter(owner=job.owner_id, finished_at=None)
        waiting = waiting.exclude(kind=Job.Kind.PHOTOS)
    if waiting.values("pk")[: limit + 1].count() + count > limit:
        raise QueueFull(limit, what)


def reindex(
    owner: Owner,
    operations: Collection[str],
    recipes: Mapping[str, str],
    *,
    idempotency: Idempotency | None = None,
    most: int | None = None,
) -> Job | None:
    """Ask, when nothing else is to do, for `operations` on those photos of `owner` that lack them.

    `recipes`: how operations are done now. What other models have found stays beside the new. A
    photo of which a job is not done yet is asked for once more: what is done then is not done
    again. None: no photo lacks anything. `most`: of so many
    photos, those that came first.

    Raises:
        OperationUnavailable: no model does one of them.
        IdempotencyKeyReused, QueueFull: as submit().
    """
    wanted = names_of(operations, recipes)
    if not wanted:
        return None
    photos = Photo.objects.of(owner).lacking({name: recipes[name] for name in wanted})
    if most is not None:
        photos = Photo.objects.filter(pk__in=photos.order_by("pk").values("pk")[:most])
    job = Job(owner=owner, kind=Job.Kind.REINDEX, operations=wanted)
    wishes = Wishes(LOWEST_PRIORITY, idempotency)
    with transaction.atomic():
        now = _await_turn(owner.pk)
        if before := asked_before(owner, idempotency):
            return before
        _check_room(job, 0)
        pattern = Item(source=Item.Source.KEPT, turn=_begin(job, wishes))
        _prepare(pattern, job, wishes, now)
        count = Item.objects.copy(pattern, photos.values("pk", location=F("original")))
        if not count:
            transaction.set_rollback(True)
            return None
        _announce(job, count)
    return job


def wake(count: int | None = 1) -> None:
    """See to it that `count` wake-ups wait to be heard, not more than there are workers (None).

    Whoever hears one looks for itself at what is to do: more of them would only queue up.
    """
    wanted = settings.WORKERS if count is None else min(count, settings.WORKERS)
    tasks = OrmQ.objects.filter(lock__lte=timezone.now())
    unheard = sum(task.func() == _DRAIN for task in tasks)
    for _ in range(wanted - unheard):
        async_task(_DRAIN)
