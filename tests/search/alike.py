"""Photos whose hashes a test chooses, and pictures that are alike."""

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np

from inference.arrays import RGB
from photos.models import Photo
from search.looks import RECIPE
from search.models import PhotoLook
from tests.factories import make_photo
from tests.pictures import noise


def bits(*turned: int, of: int = 0) -> bytes:
    """A hash: the picture `of` that number, with some bits `turned` the other way round."""
    hashed = np.random.default_rng(of).integers(0, 2, 256, np.uint8)
    hashed[list(turned)] ^= 1
    return np.packbits(hashed).tobytes()


def make_look(*turned: int, of: int = 0, photo: Photo | None = None, **values: Any) -> Photo:
    """A photo with such a hash, which waits to be compared."""
    photo = photo or make_photo(**values)
    PhotoLook.objects.create(
        photo=photo, owner=photo.owner, recipe=RECIPE, hash=bits(*turned, of=of)
    )
    return photo


def slow(count: int) -> Iterable[int]:
    """So many of the first 64 bits."""
    return range(count)


def fast(count: int) -> Iterable[int]:
    """So many of the others."""
    return range(64, 64 + count)


def scene(*, seed: int = 0, width: int = 640, height: int = 480) -> RGB:
    """Pixels with something large in them, as photos have; another seed is another photo."""
    small = noise(width=24, height=18, seed=seed)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def groups() -> list[set[int]]:
    """The photos of each group, in the order of their leaders."""
    looks = PhotoLook.objects.copies().order_by("leader", "photo")
    found: dict[int, set[int]] = {}
    for leader, photo in looks.values_list("leader", "photo"):
        found.setdefault(leader, {leader}).add(photo)
    return list(found.values())
