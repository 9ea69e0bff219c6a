"""Uploads in the intake: they are there as long as somebody waits for them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.core.files.storage import storages
from django.db.models import QuerySet

from jobs.connections import LOST
from jobs.models import Item


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


def of(items: QuerySet[Item]) -> list[str]:
    """Keys of what still waits for `items`."""
    return list(items.filter(source=Item.Source.UPLOAD).values_list("location", flat=True))


def discard(keys: Iterable[str]) -> None:
    """Delete uploads that nobody waits for any more."""
    for key in keys:
        storages["intake"].delete(key)
