"""The way of a photo: fetch, decode, detect, embed, store."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.files.storage import storages
from django.db import transaction

import faces.services
import photos.services
from faces.services import FaceModels, FoundFace
from jobs import queue
from jobs.errors import UploadMissing, UploadTooLarge
from jobs.models import Item
from jobs.services import FACES, folder_of
from photos.images import Decoded, decode
from photos.models import Owner, Photo, Space
from photos.services import Content


@dataclass(frozen=True)
class Parts:
    """What a worker works with. Tests put their own here."""

    fetch: Callable[[str], bytes]  # URL -> bytes
    models: FaceModels
    space: Space  # of the embedder in `models`
    max_pixels: int
    max_bytes: int  # of a file in the intake storage; `fetch` has its own limit


def work(item: Item, parts: Parts) -> None:
    """Do what was asked for on one photo. The item must be claimed.

    All slow calls come before the one transaction, which stores the results and the end of
    the item together. Content that is known is not looked at again.

    Raises:
        PhotoError, InferenceError, JobError: as their `retryable` says.
    """
    owner, item.stage_ms = item.job.owner, {}
    with _stage(item, "fetch"):
        content = Content.of(_read(item, owner, parts))
    photo = photos.services.known(owner, content, FACES, parts.space)
    if photo:
        _finish_known(item, photo)
    else:
        _analyse(item, owner, content, parts)
    _clear(item)


def _analyse(item: Item, owner: Owner, content: Content, parts: Parts) -> None:
    with _stage(item, "decode"):
        decoded = decode(content.data, max_pixels=parts.max_pixels)
    with _stage(item, "detect"):
        detected = parts.models.detector.detect(decoded.pixels)
    with _stage(item, "embed"):
        found = faces.services.describe(decoded.pixels, detected, parts.models.embedder)
    _store(item, owner, content, decoded, found, parts.space)


def _store(
    item: Item,
    owner: Owner,
    content: Content,
    decoded: Decoded,
    found: list[FoundFace],
    space: Space,
) -> None:
    with _stage(item, "store"):
        kept = photos.services.keep(owner, content, decoded)
        crops = faces.services.keep(photos.services.folder_of(owner, content), found, space)
        joins = faces.services.known_clusters(owner, found, space)
    with transaction.atomic():
        with _stage(item, "store"):
            photo = photos.services.store(owner, content, decoded, kept)
            photos.services.refer(photo, item.external_id)
            if photos.services.note_analysis(photo, FACES, space):
                faces.services.store(photo, found, crops, joins, space)
        queue.finish(item, photo)


def _finish_known(item: Item, photo: Photo) -> None:
    with transaction.atomic():
        photos.services.refer(photo, item.external_id)
        queue.finish(item, photo)


def _read(item: Item, owner: Owner, parts: Parts) -> bytes:
    if item.source == Item.Source.URL:
        return parts.fetch(item.location)
    inside = item.source == Item.Source.STORAGE
    key = f"{folder_of(owner)}/{item.location}" if inside else item.location
    try:
        with storages["intake"].open(key) as file:
            if file.size > parts.max_bytes:
                raise UploadTooLarge(f"The file has more than {parts.max_bytes} bytes.")
            return bytes(file.read())
    except OSError as exc:  # also where the key can't be that of a file
        raise UploadMissing(f"There is no file {item.location!r} to be processed.") from exc


def _clear(item: Item) -> None:
    """An upload has done its duty; the original is kept with its photo."""
    if item.source == Item.Source.UPLOAD:
        storages["intake"].delete(item.location)


@contextmanager
def _stage(item: Item, name: str) -> Iterator[None]:
    """Add to `item.stage_ms` how long a stage took."""
    start = time.perf_counter()
    try:
        yield
    finally:
        ms = (time.perf_counter() - start) * 1000
        item.stage_ms[name] = round(item.stage_ms.get(name, 0) + ms, 1)
