"""Making the pictures of faces anew, where their files have got lost."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from django.core.files.storage import default_storage

from faces.models import Face
from faces.services import keep_crop, portrait
from inference.arrays import RGB
from inference.geometry import Box
from photos.models import Photo


def missing(photo: Photo) -> list[Face]:
    """The faces of `photo` that have no file."""
    return [face for face in photo.faces.all() if not default_storage.exists(str(face.crop))]


def make(faces: Iterable[Face], pixels: RGB) -> None:
    """Write the crops of `faces` of one photo.

    A key is its content's: where the new file differs from the lost one, the row follows it.
    """
    for face in faces:
        lost = str(face.crop)
        crop = portrait(pixels, Box(face.x, face.y, face.width, face.height))
        key = keep_crop(str(PurePosixPath(lost).parent), crop)
        Face.objects.filter(pk=face.pk, crop=lost).update(crop=key)
