"""The way of a photo: fetch, decode, look at it in several ways at once, store."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import copy_context
from dataclasses import dataclass, replace

from django.conf import settings
from django.core.files.storage import storages
from django.db import connection, transaction

import photos.services
import search.tags
import search.words
from faces.portability.files import NamedFaces, portraits
from faces.services import FoundFaces
from inference.arrays import RGB
from inference.tracing import span
from jobs import beside, queue, result_files, uploads
from jobs.errors import Cancelled, UploadMissing, UploadTooLarge
from jobs.intake import media_store
from jobs.intake.names import file_names
from jobs.models import Item
from jobs.operations import with_needs
from jobs.services import folder_of
from photos.errors import StoreUnavailable
from photos.images import Decoded
from photos.models import Photo
from photos.operations import FACES, TAGS, Findings, Operation, Place, Store
from photos.services import Content, Picture
from photos.storage import lacks_file
from search import looks


@dataclass(frozen=True)
class Parts:
    """What a worker works with. Tests put their own here."""

    fetch: Callable[[str], bytes]  # URL -> bytes
    decoded: Callable[[bytes], AbstractContextManager[Decoded]]  # its pixels, until the block ends
    operations: Callable[[], Mapping[str, Operation]]  # as they are done now, by name
    looks: Executor  # where the operations on one photo run side by side
    max_bytes: int  # of a file in the intake storage; `fetch` has its own limit
    reached: Callable[[str], None] = lambda step: None  # for tests that stop a worker there


@dataclass(frozen=True)
class Seen:
    """What one operation made of a photo: findings, or the error that it ended with."""

    operation: Operation
    ms: float
    findings: Findings | None = None
    error: Exception | None = None


def work(item: Item, parts: Parts) -> None:
    """Do what was asked for on one photo. The item must be claimed.

    All slow calls come before the one transaction, which stores the results and the end of
    the item together. What was done before with the same models is not done again.

    Raises:
        PhotoError, InferenceError, JobError: as their `retryable` says. What the other operations
            have found is stored: another try does only the rest.
    """
    owner, item.stage_ms = item.job.owner, {}
    parts.reached("claimed")
    with _stage(item, "fetch"):
        content = Content.of(read(item, parts.fetch, parts.max_bytes))
    parts.reached("fetched")
    wanted = with_needs(item.job.operations, parts.operations())
    photo = photos.services.known(owner, content)
    left = remaining(wanted, photo)
    if photo and not left:
        finish_known(item, photo)
    else:
        _analyse(item, content, left, parts)
    parts.reached("committed")
    clear(item)


def remaining(wanted: Sequence[Operation], photo: Photo | None) -> list[Operation]:
    """Those of `wanted` that were not done on the photo of known() yet."""
    done = {(each.operation, each.recipe) for each in photo.analyses.all()} if photo else set()
    return [each for each in wanted if (each.name, each.recipe) not in done]


def _analyse(item: Item, content: Content, operations: Sequence[Operation], parts: Parts) -> None:
    with ExitStack() as held:
        with _stage(item, "decode"):
            decoded = held.enter_context(parts.decoded(content.data))
        parts.reached("decoded")
        known = [copy_context() for _ in operations]  # what the log and traces are about
        seen = list(
            parts.looks.map(
                lambda each, about: about.run(look, each, decoded.pixels), operations, known
            )
        )
        parts.reached("looked")
        with _stage(item, "store"):
            picture = picture_of(decoded)
    conclude(item, content, picture, seen, parts.reached)


def picture_of(decoded: Decoded) -> Picture:
    """What is kept of a photo, with a portrait of each face that its file names."""
    return replace(Picture.of(decoded), portraits=portraits(decoded))


def conclude(
    item: Item,
    content: Content,
    picture: Picture,
    seen: Sequence[Seen],
    reached: Callable[[str], None] = lambda step: None,
) -> None:
    """Store what was seen in the item's photo, and end the item where nothing is left to do.

    Raises:
        Exception: what one of `seen` ended with. What the others have found is stored.
        LeaseLost, Cancelled: nothing is stored.
    """
    item.stage_ms |= {each.operation.name: each.ms for each in seen}
    found, errors = grounded(seen), [each.error for each in seen if each.error]
    if found or not errors:
        _store(item, content, picture, found, reached, finished=not errors)
    if errors:  # one that may pass comes first: another try does what is left
        raise next((each for each in errors if getattr(each, "retryable", False)), errors[0])


def grounded(seen: Sequence[Seen]) -> list[Seen]:
    """What was found, but for what is made of something that was not: that waits for it."""
    missing: set[str] = set()
    found = []
    for each in seen:  # in the order of storing: what others need comes first
        if each.findings and missing.isdisjoint(each.operation.needs):
            found.append(each)
        else:
            missing.add(each.operation.name)
    return found


def look(operation: Operation, image: RGB) -> Seen:
    """In a thread that has no database connection of its own, and leaves none behind."""
    start = time.perf_counter()
    try:
        with span(operation.name):
            findings = operation.look(image)
    except Exception as exc:  # noqa: BLE001  # what others have found is kept, whatever it is
        return Seen(operation, _ms_since(start), error=exc)
    finally:
        connection.close()  # opened where the use of a model was noted, or a model loaded
    return Seen(operation, _ms_since(start), findings)


def _store(
    item: Item,
    content: Content,
    picture: Picture,
    seen: Sequence[Seen],
    reached: Callable[[str], None],
    *,
    finished: bool,
) -> None:
    owner = item.job.owner
    with _stage(item, "store"):
        bits = looks.hash_of(picture.thumbnail)
        kept = photos.services.keep(owner, content, picture)
        place = Place(owner, photos.services.folder_of(owner, content))
        stores = [
            (each.operation, _named(each.findings, picture).keep(place))
            for each in seen
            if each.findings
        ]
    reached("kept")
    is_last = not (item.job.result_files or uploads.has_sidecar(item))
    with transaction.atomic():
        with _stage(item, "store"):
            _check_there(item, content)
            photo = photos.services.store(owner, content, picture, kept, file_names(item))
            photos.services.refer(photo, item.external_id)
            looks.note(photo, bits)
            _store_found(photo, stores)
        if finished and is_last:
            queue.finish(item, photo)
        else:
            queue.hold(item)
        reached("stored")
    if finished and not is_last:  # the rest is made of what is stored now
        finish_known(item, photo)


def _check_there(item: Item, content: Content) -> None:
    """What is looked at again does not come back if it was deleted meanwhile.

    Raises:
        UploadMissing: its photo is gone.
    """
    if item.source == Item.Source.KEPT:
        mine = Photo.objects.of(item.job.owner).filter(sha256=content.sha256)
        if mine.select_for_update(no_key=True).first() is None:
            raise UploadMissing("The photo was deleted meanwhile, or its file was changed.")


def _store_found(photo: Photo, stores: Sequence[tuple[Operation, Store]]) -> None:
    """What operations have found that nobody has done meanwhile, and what is made of it."""
    recipes = {operation.name: operation.recipe for operation, _ in stores}
    new = photos.services.note_analyses(photo, recipes)
    for operation, store in stores:
        if operation.name in new:
            store(photo)
    if FACES in recipes and TAGS not in recipes:
        search.tags.count_people(photo)
    if new:
        search.words.index([photo.pk])


def _named(findings: Findings, picture: Picture) -> Findings:
    """Faces with the names that the photo's own file has for them, where these are wanted."""
    regions = picture.exif.regions
    if settings.READ_NAMES and regions and isinstance(findings, FoundFaces):
        return NamedFaces(findings, regions, picture.portraits)
    return findings


def finish_known(item: Item, photo: Photo) -> None:
    """End the item of a photo on which all is done, but for what its sidecar says.

    Names and files are there before its end is told.
    """
    if packet := uploads.sidecar_of(item):
        with _stage(item, "store"):
            beside.read(photo, packet)
    if item.job.result_files:
        with _stage(item, "files"):
            result_files.write(item, photo)
    with transaction.atomic():
        photos.services.date_by_names(photo, file_names(item))
        photos.services.refer(photo, item.external_id)
        queue.finish(item, photo)


def read(item: Item, fetch: Callable[[str], bytes], max_bytes: int) -> bytes:
    """The bytes of the item's photo, of which a file has `max_bytes` at most.

    Raises:
        PhotoError: as `fetch`.
        UploadMissing, UploadTooLarge: the file is not there, or too large.
        MediaStoreMissing: the media store has no such photo.
        StoreUnavailable: the disk, or the way to it, fails: the file may well be there.
    """
    if item.source == Item.Source.URL:
        return fetch(item.location)
    if item.source == Item.Source.MEDIA_STORE:
        return media_store.photo(item.location, item.job.owner, max_bytes=max_bytes)
    inside = item.source == Item.Source.STORAGE
    key = f"{folder_of(item.job.owner)}/{item.location}" if inside else item.location
    storage = "default" if item.source == Item.Source.KEPT else "intake"
    try:
        with storages[storage].open(key) as file:
            if file.size > max_bytes:
                raise UploadTooLarge(f"The file has more than {max_bytes} bytes.")
            return bytes(file.read())
    except OSError as exc:  # also where the key can't be that of a file
        if not lacks_file(exc):
            raise StoreUnavailable("The storage of photos can't be read now.") from exc
        raise UploadMissing(f"There is no file {item.location!r} to be processed.") from exc


def clear(item: Item) -> None:
    """An upload has done its duty; the original is kept with its photo."""
    if item.source == Item.Source.UPLOAD:
        uploads.discard([item.location])


@contextmanager
def _stage(item: Item, name: str) -> Iterator[None]:
    """Add to `item.stage_ms` how long a stage took. None is begun for what is wanted no more.

    Raises:
        Cancelled: somebody has asked for that.
    """
    if item.cancelling:
        raise Cancelled(f"Item {item.pk} is wanted no more.")
    start = time.perf_counter()
    try:
        with span(name):
            yield
    finally:
        item.stage_ms[name] = round(item.stage_ms.get(name, 0) + _ms_since(start), 1)


def _ms_since(start: float) -> float:
    return round((time.perf_counter() - start) * 1000, 1)
