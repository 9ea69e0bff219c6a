"""What the workers run. Nothing here carries a photo: the rows say what is to do."""

import logging
import time
from functools import partial

from django.conf import settings
from django_q.tasks import async_task

import faces.grouping
import faces.services
from faces.services import FaceModels
from inference.client import TritonClient
from inference.errors import InferenceError
from inference.faces import TritonFaceDetector, TritonFaceEmbedder
from jobs import pulse, queue, services
from jobs.drain import Drain
from jobs.models import Item
from jobs.pipeline import Parts
from photos.fetch import fetch
from photos.models import Owner, Space

log = logging.getLogger(__name__)

_GROUPING_S = 300
_WORTH_WAITING_S = 5  # a drain waits for a photo that is to be tried again so soon


def drain() -> None:
    """Work until the queue is empty or the time is up."""
    pulse.beat()
    sweep_leases()
    until = time.monotonic() + settings.DRAIN_S
    with TritonClient(settings.TRITON_URL, timeout_s=settings.TRITON_TIMEOUT_S) as triton:
        while _await_item() and time.monotonic() < until:
            try:
                parts = _parts(triton)
            except InferenceError as exc:
                log.warning("The model server cannot be used, photos wait for it: %s", exc)
                return
            _group(_drain(parts).owners, parts.space)
    if Item.objects.waiting().exists() and not pulse.STOPPING.is_set():
        services.wake()


def sweep() -> None:
    """Heal what was lost: expired leases, wake-ups that nobody heard."""
    sweep_leases()
    waiting = Item.objects.waiting().count()
    if waiting:
        services.wake(waiting)


def group(owner_pk: int, space_pk: int) -> None:
    """Group the faces of an owner that belong to no cluster yet."""
    pulse.beat(busy_s=_GROUPING_S)
    owner, space = Owner.objects.get(pk=owner_pk), Space.objects.get(pk=space_pk)
    faces.grouping.group(owner, space)
    pulse.beat()


def sweep_leases() -> None:
    for item in Item.objects.sweep(max_attempts=queue.MAX_ATTEMPTS):
        log.warning("Item %s: its worker has died; it is %s", item.pk, item.state)


def _drain(parts: Parts) -> Drain:
    drain = Drain(
        parts,
        in_flight=settings.PHOTOS_IN_FLIGHT,
        lease_s=settings.LEASE_S,
        limit_s=settings.DRAIN_S,
        stopping=pulse.STOPPING.is_set,
    )
    drain.run()
    return drain


def _parts(triton: TritonClient) -> Parts:
    embedder = TritonFaceEmbedder(triton)
    return Parts(
        fetch=partial(fetch, policy=services.fetch_policy()),
        models=FaceModels(TritonFaceDetector(triton), embedder),
        space=faces.services.space_of(embedder),
        max_pixels=settings.MAX_PHOTO_PIXELS,
    )


def _await_item() -> bool:
    """Whether there is something to do, now or in a moment: then it waits for that moment."""
    seconds = Item.objects.next_in_s()
    if seconds is None or seconds > _WORTH_WAITING_S:
        return False
    return not pulse.STOPPING.wait(seconds)


def _group(owners: set[int], space: Space) -> None:
    for owner_pk in owners:
        async_task("jobs.tasks.group", owner_pk, space.pk)
