from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from inference.arrays import RGB
from inference.geometry import Box
from photos.decoder import exif_from_json, exif_to_json
from photos.exif import MAX_CAMERA, PhotoExif
from photos.images import Decoded, decode
from photos.regions import MAX_NAME, MAX_REGIONS, Region
from photos.regions.embedded import EXTENSION
from tests.photos.packets import mwg, mwg_item, packet

ORIENTATION, XMP = 0x0112, 700
STORED = (96, 64)  # width, height
FACE = (slice(16, 32), slice(64, 80))  # rows, columns: in one corner, on edges of JPEG's blocks
AREA = (72 / 96, 24 / 64, 16 / 96, 16 / 64)  # its centre and size
NAME = "0123456789ABCDEF0123456789ABCDEF"  # of a long packet


def white_face() -> Image.Image:
    """A black photo with a white rectangle."""
    pixels = np.zeros((STORED[1], STORED[0], 3), np.uint8)
    pixels[FACE] = 255
    return Image.fromarray(pixels)


def write_png(image: Image.Image, file: BytesIO, xmp: bytes, exif: Image.Exif) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", xmp.decode())
    image.save(file, "PNG", pnginfo=text, exif=exif)


def write_tiff(image: Image.Image, file: BytesIO, xmp: bytes, exif: Image.Exif) -> None:
    image.save(file, "TIFF", tiffinfo={ORIENTATION: exif[ORIENTATION], XMP: xmp})


def writes(kind: str, **options: Any) -> Callable[..., None]:
    def write(image: Image.Image, file: BytesIO, xmp: bytes, exif: Image.Exif) -> None:
        image.save(file, kind, xmp=xmp, exif=exif.tobytes(), **options)

    return write


WRITERS = {
    "AVIF": writes("AVIF", quality=95),
    "HEIF": writes("HEIF", quality=95),
    "JPEG": writes("JPEG", quality=95),
    "PNG": write_png,
    "TIFF": write_tiff,
    "WEBP": writes("WEBP", lossless=True),
}


def photo(kind: str = "JPEG", xmp: bytes | None = None, orientation: int = 1) -> bytes:
    file, exif = BytesIO(), Image.Exif()
    exif[ORIENTATION] = orientation
    words = packet(mwg(mwg_item(area=AREA), applied=STORED)) if xmp is None else xmp
    WRITERS[kind](white_face(), file, words, exif)
    return file.getvalue()


def decoded(data: bytes) -> Decoded:
    return decode(data, max_pixels=100_000)


def white(pixels: RGB) -> Box:
    """Where a photo is white."""
    rows, columns = np.nonzero(pixels[..., 0] > 127)
    left, top, right, bottom = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    return Box.between(float(left), float(top), float(right), float(bottom))


def with_segments(data: bytes, *segments: bytes) -> bytes:
    """A JPEG with more APP1 segments at its beginning."""
    parts = [b"\xff\xe1" + (len(each) + 2).to_bytes(2) + each for each in segments]
    return data[:2] + b"".join(parts) + data[2:]


def extension(words: bytes, *cuts: int, name: str = NAME) -> list[bytes]:
    """`words` as parts of a long packet, cut at `cuts`."""
    edges = [0, *cuts, len(words)]
    head = EXTENSION + name.encode() + len(words).to_bytes(4)
    return [head + start.to_bytes(4) + words[start:end] for start, end in pairwise(edges)]


class TestDecode:
    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("kind", WRITERS)
    def test_gives_faces_where_they_are_seen(self, kind: str, orientation: int) -> None:
        seen = decoded(photo(kind, orientation=orientation))

        assert seen.exif.orientation == orientation
        assert seen.exif.regions == (Region("Anna", white(seen.pixels)),)

    def test_turns_no_face_of_a_heic_that_only_its_exif_would_turn(self) -> None:
        data = photo("HEIF", orientation=6).replace(b"\x09irot\x03", b"\x09irot\x00")

        seen = decoded(data)

        assert seen.exif.orientation == 1
        assert seen.exif.regions == (Region("Anna", white(seen.pixels)),)

    @pytest.mark.parametrize("kind", WRITERS)
    @pytest.mark.parametrize("xmp", [b"hello", b"<!DOCTYPE x><x/>", packet()])
    def test_gives_no_faces_of_xmp_that_has_none(self, kind: str, xmp: bytes) -> None:
        seen = decoded(photo(kind, xmp))

        assert seen.exif == PhotoExif()

    def test_gives_faces_of_a_packet_that_is_too_long_for_a_segment(self) -> None:
        short = packet(attributes=f'xmlns:n="http://ns.adobe.com/xmp/note/" n:Has="{NAME}"')
        long_ = packet(mwg(mwg_item(), applied=STORED), f"<!--{'x' * 70_000}-->")
        last_first = reversed(extension(long_, 60_000))

        seen = decoded(with_segments(photo(xmp=short), *last_first))

        assert [each.name for each in seen.exif.regions] == ["Anna"]

    def test_gives_no_faces_of_a_long_packet_of_another_photo(self) -> None:
        long_ = extension(packet(mwg(mwg_item(), applied=STORED)), name=NAME[::-1])

        assert decoded(with_segments(photo(xmp=packet()), *long_)).exif.regions == ()

    @pytest.mark.parametrize("length", [0, 20, 40])
    def test_is_not_stopped_by_a_long_packet_that_is_cut_off(self, length: int) -> None:
        broken = EXTENSION + NAME.encode()[:length]

        assert decoded(with_segments(photo(xmp=packet()), broken)).exif.regions == ()


class TestWhatTheDecoderTells:
    @pytest.mark.parametrize(
        "exif",
        [
            PhotoExif(orientation=8),
            PhotoExif(camera="Canon EOS 5D"),
            PhotoExif(regions=(Region("Zoë 😀", Box(0.25, 1.5, 20.01, 30.0)),)),
        ],
    )
    def test_is_the_same_there_and_back(self, exif: PhotoExif) -> None:
        assert exif_from_json(exif_to_json(exif)) == exif

    def test_may_leave_out_what_it_does_not_know(self) -> None:
        told = exif_to_json(PhotoExif(latitude=1, longitude=2))
        del told["orientation"], told["regions"], told["camera"]

        assert exif_from_json(told) == PhotoExif(latitude=1, longitude=2)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"orientation": 0},
            {"orientation": 9},
            {"orientation": "6"},
            {"orientation": None},
            {"camera": None},
            {"camera": ["Canon"]},
            {"camera": "a" * (MAX_CAMERA + 1)},
            {"camera": "Canon\nEOS"},
            {"regions": None},
            {"regions": "Anna"},
            {"regions": [["Anna", 1, 2, 3, 4]]},
            {"regions": [{"name": "Anna"}]},
            {"regions": [{"name": "Anna", "box": [1, 2, 3]}]},
            {"regions": [{"name": "Anna", "box": [1, 2, 3, float("nan")]}]},
            {"regions": [{"name": "Anna", "box": [1, 2, 3, 0]}]},
            {"regions": [{"name": "", "box": [1, 2, 3, 4]}]},
            {"regions": [{"name": "a" * (MAX_NAME + 1), "box": [1, 2, 3, 4]}]},
            {"regions": [{"name": "Anna", "box": [1, 2, 3, 4]}] * (MAX_REGIONS + 1)},
        ],
    )
    def test_is_not_believed_where_it_can_not_be(self, wrong: dict[str, Any]) -> None:
        with pytest.raises((LookupError, TypeError, ValueError)):
            exif_from_json(exif_to_json(PhotoExif()) | wrong)
