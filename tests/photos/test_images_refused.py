"""Files that are no photos, or that would be too large once they are decoded."""

import resource
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from photos.errors import (
    EmptyFile,
    ImageTooLarge,
    ImageTruncated,
    PhotoError,
    UnsupportedFormat,
)
from tests.photos.encoded import (
    encode,
    gradient,
    read,
)
from tests.pictures import noise

MIB = 2**20


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size, and has almost nothing to fill it."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    start = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + start + chunk(b"IDAT", zlib.compress(bytes(5_000_000)))


def jpeg_header(width: int, height: int) -> bytes:
    """A small JPEG that claims another size."""
    data = encode(gradient(), "JPEG")
    at = data.index(b"\xff\xc0") + 5  # after marker, length and precision
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def tiff_of_tiles(side: int, tile: int) -> bytes:
    """A TIFF of side x side pixels in one tile that claims to be larger."""
    tags = {256: side, 257: side, 258: 8, 259: 8, 262: 1, 277: 1, 322: tile, 323: tile}
    body = zlib.compress(bytes(100))
    at = 8 + 2 + 12 * (len(tags) + 2) + 4
    entries = [*tags.items(), (324, at), (325, len(body))]
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    count = struct.pack("<H", len(entries))
    return b"II*\0" + struct.pack("<I", 8) + count + directory + bytes(4) + body


class TestDecodeOfWhatIsNoPhoto:
    def test_refuses_nothing(self) -> None:
        with pytest.raises(EmptyFile):
            read(b"")

    @pytest.mark.parametrize(
        "data",
        [
            b"\0",
            b"hello",
            b"<!doctype html><title>Not found</title>",
            b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
            b"%PDF-1.7\n",
            b"8BPS\0\1" + bytes(20),
            b"#define x_width 8\n#define x_height 8\nstatic char x_bits[] = {0};",
            b"SIMPLE  =                    T" + bytes(2850),
            b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
            b"RIFF\x24\0\0\0WAVEfmt ",
            encode(gradient(), "GIF"),
            encode(gradient(), "BMP"),
            encode(gradient(), "ICO"),
            encode(gradient(), "JPEG2000"),
        ],
        ids=[
            "NUL", "text", "HTML", "SVG", "EPS", "PDF", "PSD", "XBM", "FITS", "MP4", "WAV",
            "GIF", "BMP", "ICO", "JPEG 2000",
        ],
    )  # fmt: skip
    def test_refuses_other_formats(self, data: bytes) -> None:
        with pytest.raises(UnsupportedFormat):
            read(data)

    @pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.95])
    @pytest.mark.parametrize(
        ("file_format", "options"),
        [
            ("JPEG", {}),
            ("JPEG", {"progressive": True}),
            ("PNG", {}),
            ("WEBP", {}),
            ("TIFF", {}),
            ("TIFF", {"compression": "tiff_deflate"}),
            ("AVIF", {}),
            ("HEIF", {}),
        ],
    )
    @pytest.mark.filterwarnings("ignore::UserWarning:PIL")
    def test_refuses_a_photo_that_is_cut_off(
        self, file_format: str, options: dict[str, Any], part: float
    ) -> None:
        data = encode(noise(), file_format, **options)

        with pytest.raises(ImageTruncated):
            read(data[: int(len(data) * part)])

    @pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
    @pytest.mark.filterwarnings("ignore::UserWarning:PIL")
    def test_says_of_any_damage_that_it_is_damage(self, file_format: str) -> None:
        photo = np.frombuffer(encode(gradient(), file_format), np.uint8)
        chance = np.random.default_rng(0)

        told = set()
        for _ in range(100):
            damaged = photo.copy()
            damaged[chance.integers(12, len(photo), 8)] = chance.integers(0, 256, 8)
            try:
                read(damaged.tobytes())
            except PhotoError as exc:
                told.add(exc.code)

        assert "image_truncated" in told


class TestDecodeOfABomb:
    @pytest.mark.parametrize(
        "data",
        [
            png_header(50000, 50000),
            png_header(12000, 12000),
            png_header(1001, 1000),
            tiff_of_tiles(50000, 16),
            tiff_of_tiles(16, 50000),
            jpeg_header(60000, 60000),
            encode(Image.new("L", (1010, 1000)), "WEBP"),
            encode(Image.new("L", (1010, 1000)), "AVIF", speed=10),
            encode(Image.new("L", (1010, 1000)), "HEIF"),
        ],
        ids=[
            "PNG",
            "PNG 144 MP",
            "PNG 1 MP",
            "TIFF",
            "TIFF tile",
            "JPEG",
            "WebP",
            "AVIF",
            "HEIC",
        ],
    )
    def test_is_refused_before_there_is_memory_for_it(self, data: bytes) -> None:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

        with pytest.raises(ImageTooLarge):
            read(data)

        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        assert after - before < 64 * MIB

    def test_is_refused_whichever_of_two_headers_counts(self) -> None:
        small, large = encode(gradient(), "JPEG"), jpeg_header(60000, 60000)
        frame = small.index(b"\xff\xc0")

        with pytest.raises(ImageTooLarge):
            read(small[:frame] + large[frame : frame + 19] + small[frame:])

    def test_is_refused_if_it_goes_over_its_pixels_again_and_again(self) -> None:
        data = encode(gradient(), "JPEG", progressive=True)
        last_scan = data[data.rindex(b"\xff\xda") : -2]

        with pytest.raises(ImageTooLarge):
            read(data[:-2] + last_scan * 1000 + data[-2:])

    @pytest.mark.parametrize("file_format", ["PNG", "WEBP", "TIFF"])
    def test_of_many_frames_costs_no_more_than_its_first(self, file_format: str) -> None:
        frames = [Image.new("L", (1, 1), n % 256) for n in range(500)]

        photo = read(encode(frames[0], file_format, save_all=True, append_images=frames[1:]))

        assert (photo.width, photo.height) == (1, 1)

    def test_says_how_much_is_too_much(self) -> None:
        with pytest.raises(ImageTooLarge) as raised:
            read(png_header(2000, 1000))

        assert str(raised.value) == "The photo has more than 1 million pixels."
