"""Pictures as large as pages need them, made of the files that are kept, and kept nowhere."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from types import MappingProxyType

from django.conf import settings
from django.db.models.fields.files import FieldFile

from photos.decoding import decoders
from photos.images import Decoded, decode, thumbnail

LIST, PAGE, ZOOM = "list", "page", "zoom"
# Pixels of the longer side, at most. In lists a picture takes 64 to 96, which some screens double.
SIDES: Mapping[str, int] = MappingProxyType({LIST: 192, PAGE: 2048, ZOOM: 4096})
MEDIA_TYPE = "image/jpeg"
_OURS = frozenset({"thumbnail.jpg"})  # names of files that we have written ourselves


def address(file: FieldFile, size: str) -> str:
    """Of the picture in `file`, in a size of SIDES. Empty: there is no file."""
    return f"{file.url}?size={size}" if file else ""


def sized(key: str, data: bytes, size: str) -> bytes:
    """The picture `data` under `key`, upright, no larger than `size` says, in a format that any
    browser shows: a JPEG with nothing but pixels. Slow for originals.

    Raises:
        PhotoError: it can't be read.
    """
    with _decoded(key, data) as decoded:
        return thumbnail(decoded.pixels, SIDES[size])


@contextmanager
def _decoded(key: str, data: bytes) -> Iterator[Decoded]:
    """What strangers have made is decoded apart, where it can do no harm."""
    if PurePosixPath(key).name in _OURS:
        yield decode(data, max_pixels=settings.MAX_PHOTO_PIXELS)
    else:
        with decoders().decoded(data) as decoded:
            yield decoded
