"""What the workers run. Nothing here carries a photo: the rows say what is to do."""

import logging
import time
from functools import partial

from django.conf import settings

import faces.grouping
import faces.services
from faces.errors import GroupingBusy
from faces.models import GroupingDue
from faces.services import FaceModels
from inference.client import TritonClient
from inference.errors import InferenceError
from inference.faces import TritonFaceDetector, TritonFaceEmbedder
from jobs import pulse, queue, services
from jobs.drain import Drain
from jobs.models import Item
from jobs.pipeline import Parts
from photos.fetch import fetch

log = logging.getLogger(__name__)

_OWNERS = 100  # whose faces are grouped by one task at most
_WORTH_WAITING_S = 5  # a drain waits for a photo that is to be tried again so soon


def drain() -> None:
    """Work until the queue is empty or the time is up; then group the faces that wait for it."""
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
            _drain(parts, until)
    grouped = group(until)
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
            faces.grouping.group(due.owner, due.space)
        except GroupingBusy:
            free = False
        if time.monotonic() > until or pulse.STOPPING.is_set():
            break
    return free


def sweep() -> None:
    """Heal what was lost: expired leases, wake-ups that nobody heard."""
    sweep_leases()
    if _something_to_do(grouping=True):
        services.wake(settings.WORKERS)


def _something_to_do(*, grouping: bool) -> bool:
    return Item.objects.waiting().exists() or (grouping and GroupingDue.objects.exists())


def sweep_leases() -> None:
    for item in Item.objects.sweep(max_deaths=queue.MAX_DEATHS):
        log.warning("Item %s: its worker has died; it is %s", item.pk, item.state)


def _drain(parts: Parts, until: float) -> None:
    Drain(
        parts,
        in_flight=settings.PHOTOS_IN_FLIGHT,
        lease_s=settings.LEASE_S,
        limit_s=until - time.monotonic(),
        stopping=pulse.STOPPING.is_set,
    ).run()


def _parts(triton: TritonClient) -> Parts:
    embedder = TritonFaceEmbedder(triton)
    return Parts(
        fetch=partial(fetch, policy=services.fetch_policy()),
        models=FaceModels(TritonFaceDetector(triton), embedder),
        space=faces.services.space_of(embedder),
        max_pixels=settings.MAX_PHOTO_PIXELS,
        max_bytes=settings.MAX_PHOTO_BYTES,
    )


def _await_item() -> bool:
    """Whether there is something to do, now or in a moment: then it waits for that moment."""
    seconds = Item.objects.next_in_s()
    if seconds is None or seconds > _WORTH_WAITING_S:
        return False
    return not pulse.STOPPING.wait(seconds)
