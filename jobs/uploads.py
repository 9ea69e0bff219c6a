"""Uploads in the intake, and sidecars beside them: there as long as somebody waits for them."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.core.files.storage import storages
from django.db.models import QuerySet

from jobs.connections import LOST
from jobs.models import Item
from photos.errors import StoreUnavailable
from photos.storage import lacks_file

SIDECAR = ".xmp"  # after the key of the photo
_ACCOMPANIED = "-and-sidecar"  # ends the keys of photos that have one: no other is asked for it


@contextmanager
def keeping(keys: Sequence[str]) -> Iterator[Callable[[bool], None]]:
    """Uploads stay if the block ends well and has said that they are wanted.

    And where the database was lost in the middle: it may have stored the job, and only its word was
    not heard. The clean-up looks for those that nobody wants.
    """
    wanted: list[bool] = []
    try:
        yield wanted.append
    except LOST:
        wanted = [True]
        raise
    except BaseException:
        wanted = []
        raise
    finally:
        if wanted != [True]:
            discard(keys)


def new_key(*, sidecar: bool) -> str:
    return f"uploads/{uuid.uuid4().hex}{_ACCOMPANIED if sidecar else ''}"


def of(items: QuerySet[Item]) -> list[str]:
    """Keys of what still waits for `items`."""
    return list(items.filter(source=Item.Source.UPLOAD).values_list("location", flat=True))


def photo_of(key: str) -> str:
    """The key of the photo that an upload is, or is the sidecar of."""
    return key.removesuffix(SIDECAR)


def has_sidecar(item: Item) -> bool:
    return item.source == Item.Source.UPLOAD and item.location.endswith(_ACCOMPANIED)


def sidecar_of(item: Item) -> bytes | None:
    """What lay beside the item's photo, if anything did.

    Raises:
        StoreUnavailable: the disk, or the way to it, fails.
    """
    if not has_sidecar(item):
        return None
    try:
        with storages["intake"].open(item.location + SIDECAR) as file:
            return bytes(file.read())
    except OSError as exc:
        if not lacks_file(exc):
            raise StoreUnavailable("The storage of photos can't be read now.") from exc
        return None


def discard(keys: Iterable[str]) -> None:
    """Delete photos that nobody waits for any more, with their sidecars."""
    for key in keys:
        storages["intake"].delete(key)
        if key.endswith(_ACCOMPANIED):
            storages["intake"].delete(key + SIDECAR)
