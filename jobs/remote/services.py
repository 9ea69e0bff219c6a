"""Photos in the hands of remote workers: how they get them, and what becomes of them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from django.conf import settings
from django.core.files.base import ContentFile

import photos.services
from jobs import events, pipeline, queue, services, uploads
from jobs.errors import Cancelled, FindingsInvalid, FindingsOutdated, LeaseLost
from jobs.given import Given
from jobs.intake.names import name_in
from jobs.models import Item, RemoteWorker, State, WorkerToken
from jobs.operations import needs_of
from jobs.remote.answers import (
    check_recipes,
    current,
    error_of,
    is_composed,
    picture_of,
    seen_by,
    stages_of,
    wanted,
)
from jobs.remote.wire import Reading
from photos.fetch import fetch
from photos.operations import ALL, OPERATIONS
from photos.services import Content

INTERNAL = "internal_error"  # a worker's word for what nobody foresaw


def able(offered: Mapping[str, str], recipes: Mapping[str, str]) -> set[str]:
    """The operations that a worker of the recipes `offered` does as they are done here.

    Captions that are made of what others find are made here, of what others it may be.
    """
    found: set[str] = set()
    for name in OPERATIONS:  # in this order what others need comes first
        recipe = recipes.get(name)
        if recipe is None or not found.issuperset(needs_of(name, recipes)):
            continue
        if is_composed(name, recipe) or offered.get(name) == recipe:
            found.add(name)
    return found


def claim(worker: RemoteWorker, *, limit: int, recipes: Mapping[str, str]) -> list[Item]:
    """Lease up to `limit` photos of which `worker` can do all that is asked for.

    One that a worker has died with is leased alone, as it is for our own workers.
    """
    names = {*worker.operations, ALL} if {*worker.operations} == {*recipes} else worker.operations
    if not names:
        return []
    ask = partial(
        Item.objects.claim,
        worker=worker.worker,
        lease_s=settings.LEASE_S,
        operations=names,
        owner_pk=worker.token.owner_id,
    )
    held = Item.objects.filter(state=State.PROCESSING, worker=worker.worker)
    if held.filter(deaths__gt=0).exists():
        return []
    if not held.exists() and (suspects := ask(limit=1, suspects=True)):
        return suspects
    return ask(limit=limit)


def find(token: WorkerToken, pk: int) -> Item | None:
    """The photo of this id, if it is one that `token` may see."""
    items = Item.objects.exclude(source=Item.Source.NONE).select_related("job__owner", "owner")
    if token.owner_id:
        items = items.filter(owner=token.owner_id)
    return items.filter(pk=pk).first()


def check_held(item: Item, worker: RemoteWorker, lease: int) -> None:
    """
    Raises:
        LeaseLost: `worker` does not have the item, or not by this lease.
    """
    held = (State.PROCESSING, worker.worker, lease)
    if (item.state, item.worker, item.leases) != held:
        raise LeaseLost("You do not hold this photo: it was given to another, or is done.")


def photo_of(item: Item, recipes: Mapping[str, str]) -> tuple[Content, list[str]]:
    """The bytes of the item's photo, and which operations are left to do on it.

    Raises:
        PhotoError, JobError: the photo can't be had; its item has ended, or is tried again.
        LeaseLost, Cancelled: nobody waits for it any more.
    """
    with _ending(item):
        try:
            content, operations = _content(item), wanted(item, recipes)
        except LeaseLost:
            raise
        except queue.KNOWN_ERRORS as exc:
            queue.give_up(item, exc)
            raise
    known = photos.services.known(item.job.owner, content)
    return content, [each.name for each in pipeline.remaining(operations, known)]


def complete(item: Item, answer: Given) -> queue.KnownError | None:
    """Store what a worker has found, and end the item: all of it, or nothing.

    Returns the error that the item has ended with, or waits with: the worker's own, mostly.

    Raises:
        FindingsInvalid: the answer can't be true; the item is still the worker's.
        FindingsOutdated: other models are active by now; the item has its turn again.
        LeaseLost, Cancelled: nobody waits for it any more; nothing was stored.
    """
    with _ending(item):
        try:
            _store(item, answer)
        except (LeaseLost, Cancelled, FindingsInvalid):
            raise
        except FindingsOutdated as exc:
            queue.give_up(item, exc)
            raise
        except queue.KNOWN_ERRORS as exc:
            queue.give_up(item, exc)
            return exc
    if not Item.objects.filter(owner=item.owner_id, state=State.QUEUED).exists():
        services.wake()  # our own workers group the faces
    return None


def fail(item: Item, code: str, detail: str) -> None:
    """End the item's attempt with the error that a worker has met.

    Raises:
        FindingsInvalid: there is no such error.
        LeaseLost, Cancelled: as complete().
    """
    with _ending(item):
        if code == INTERNAL:
            queue.fail_unexpectedly(item)
        else:
            queue.give_up(item, error_of(Given(code, "code"), detail))


def release(item: Item) -> None:
    """Put the item back as it was, as its worker stops.

    Raises:
        LeaseLost, Cancelled: as complete().
    """
    with _ending(item):
        queue.hand_back(item)
    services.wake()


@contextmanager
def _ending(item: Item) -> Iterator[None]:
    """What belongs to each end of an item, however it ends."""
    try:
        yield
    except Cancelled:
        queue.drop(item)
        raise
    finally:
        events.ring()
        queue.settle([item.job_id])


def _content(item: Item) -> Content:
    """The bytes. What was fetched is kept in the intake: nothing is fetched twice."""
    read = partial(fetch, policy=services.fetch_policy())
    data = pipeline.read(item, read, settings.MAX_PHOTO_BYTES)
    if item.source == Item.Source.URL:
        _keep(item, data)
    return Content.of(data)


def _keep(item: Item, data: bytes) -> None:
    """
    Raises:
        LeaseLost: another worker has the item now, or somebody else has kept it.
    """
    source = services.upload(ContentFile(data))
    name = item.file_name or name_in(item.location)  # it may say when the photo was taken
    if (
        not queue.mine(item)
        .filter(source=item.source)
        .update(source=source.kind, location=source.location, file_name=name)
    ):
        uploads.discard([source.location])
        raise LeaseLost("You do not hold this photo any more.")
    item.source, item.location, item.file_name = source.kind, source.location, name


def _store(item: Item, answer: Given) -> None:
    making = current()
    operations = wanted(item, making.recipes)
    check_recipes(answer["recipes"], operations)
    item.stage_ms = stages_of(answer["stage_ms"])
    content = _content(item)
    if answer["sha256"].value != content.sha256:
        raise answer["sha256"].wrong("the photo has other bytes.")
    photo = photos.services.known(item.job.owner, content)
    left = pipeline.remaining(operations, photo)
    if photo and not left:
        pipeline.finish_known(item, photo)
    else:
        picture = picture_of(answer["picture"], content)
        reading = Reading(picture.width, picture.height, making)
        seen = [seen_by(each, answer, reading, item.stage_ms) for each in left]
        pipeline.conclude(item, content, picture, seen)
    pipeline.clear(item)
