"""What a face looks like that somebody draws: asked of the models, if they are there."""

import logging

from django.utils.translation import gettext

from faces.people import boxes
from faces.people.boxes import Drawn
from faces.services import FindFaces
from inference.arrays import RGB
from inference.errors import InferenceError
from inference.geometry import Box
from jobs.errors import OperationUnavailable
from jobs.sight import face_finder
from photos.decoding import decoders
from photos.models import Photo
from photos.thumbnails import original_of

log = logging.getLogger(__name__)


def look(photo: Photo, box: Box) -> Drawn:
    """What is in `box` of `photo`. In no transaction: slow.

    Where no model answers it has no vector: finding faces again gives it one.

    Raises:
        BoxUnusable: the box is not inside of the photo, or too small.
        PhotoError: the photo's original can't be read.
    """
    box = boxes.checked(photo, box)
    with decoders().decoded(original_of(photo)) as decoded:
        try:
            return _seen(photo, decoded.pixels, box)
        except (InferenceError, OperationUnavailable) as exc:
            log.warning("A face was drawn, and no model has looked at it: %s", exc)
            return boxes.look(photo, decoded.pixels, box, None)


def _seen(photo: Photo, image: RGB, box: Box) -> Drawn:
    with face_finder() as find:
        if not isinstance(find, FindFaces):  # a file of its models is missing
            raise OperationUnavailable(gettext("%(model)s can't be used.") % {"model": find.recipe})
        return boxes.look(photo, image, box, find)
