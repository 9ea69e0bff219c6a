"""What a remote worker says of a photo itself, as JSON: written by it, read and checked here.

Boxes are [x, y, width, height], in pixels of the upright photo; pictures are JPEG in base64.
"""

import base64
from typing import Any

from faces.services import CROP_SIDE
from jobs.given import Given
from photos.decoder import exif_from_json, exif_to_json
from photos.exif import MAX_LATITUDE, MAX_LONGITUDE, MAX_OFFSET, PhotoExif
from photos.images import MEDIA_TYPES
from photos.regions import MAX_NAME, MAX_REGIONS
from photos.services import THUMBNAIL_SIDE, Picture

_SIDE = 2**31 - 1  # pixels that a row can tell


def picture_to_json(picture: Picture) -> dict[str, Any]:
    return {
        "format": picture.format,
        "width": picture.width,
        "height": picture.height,
        "exif": exif_to_json(picture.exif),
        "thumbnail": _text(picture.thumbnail),
        "portraits": [_text(each) for each in picture.portraits],
    }


def read_picture(given: Given) -> Picture:
    """
    Raises:
        FindingsInvalid: it is none, as the message says.
    """
    width, height = (given[side].whole(1, _SIDE) for side in ("width", "height"))
    exif = _read_exif(given["exif"], width, height)
    return Picture(
        format=given["format"].one_of(MEDIA_TYPES),
        width=width,
        height=height,
        exif=exif,
        thumbnail=given["thumbnail"].jpeg(side=THUMBNAIL_SIDE),
        portraits=_read_portraits(given, len(exif.regions)),
    )


def _read_portraits(given: Given, count: int) -> tuple[bytes, ...]:
    """None where the worker is older than them."""
    if "portraits" not in given.members():
        return ()
    listed = given["portraits"].each(most=MAX_REGIONS)
    if len(listed) not in {0, count}:
        raise given["portraits"].wrong(f"give one for each of the {count} regions, or none.")
    return tuple(each.jpeg(side=CROP_SIDE) for each in listed)


def _read_exif(given: Given, width: int, height: int) -> PhotoExif:
    try:
        exif = exif_from_json(given.members() and given.value)
    except (LookupError, TypeError, ValueError, OverflowError) as exc:
        raise given.wrong(
            "give taken_local, offset_s, latitude and longitude, or null; and, where they are "
            "known, an orientation from 1 to 8, regions: name and box, and the camera: one line."
        ) from exc
    if exif.regions:
        for each in given["regions"].each(most=MAX_REGIONS):
            each["name"].text(most=MAX_NAME)
            each["box"].box(width, height)
    if exif.taken_local and exif.taken_local.tzinfo:
        raise given["taken_local"].wrong("give the camera's own time, without a zone.")
    if exif.offset and abs(exif.offset) > MAX_OFFSET:
        raise given["offset_s"].wrong("no clock of the earth is so far from UTC.")
    if (exif.latitude is None) != (exif.longitude is None):
        raise given.wrong("give latitude and longitude, or null for both.")
    if exif.latitude is not None:
        given["latitude"].number(-MAX_LATITUDE, MAX_LATITUDE)
        given["longitude"].number(-MAX_LONGITUDE, MAX_LONGITUDE)
    return exif


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
