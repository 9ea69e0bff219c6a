"""What the workers run. Nothing here carries a photo: the rows say what is to do."""

import logging
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial

from django.conf import settings
from django.db.models import Exists, OuterRef

import photos.roles
import photos.serving
import search.looks
import search.tags
from faces import calibration
from faces.errors import ConstraintsConflict, GroupingBusy
from faces.models import GroupingDue, Inquiry
from faces.review import ahead
from inference.client import TritonClient
from inference.errors import InferenceError
from jobs import (
    cleanup,
    clustering,
    duplicates,
    looking,
    pulse,
    queue,
    reembedding,
    services,
    wording,
)
from jobs.active import ActiveOperations, taggers
from jobs.drain import Drain
from jobs.errors import CleanUpBusy
from jobs.intake import media_store
from jobs.models import Delivery, Item, Receiver
from jobs.operations import current_recipes
from jobs.pipeline import Parts
from jobs.telling import mqtt, outbox, webhooks
from photos.decoding import decoders
from photos.errors import RepositoryBroken
from photos.fetch import fetch
from photos.models import Owner, Photo
from photos.operations import TAGS
from photos.places import following
from search.models import PhotoLook

log = logging.getLogger(__name__)

_OWNERS = 100  # whose faces are grouped by one task at most
_CLEAN_UP_S = 10  # for each kind of thing: photos wait meanwhile
_PLACES_S = 10  # for those that are due: photos wait meanwhile
_DELIVER_S = 10  # then other tasks have their turn
_WORTH_WAITING_S = 5  # a drain waits for a photo that is to be tried again so soon


def drain() -> None:
    """Work until the queue is empty or the time is up; then do what follows from many photos."""
    pulse.beat()
    sweep_leases()
    until = time.monotonic() + settings.DRAIN_S
    threads = settings.LOOKS_IN_FLIGHT * settings.PHOTOS_IN_FLIGHT
    with photos.serving.client() as triton, ThreadPoolExecutor(threads) as looks:
        parts = parts_of(triton, looks)
        while _await_item() and time.monotonic() < until:
            if not triton.live():
                log.warning("The model server does not answer: photos wait for it")
                return
            _drain(parts, until)
    find_places()
    grouped = group(until)
    find_questions(until)
    if not pulse.STOPPING.is_set() and _something_to_do(grouping=grouped):
        services.wake()


def group(until: float) -> bool:
    """Group the faces of owners who have new ones, one owner at least.

    False: another worker is at it with one of them, and will look whether more is to do.
    """
    free = True
    for due in GroupingDue.objects.select_related("owner", "space").order_by("asked_at")[:_OWNERS]:
        pulse.beat()
        try:
            clustering.group(due.owner, due.space)
        except GroupingBusy:
            free = False
        except ConstraintsConflict as exc:  # until somebody takes something back
            log.warning("The faces of owner %s are not grouped: %s", due.owner_id, exc)
            due.delete()
        if time.monotonic() > until or pulse.STOPPING.is_set():
            break
    return free


def group_faces() -> None:
    """Group the faces that wait for it, also where no photo came in since, and ask what is open."""
    until = time.monotonic() + settings.DRAIN_S
    group(until)
    ahead.ask_where_changed()
    find_questions(until)


def find_questions(until: float) -> None:
    """Have questions kept for the review desk, where somebody asks for them or faces have moved."""
    space = clustering.current_space()
    while space and time.monotonic() < until and not pulse.STOPPING.is_set():
        pulse.beat()
        if not ahead.find_due(space):
            break


def find_places() -> None:
    """Find the places of photos that are new, or old and never had any, and of their neighbours."""
    until = time.monotonic() + _PLACES_S
    following.follow(stopping=lambda: _is_stopping() or time.monotonic() > until)


def calibrate() -> None:
    """Let scores mean what owners have confirmed since. What there is no time for has another."""
    space, until = clustering.current_space(), time.monotonic() + settings.DRAIN_S
    if space is None:
        return
    for owner in calibration.due(space).order_by("?"):  # so that nobody is always the last one
        pulse.beat()
        calibration.refit(owner, space, least_change=calibration.ENOUGH_CHANGED)
        if time.monotonic() > until or pulse.STOPPING.is_set():
            break


def look_at_faces() -> None:
    """Have those faces looked at that lack a vector, whatever has brought that about."""
    for owner in Owner.objects.order_by("pk"):
        if looking.is_due(owner):
            looking.ask(owner)


def find_duplicates() -> None:
    """Have photos compared with their owner's others that came in since."""
    waiting = PhotoLook.objects.waiting().filter(owner=OuterRef("pk"))
    for owner in Owner.objects.filter(Exists(waiting)).order_by("pk"):
        duplicates.ask(owner)


def look_at_thumbnails() -> None:
    """Have photos compared that are older than that, or whose hash is made in another way."""
    for owner in Owner.objects.order_by("pk"):
        if search.looks.lacking(owner).exists():
            duplicates.ask(owner)


def clean_up() -> None:
    """Remove what nobody needs any more, unless somebody is at it."""
    order = cleanup.Order(
        settings.JOB_RETENTION_DAYS, settings.EVENT_RETENTION_DAYS, settings.SEARCH_LOG_DAYS
    )
    try:
        cleaned = cleanup.run(order, limit_s=_CLEAN_UP_S, stopping=_is_stopping)
    except CleanUpBusy as exc:
        log.info("%s", exc)
    else:
        log.info("Removed: %s", cleaned.removed)


def _is_stopping() -> bool:
    pulse.beat()
    return pulse.STOPPING.is_set()


def sweep() -> None:
    """Heal what was lost: expired leases, wake-ups that nobody heard. Let what waits long rise."""
    sweep_leases()
    queue.settle_all()
    Item.objects.age(after_s=settings.PRIORITY_AGE_HOURS * 3600)
    if _something_to_do(grouping=True):
        services.wake(settings.WORKERS)


def _something_to_do(*, grouping: bool) -> bool:
    return (
        Item.objects.any_waiting()
        or Inquiry.objects.due().exists()
        or (grouping and GroupingDue.objects.exists())
    )


def deliver() -> None:
    """Tell those outside what they wait for, unless another worker is at it."""
    pulse.beat()
    with outbox.alone() as ours, mqtt.Publisher(settings.MQTT_URL) as broker:
        if not ours:
            return
        Receiver.objects.install()
        senders: dict[str, outbox.Send] = {
            Delivery.Channel.WEBHOOK: partial(webhooks.send, policy=webhooks.policy()),
            Delivery.Channel.MQTT: broker.send,
            Delivery.Channel.MEDIA_STORE: media_store.push,
        }
        outbox.Outbox(senders, _DELIVER_S, pulse.STOPPING.is_set).run()
    if not pulse.STOPPING.is_set():
        outbox.wake()


def tend() -> None:
    """Know new models, unload those that nobody uses, load those that are to stay loaded."""
    try:
        photos.roles.sync(settings.MODEL_REPOSITORY)
        photos.serving.keeper().tend()
    except (InferenceError, RepositoryBroken) as exc:
        log.warning("Models could not be tended: %s", exc)


def reembed() -> None:
    """Have photos follow the model that sees them, and search where all have followed."""
    pulse.beat()
    reembedding.tend()


def retag() -> None:
    """Tag photos again after a change of the vocabulary. Asks no model if there was none."""
    recipe = current_recipes().get(TAGS)
    if recipe is None or not search.tags.is_due(recipe):
        return
    with photos.serving.client() as triton:
        tags, captions = taggers(ActiveOperations(triton, settings.MODEL_REPOSITORY))
        if tags:
            for _ in search.tags.retag(Photo.objects.all(), tags, captions):
                pulse.beat()


def index_words() -> None:
    """Have photos found by their words that were stored before these were, or by newer ones."""
    for owner in wording.due():
        wording.ask(owner)


def sweep_leases() -> None:
    for item in queue.sweep():
        log.warning("Item %s: its worker has died; it is %s", item.pk, item.state)


def _drain(parts: Parts, until: float) -> None:
    Drain(
        parts,
        in_flight=settings.PHOTOS_IN_FLIGHT,
        lease_s=settings.LEASE_S,
        limit_s=until - time.monotonic(),
        stopping=pulse.STOPPING.is_set,
    ).run()


def parts_of(triton: TritonClient, looks: Executor) -> Parts:
    return Parts(
        fetch=partial(fetch, policy=services.fetch_policy()),
        operations=ActiveOperations(triton, settings.MODEL_REPOSITORY),
        looks=looks,
        decoded=decoders().decoded,
        max_bytes=settings.MAX_PHOTO_BYTES,
    )


def _await_item() -> bool:
    """Whether there is something to do, now or in a moment: then it waits for that moment."""
    seconds = Item.objects.next_in_s()
    if seconds is None or seconds > _WORTH_WAITING_S:
        return False
    return not pulse.STOPPING.wait(seconds)
