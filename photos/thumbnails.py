"""Making a photo's thumbnail anew, where its file has got lost."""

from django.core.files.storage import default_storage

from inference.arrays import RGB
from photos import services
from photos.errors import OriginalMissing
from photos.images import thumbnail
from photos.models import Photo


def is_missing(photo: Photo) -> bool:
    return not default_storage.exists(str(photo.thumbnail))


def original_of(photo: Photo) -> bytes:
    """
    Raises:
        OriginalMissing: it is not there any more.
    """
    try:
        with default_storage.open(str(photo.original)) as file:
            return bytes(file.read())
    except OSError as exc:
        raise OriginalMissing("The photo's original is not in the storage any more.") from exc


def make(photo: Photo, pixels: RGB) -> None:
    """Write the thumbnail of `photo` where its row says that it is."""
    services.write(str(photo.thumbnail), thumbnail(pixels, services.THUMBNAIL_SIDE))
