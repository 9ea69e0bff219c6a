"""When, where and by what a photo was taken, which way up it is, and who is in it: by its file."""

import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.TiffImagePlugin import TiffImageFile

from photos.errors import XmpInvalid
from photos.regions import Region, read, xmp

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
QUARTER = timedelta(minutes=15)  # the offsets of all zones are multiples of it
STALE = timedelta(minutes=4)  # by which the position's clock may lag behind the camera's
FIRST_PHOTO = datetime(1826, 1, 1)  # noqa: DTZ001  # Niépce's view from the window, or a year later
# What cameras say whose clock was never set.
UNSET = frozenset(datetime(year, 1, 1) for year in (1970, 1980, 2000))  # noqa: DTZ001
AHEAD = timedelta(days=1)  # of us, some zones are, and so are some clocks
# When a photo was taken, and when it was scanned or stored; each with its clock's offset. That of
# its last change (DateTime) is no such date.
EXIF_DATES = (
    (Base.DateTimeOriginal, Base.OffsetTimeOriginal),
    (Base.DateTimeDigitized, Base.OffsetTimeDigitized),
)
XMP_DATES = (xmp.name_of("exif", "DateTimeOriginal"), xmp.name_of("photoshop", "DateCreated"))
MAX_CAMERA = 100  # letters
Clock = tuple[datetime | None, timedelta | None]  # what it showed, and how far ahead of UTC it was
MAX_LATITUDE = 90  # degrees
MAX_LONGITUDE = 180  # degrees


@dataclass(frozen=True)
class PhotoExif:
    """What the file says beside its pixels. What is missing, broken or impossible is None.

    `taken_local` is the time the camera's clock showed, without a zone; `offset` is how far that
    clock was ahead of UTC. Degrees are WGS 84, north and east positive; there are both or none.
    `orientation` is the EXIF one that the pixels are stored in, 1 to 8. `regions` are the faces
    that people have named, in pixels of the upright photo. `camera` is its make and model, one line
    of MAX_CAMERA letters at most; empty: it is not named.
    """

    taken_local: datetime | None = None
    offset: timedelta | None = None
    latitude: float | None = None
    longitude: float | None = None
    orientation: int = UPRIGHT
    regions: tuple[Region, ...] = ()
    camera: str = ""

    @property
    def taken_at(self) -> datetime | None:
        """The moment; None unless both its time and its offset are known."""
        if self.taken_local is None or self.offset is None:
            return None
        return self.taken_local.replace(tzinfo=timezone(self.offset))


def read_exif(image: Image.Image, now: datetime | None = None) -> PhotoExif:
    """Read what a photo's file says. Never raises: what cannot be read is not there.

    Of its dates the first that can be true `now`: EXIF's own, XMP's, that of its position.
    """
    gps = _tags(image, IFD.GPSInfo)
    latitude, longitude = _position(gps)
    taken_local, offset = _taken(image, gps, now or datetime.now(UTC))
    return PhotoExif(
        taken_local=taken_local,
        offset=offset,
        latitude=latitude,
        longitude=longitude,
        camera=_camera(image),
    )


def read_beside(
    packet: bytes, size: tuple[int, int], orientation: int, now: datetime | None = None
) -> PhotoExif:
    """What a sidecar says of a photo: what XMP inside of one is asked for.

    `size` and `orientation` are as for regions.read().

    Raises:
        XmpInvalid: the packet can't be read.
    """
    regions = tuple(read(packet, size, orientation))
    local, offset = _first_true(_xmp_clocks(packet), now or datetime.now(UTC))
    return PhotoExif(local, offset, orientation=orientation, regions=regions)


def is_plausible(local: datetime, now: datetime) -> bool:
    """Whether a camera's clock can have shown `local`, without a zone, up to the moment `now`."""
    latest = now.astimezone(UTC).replace(tzinfo=None) + AHEAD
    return FIRST_PHOTO <= local <= latest and local not in UNSET


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


def _taken(image: Image.Image, gps: Mapping[int, Any], now: datetime) -> Clock:
    moment = _gps_moment(gps)
    local, offset = _first_true(_clocks(image), now)
    if local:
        return local, offset if offset is not None else _offset_between(local, moment)
    return (moment, None) if moment and is_plausible(moment, now) else (None, None)


def _first_true(clocks: Iterable[Clock], now: datetime) -> Clock:
    """Of what clocks showed the first that can be true."""
    true = (each for each in clocks if each[0] and is_plausible(each[0], now))
    return next(true, (None, None))


def _clocks(image: Image.Image) -> Iterator[Clock]:
    """The surest first."""
    camera = _tags(image, IFD.Exif)
    for date, offset in EXIF_DATES:
        yield _local_time(camera.get(date)), _offset(camera.get(offset))
    packet = image.info.get("xmp")
    if isinstance(packet, bytes):
        yield from _xmp_clocks(packet)


def _xmp_clocks(packet: bytes) -> Iterator[Clock]:
    try:
        root = xmp.parse(packet)
    except XmpInvalid:
        return
    for name in XMP_DATES:
        yield _iso_time(xmp.value(root, name))


def _iso_time(text: str | None) -> Clock:
    """A date of XMP, with its hour, and its offset where it has one."""
    try:
        told = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None, None
    if "T" not in (text or ""):
        return None, None
    offset = told.utcoffset()
    known = offset if offset is not None and abs(offset) <= MAX_OFFSET else None
    return told.replace(tzinfo=None, microsecond=0), known


def _gps_moment(gps: Mapping[int, Any]) -> datetime | None:
    """When the position was found, in UTC."""
    try:
        day = datetime.strptime(_text(gps[GPS.GPSDateStamp]), "%Y:%m:%d")  # noqa: DTZ007  # UTC
        hours, minutes, seconds = (float(part) for part in gps[GPS.GPSTimeStamp])
        since = timedelta(hours=hours, minutes=minutes, seconds=int(seconds))
    except BROKEN:
        return None
    return day + since if timedelta() <= since < timedelta(days=1) else None


def _offset_between(local: datetime, moment: datetime | None) -> timedelta | None:
    """How far a clock was ahead of UTC that showed `local` when a position was found."""
    if moment is None:
        return None
    ahead = QUARTER * round((local - moment) / QUARTER)
    return ahead if abs(local - moment - ahead) <= STALE and abs(ahead) <= MAX_OFFSET else None


def is_camera(text: object) -> bool:
    """Whether read_exif() can have said that of a camera."""
    return isinstance(text, str) and len(text) <= MAX_CAMERA and text == _one_line(text)


def _camera(image: Image.Image) -> str:
    """Make and model; the make once where the model begins with it, or with a word of it."""
    try:
        tags = image.getexif()
        make, model = (_one_line(_text(tags.get(tag))) for tag in (Base.Make, Base.Model))
    except BROKEN:
        return ""
    is_told = bool(make) and model.casefold().startswith(make.split()[0].casefold())
    return (model if is_told else f"{make} {model}")[:MAX_CAMERA].strip()


def _one_line(text: str) -> str:
    """Without letters that are not seen, such as ends of lines."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


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
