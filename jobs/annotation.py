"""A photo with its faces marked, and names beside them: drawn anew each time.

Where somebody wants an address of it, the picture is kept for as long as that address is good.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.utils import timezone
from PIL import Image

import photos.thumbnails
from faces.models import Face
from inference.arrays import RGB
from local.drawing import draw_marks
from local.marks import MOST_LETTERS, NOBODY, PEOPLE, Kind, Mark
from photos.decoding import decoders
from photos.images import shrunk
from photos.models import Photo

SIDE = 1600  # pixels of the longer side, at most
QUALITY = 85  # of JPEG, 0 to 100


@dataclass(frozen=True)
class Published:
    """A picture that whoever has its address may see, until then."""

    url: str
    expires_at: datetime


def published(photo: Photo, *, names: bool = True) -> Published:
    """What annotated() draws, at an address that needs no sign-in. It lies there once.

    Raises:
        StoreUnavailable: it can't be put there.
        OriginalMissing, PhotoError: as annotated().
    """
    store = _store()
    while True:
        known = _said_of(photo)
        picture = annotated(photo, names=names)
        key = f"{_folder(photo)}/{hashlib.sha256(picture).hexdigest()[:32]}.jpg"
        store.save(key, ContentFile(picture))
        if _said_of(photo) == known:
            break
        store.delete(key)  # somebody was erased or renamed meanwhile
    until = timezone.now() + timedelta(seconds=settings.SIGNED_URL_S)
    return Published(store.url(key), until)


def forget(photos: Iterable[Photo]) -> int:
    """Remove all that is published of `photos`: how many pictures.

    Raises:
        StoreUnavailable: some may be left.
    """
    keys = [key for photo in photos for key in _files(_folder(photo))]
    for key in keys:
        _store().delete(key)
    return len(keys)


def outdated(*, dry_run: bool = False) -> Iterator[int]:
    """Remove pictures whose addresses are good no more: how many of each owner.

    Raises:
        StoreUnavailable: some may be left.
    """
    before = timezone.now() - timedelta(seconds=settings.SIGNED_URL_S)
    for owner in _folders(""):
        old = [
            key
            for photo in _folders(owner)
            for key in _files(f"{owner}/{photo}")
            if _store().get_modified_time(key) < before
        ]
        for key in old if not dry_run else []:
            _store().delete(key)
        yield len(old)


def _said_of(photo: Photo) -> list[tuple[int, str | None]]:
    """Each face of the photo, and the name beside it."""
    faces = photo.faces.with_people().order_by("pk")
    return [(face.pk, face.person.name if face.person else None) for face in faces]


def _store() -> Storage:
    return storages["annotated"]


def _folder(photo: Photo) -> str:
    return f"{photo.owner_id}/{photo.pk}"


def _folders(place: str) -> list[str]:
    return _listed(place)[0]


def _files(place: str) -> list[str]:
    return [f"{place}/{name}" for name in _listed(place)[1]]


def _listed(place: str) -> tuple[list[str], list[str]]:
    try:
        return _store().listdir(place)
    except FileNotFoundError:
        return [], []


def annotated(photo: Photo, *, names: bool = True) -> bytes:
    """A JPEG of `photo` with the faces that are known in it, without what the file said beside it.

    In no transaction: slow.

    Raises:
        OriginalMissing: the photo's file is gone.
        PhotoError: it can't be read any more.
    """
    faces = list(photo.faces.with_people().order_by("pk"))
    with decoders().decoded(photos.thumbnails.original_of(photo)) as decoded:
        pixels = shrunk(decoded.pixels, SIDE)
        scale = pixels.shape[1] / decoded.width
        return _drawn(pixels, [_mark(face, names=names).scaled(scale) for face in faces])


def _drawn(pixels: RGB, marks: list[Mark]) -> bytes:
    picture = Image.fromarray(pixels)
    draw_marks(picture, marks)
    file = BytesIO()
    picture.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def _mark(face: Face, *, names: bool) -> Mark:
    right, bottom = face.x + face.width, face.y + face.height
    corners = [(face.x, face.y), (right, face.y), (right, bottom), (face.x, bottom)]
    return Mark(Kind.FACE, corners, _colour(face), _label(face, names=names))


def _colour(face: Face) -> str:
    """The same for the same person in all photos."""
    return PEOPLE[face.person.pk % len(PEOPLE)] if face.person else NOBODY


def _label(face: Face, *, names: bool) -> str:
    """Their name, if that is wanted, and how sure it is where nobody has said it."""
    if face.person is None:
        return "?"
    name, similarity = face.person.name if names else "", face.membership.similarity
    short = name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"
    return short if similarity is None else f"{short} {similarity:.2f}".strip()
