"""What a photo looks like at a glance: 256 bits, much the same for all files of one picture."""

import cv2
import numpy as np
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from photos.models import Owner, Photo
from search.models import PhotoLook

RECIPE = 1  # how hashes are made; another one makes them all anew
WORDS = 4  # of 64 bits
_SIDE = 64  # pixels that are looked at
_WAVES = 16  # across and down, the slowest
_SLOWEST = 8  # those whose bits come first: a hash is found by them
_LEAST_DETAIL = 4.0  # of grey, 0 to 255, standard deviation; a wall or the night sky has less


def hash_of(thumbnail: bytes) -> bytes | None:
    """The bits of a JPEG's waves, 32 bytes: those of the 64 slowest first.

    None: it is too plain to be known by them, or no picture.

    Source: pHash (Zauner, 2010), of more waves, and without those that only go one way.
    """
    grey = cv2.imdecode(np.frombuffer(thumbnail, np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        return None
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    if small.std() < _LEAST_DETAIL:
        return None
    waves = cv2.dct(small)[1 : _WAVES + 1, 1 : _WAVES + 1]
    bits = waves > np.median(waves)
    slow = np.zeros_like(bits)
    slow[:_SLOWEST, :_SLOWEST] = True
    return np.packbits(np.concatenate([bits[slow], bits[~slow]])).tobytes()


def note(photo: Photo, bits: bytes | None) -> None:
    """Keep the bits of hash_of() for a photo. One that was looked at before stays as it is."""
    PhotoLook.objects.bulk_create([_look(photo, bits)], ignore_conflicts=True)


def lacking(owner: Owner) -> QuerySet[Photo]:
    """The owner's photos that were not looked at by the recipe of today."""
    done = PhotoLook.objects.filter(photo=OuterRef("pk"), recipe=RECIPE)
    return Photo.objects.of(owner).filter(~Exists(done))


def look(photos: list[Photo]) -> list[Photo]:
    """Look at the thumbnails of `photos`, again where that was done by another recipe.

    Returns those whose thumbnails are lost: they are not looked at.
    """
    found, lost = [], []
    for photo in photos:
        try:
            with default_storage.open(str(photo.thumbnail)) as file:
                found.append(_look(photo, hash_of(file.read())))
        except OSError:
            lost.append(photo)
    with transaction.atomic():
        keys = [look.photo_id for look in found]
        PhotoLook.objects.filter(photo__in=keys).exclude(recipe=RECIPE).delete()
        PhotoLook.objects.bulk_create(found, ignore_conflicts=True)
    return lost


def _look(photo: Photo, bits: bytes | None) -> PhotoLook:
    return PhotoLook(photo=photo, owner_id=photo.owner_id, recipe=RECIPE, hash=bits)
