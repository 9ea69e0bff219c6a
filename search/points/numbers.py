"""Ids of points. They follow from ids that are there: nothing is given away, and none changes.

A photo whose external id is a number has that one, and one for each such id. Any other has its
own key, beyond all numbers that callers may use. The faces of a photo have the thousand ids that
begin with its own.
"""

from collections.abc import Mapping

from photos.models import Photo, Reference
from search.errors import TooManyFaces
from search.models import FaceNumber

OURS = 10**15  # plus its key: the id of a photo without a number; callers' numbers are less
PER_PHOTO = 1000  # ids that the faces of a photo may have
MOST_FACES = 999  # that a photo may ever have had


def of_photo(photo: Photo, external_id: str = "") -> int:
    """The id of the point of `photo`: by the caller's `external_id`, or else by its first number.

    Of a photo that has no point, the id that it would have.
    """
    numbers = Reference.objects.filter(photo=photo, number__isnull=False).order_by("pk")
    by_name = numbers.filter(external_id=external_id) if external_id else numbers
    number = by_name.values_list("number", flat=True).first()
    if number is None and external_id:
        return of_photo(photo)
    return OURS + photo.pk if number is None else int(number)


def of_faces(photo: Photo, external_id: str = "") -> Mapping[int, int]:
    """The ids of the points of the faces (keys) of `photo`, as of_photo().

    Raises:
        TooManyFaces: it has so many that the next photo's ids would be theirs.
    """
    first = of_photo(photo, external_id) * PER_PHOTO
    faces = FaceNumber.objects.filter(photo=photo, face__in=photo.faces.all())
    numbers = dict(faces.order_by("number").values_list("face", "number"))
    if any(number >= MOST_FACES for number in numbers.values()):
        raise TooManyFaces(
            f"Photo {photo.pk} has more than {MOST_FACES} faces: the ids of their points would be "
            "those of another photo's. Cut it into parts, and send these."
        )
    return {face: first + number for face, number in numbers.items()}
