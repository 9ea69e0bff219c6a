"""What other programs say of photos in files beside them: sidecars, as XMP."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from django.conf import settings

import photos.services
from faces.portability import files
from faces.portability.sidecars import SUFFIX, place_of
from jobs import looking
from jobs.recounting import recount
from photos.decoding import decoders
from photos.exif import PhotoExif, read_beside
from photos.models import Owner, Photo, Reference
from photos.operations import FACES
from photos.regions import xmp
from photos.thumbnails import original_of


def sidecar_of(path: Path) -> Path | None:
    """The sidecar of the photo `path`, if there is one. No link."""
    place = place_of(path)
    return place if place.is_file() and not place.is_symlink() else None


def alone(names: Collection[str], photos: Collection[str]) -> Iterator[str]:
    """Of the `names` in a folder the sidecars of none of its `photos`."""
    of_photos = {each for name in photos for each in (name, Path(name).stem)}
    for name in names:
        if Path(name).suffix.lower() == SUFFIX and Path(name).stem not in of_photos:
            yield name


def load(path: Path) -> bytes:
    """What a sidecar says; of one that is too large so much that checked() refuses it."""
    with path.open("rb") as file:
        return file.read(xmp.MAX_BYTES + 1)


def checked(packet: bytes) -> bytes:
    """
    Raises:
        XmpInvalid: that is no XMP, or more than any photo's.
    """
    xmp.parse(packet)
    return packet


def photos_called(owner: Owner, names: Collection[str]) -> dict[str, Photo]:
    """The owner's photos that go by these external ids, with what was done on them."""
    named = Reference.objects.filter(owner=owner, external_id__in=names)
    rows = named.select_related("photo__owner").prefetch_related("photo__analyses")
    return {each.external_id: each.photo for each in rows}


def read(photo: Photo, packet: bytes) -> bool:
    """Let a stored photo have what its sidecar says, as far as nobody knows better. Once.

    Its date, where its own file tells none; and names for its faces, as those of its own file
    have: as soon as faces were looked for, and where names are read. Returns whether any of it is
    new.

    Raises:
        XmpInvalid: as checked().
        PhotoError: the photo's original can't be read.
    """
    source = files.Source.beside(packet)
    done = {(each.operation, each.recipe) for each in photo.analyses.all()}
    if (source.operation, source.recipe) in done:
        return False
    said = read_beside(packet, (photo.width, photo.height), photo.orientation)
    is_dated = photos.services.date_beside(photo, said)
    if not settings.READ_NAMES or all(operation != FACES for operation, _ in done):
        return is_dated
    _name(photo, said, source)
    return True


def _name(photo: Photo, said: PhotoExif, source: files.Source) -> None:
    if not said.regions:
        source.note(photo)
        return
    with decoders().decoded(original_of(photo)) as decoded:
        exif = replace(decoded.exif, regions=said.regions)
        named = files.read(photo, replace(decoded, exif=exif), source=source)
    if named.drawn:
        recount([photo.pk])
        looking.ask(photo.owner)
