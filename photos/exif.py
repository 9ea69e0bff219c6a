"""When and where a photo was taken, which way is up, and who is in it, as its file says."""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.TiffImagePlugin import TiffImageFile

from photos.regions import Region

# What pillow, and our own reading, raise on tags that are broken in one way or another.
BROKEN = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)
UPRIGHT = 1
ORIENTATIONS = range(1, 9)
# A box of HEIF that turns the photo, by 90 degrees so often, or that mirrors it.
HEIF_TURN = re.compile(rb"\0\0\0\x09(?:irot[\1-\3]|imir)")
OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
MAX_OFFSET = timedelta(hours=15)  # the zones of the earth reach from -12 to +14 hours
MAX_LATITUDE = 90  # degrees
MAX_LONGITUDE = 180  # degrees


@dataclass(frozen=True)
class PhotoExif:
    """What the file says beside its pixels. What is missing, broken or impossible is None.

    `taken_local` is the time the camera's clock showed, without a zone; `offset` is how far that
    clock was ahead of UTC. Degrees are WGS 84, north and east positive; there are both or none.
    `orientation` is the EXIF one that the pixels are stored in, 1 to 8. `regions` are the faces
    that people have named, in pixels of the upright photo.
    """

    taken_local: datetime | None = None
    offset: timedelta | None = None
    latitude: float | None = None
    longitude: float | None = None
    orientation: int = UPRIGHT
    regions: tuple[Region, ...] = ()

    @property
    def taken_at(self) -> datetime | None:
        """The moment; None unless both its time and its offset are known."""
        if self.taken_local is None or self.offset is None:
            return None
        return self.taken_local.replace(tzinfo=timezone(self.offset))


def read_exif(image: Image.Image) -> PhotoExif:
    """Read the EXIF of a photo. Never raises: what cannot be read is not there."""
    camera = _tags(image, IFD.Exif)
    latitude, longitude = _position(_tags(image, IFD.GPSInfo))
    return PhotoExif(
        taken_local=_local_time(camera.get(Base.DateTimeOriginal)),
        offset=_offset(camera.get(Base.OffsetTimeOriginal)),
        latitude=latitude,
        longitude=longitude,
    )


def read_orientation(image: Image.Image) -> int:
    """Which of the eight EXIF orientations the pixels are stored in; 1 if none is named.

    Ask after loading: pillow turns TIFF and HEIF itself, and then says 1.
    """
    try:
        orientation: object = image.getexif().get(Base.Orientation)
    except BROKEN:
        return UPRIGHT
    return next((named for named in ORIENTATIONS if named == orientation), UPRIGHT)


def turned_while_loading(image: Image.Image, data: bytes) -> int:
    """The orientation that pillow undoes by loading, so that read_orientation() has 1 after.

    Ask before loading `image`, of the bytes `data`; 1 where it undoes none. HEIF has boxes of its
    own that turn a photo. Its EXIF only repeats what they do, and turns nothing without them.
    """
    named: object = None
    if isinstance(image, TiffImageFile):
        named = image.tag_v2.get(Base.Orientation)
    elif image.format == "HEIF" and HEIF_TURN.search(data):
        named = image.info.get("original_orientation")
    return next((each for each in ORIENTATIONS if each == named), UPRIGHT)


def _tags(image: Image.Image, directory: IFD) -> Mapping[int, Any]:
    try:
        return image.getexif().get_ifd(directory)
    except BROKEN:
        return {}


def _local_time(value: object) -> datetime | None:
    try:
        return datetime.strptime(_text(value), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007  no zone here
    except ValueError:
        return None


def _offset(value: object) -> timedelta | None:
    match = OFFSET.fullmatch(_text(value))
    if match is None:
        return None
    sign, hours, minutes = match.groups()
    ahead = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    return ahead if abs(ahead) <= MAX_OFFSET else None


def _text(value: object) -> str:
    """Text as cameras mean it: up to the first NUL, without the padding; "" if it is none."""
    return value.split("\0")[0].strip() if isinstance(value, str) else ""


def _position(gps: Mapping[int, Any]) -> tuple[float, float] | tuple[None, None]:
    try:
        latitude = _degrees(gps[GPS.GPSLatitude], limit=MAX_LATITUDE)
        longitude = _degrees(gps[GPS.GPSLongitude], limit=MAX_LONGITUDE)
        north = {"N": 1, "S": -1}[_text(gps[GPS.GPSLatitudeRef])]
        east = {"E": 1, "W": -1}[_text(gps[GPS.GPSLongitudeRef])]
    except BROKEN:
        return None, None
    return north * latitude, east * longitude


def _degrees(value: Any, *, limit: float) -> float:
    """Degrees, minutes and seconds as one number, 0 to `limit`.

    Raises:
        ValueError, TypeError, ArithmeticError: these are no three numbers, or beyond `limit`.
    """
    degrees, minutes, seconds = (float(part) for part in value)
    total = degrees + minutes / 60 + seconds / 3600
    if not 0 <= total <= limit:  # also refuses NaN, which is what a zero denominator gives
        raise ValueError("no place on earth")
    return total
