"""The bytes of a photo -> upright pixels, here and nowhere else; and pixels -> small pictures."""

import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pillow_heif
from PIL import Image, TiffImagePlugin

from inference.arrays import RGB
from photos import exif, jpeg
from photos.errors import EmptyFile, ImageTooLarge, ImageTruncated, UnsupportedFormat
from photos.exif import UPRIGHT, PhotoExif, read_exif, read_orientation, turned_while_loading
from photos.regions import read_embedded

MEDIA_TYPES = {
    "AVIF": "image/avif",
    "HEIF": "image/heic",
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
}
MAGIC = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
}
AVIF_BRANDS = frozenset({b"avif", b"avis"})
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
MAX_BRANDS = 32

# Kinds of pixels that mean a photo; 32-bit numbers, for one, have no white point to go by.
COLOURS = frozenset({"1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr"})
SEE_THROUGH = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
GREY_16_BIT = frozenset({"I;16", "I;16L", "I;16B"})

JFIF = frozenset({"jfif", "jfif_version", "jfif_unit", "jfif_density"})  # what any JPEG may say
# What pillow, libheif and libavif raise on files that are broken in one way or another.
BROKEN = (*exif.BROKEN, RuntimeError, zlib.error)
# How to turn pixels upright, by EXIF orientation; the first needs no turning.
TURNS: dict[int, Callable[[RGB], Any]] = {
    2: lambda pixels: cv2.flip(pixels, 1),
    3: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_180),
    4: lambda pixels: cv2.flip(pixels, 0),
    5: cv2.transpose,
    6: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE),
    7: lambda pixels: cv2.flip(cv2.transpose(pixels), -1),
    8: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE),
}
THUMBNAIL_QUALITY = 85  # of JPEG, 0 to 100

pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
# Pillow warns of each odd tag. Files come from strangers, who could fill our logs with that.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


@dataclass(frozen=True)
class Decoded:
    """A photo as people see it. `pixels` is read-only: everybody looks at the same ones."""

    pixels: RGB
    format: str
    exif: PhotoExif

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.format]

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


def decode(data: bytes, *, max_pixels: int) -> Decoded:
    """The first picture in `data`, upright, transparent parts white, colour profiles ignored.

    The size is taken from the header, and checked before there is memory for pixels. Pillow
    itself refuses more than 178 million pixels, whatever `max_pixels` is.

    Raises:
        EmptyFile, UnsupportedFormat: this is no photo.
        ImageTooLarge: it has more than `max_pixels` pixels.
        ImageTruncated: it is damaged.
    """
    name = sniff(data)
    try:
        with Image.open(BytesIO(data), formats=[name]) as image:
            _check_size(image, max_pixels)
            turned = turned_while_loading(image, data)
            pixels = _pixels(image, data, max_pixels)
            orientation = read_orientation(image)
            pixels = _upright(pixels, orientation)
            stored = turned if orientation == UPRIGHT else orientation
            return Decoded(pixels, name, _said(image, pixels, stored))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise ImageTooLarge(_too_large(max_pixels)) from exc
    except BROKEN as exc:
        raise ImageTruncated("The photo is cut off or damaged.") from exc


def _said(image: Image.Image, pixels: RGB, orientation: int) -> PhotoExif:
    """What a loaded image says of its upright `pixels`, which are stored in `orientation`."""
    size = (pixels.shape[1], pixels.shape[0])
    regions = read_embedded(image, size, orientation)
    return replace(read_exif(image), orientation=orientation, regions=regions)


def stored_size(data: bytes) -> tuple[int, int]:
    """Width and height of the pixels in `data`, by its header alone: before they are upright.

    Raises:
        EmptyFile, UnsupportedFormat, ImageTooLarge, ImageTruncated: as decode().
    """
    name = sniff(data)
    try:
        with Image.open(BytesIO(data), formats=[name]) as image:
            return image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise ImageTooLarge("The photo has too many pixels.") from exc
    except BROKEN as exc:
        raise ImageTruncated("The photo is cut off or damaged.") from exc


def has_only_pixels(jpeg: bytes) -> bool:
    """Whether a JPEG that can be decoded says nothing else: where, when, by whom, in words."""
    with Image.open(BytesIO(jpeg), formats=["JPEG"]) as image:
        return image.info.keys() <= JFIF


def sniff(data: bytes) -> str:
    """The format of `data`, a key of `MEDIA_TYPES`, as its first bytes have it.

    Raises:
        EmptyFile, UnsupportedFormat: it is none of them.
    """
    if not data:
        raise EmptyFile("The file is empty.")
    for magic, name in MAGIC.items():
        if data.startswith(magic):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    brands = _brands(data)
    if brands & AVIF_BRANDS:
        return "AVIF"
    if brands & HEIF_BRANDS:
        return "HEIF"
    raise UnsupportedFormat("The file is no JPEG, PNG, WebP, HEIC, AVIF or TIFF photo.")


def _brands(data: bytes) -> frozenset[bytes]:
    """What an ISO media file says it is compatible with; nothing for other files."""
    if data[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(data[:4]), 16 + 4 * MAX_BRANDS)
    return frozenset(data[at : at + 4] for at in (8, *range(16, end, 4)))


def _check_size(image: Image.Image, max_pixels: int) -> None:
    """Refuse too many pixels: in the image, or in one of a TIFF's tiles, which are padded."""
    areas = [image.width * image.height]
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        sides = (TiffImagePlugin.TILEWIDTH, TiffImagePlugin.TILELENGTH)
        areas.append(int(np.prod([int(image.tag_v2.get(side, 1)) for side in sides])))
    if max(areas) > max_pixels:
        raise ImageTooLarge(_too_large(max_pixels))


def _too_large(max_pixels: int) -> str:
    return f"The photo has more than {max_pixels / 1e6:g} million pixels."


def _pixels(image: Image.Image, data: bytes, max_pixels: int) -> RGB:
    if image.format in jpeg.FORMATS and image.mode in jpeg.MODES:
        return jpeg.decode(data, image.size, max_pixels)
    image.load()
    return np.asarray(_flat(image))


def _flat(image: Image.Image) -> Image.Image:
    """The image in RGB, over white where it can be seen through."""
    if image.mode in GREY_16_BIT:
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode not in COLOURS | SEE_THROUGH:
        raise UnsupportedFormat("The photo's kind of pixels is not supported.")
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image if image.mode == "RGB" else image.convert("RGB")


def _upright(pixels: RGB, orientation: int) -> RGB:
    turn = TURNS.get(orientation)
    upright: RGB = np.ascontiguousarray(turn(pixels) if turn else pixels)
    upright.flags.writeable = False
    return upright


def thumbnail(pixels: RGB, side: int) -> bytes:
    """A JPEG whose longer side is at most `side` pixels, and that carries nothing but pixels."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, THUMBNAIL_QUALITY]
    small = cv2.cvtColor(shrunk(pixels, side), cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(".jpg", small, quality)
    return encoded.tobytes()


def shrunk(pixels: RGB, side: int) -> RGB:
    """The picture with a longer side of at most `side` pixels."""
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(
        cv2.resize(_halved(pixels, side), size, interpolation=cv2.INTER_AREA), np.uint8
    )


def _halved(pixels: RGB, side: int) -> RGB:
    """Halved as often as more than `side` is left: many times faster than one uneven step."""
    halved: RGB = pixels
    while max(halved.shape[:2]) >= 2 * side and min(halved.shape[:2]) > 1:
        height, width = (length // 2 for length in halved.shape[:2])
        even = halved[: 2 * height, : 2 * width]
        halved = np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA))
    return halved
