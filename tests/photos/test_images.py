import resource
import struct
import zlib
from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from inference.arrays import RGB
from photos.errors import (
    EmptyFile,
    ImageTooLarge,
    ImageTruncated,
    PhotoError,
    UnsupportedFormat,
)
from photos.exif import PhotoExif
from photos.images import Decoded, decode, thumbnail
from tests.pictures import noise

MAX_PIXELS = 1_000_000
ORIENTATION = 0x0112
MIB = 2**20
LOSSY = 8  # what a good encoder may change of our gradient, of 255


def gradient(width: int = 64, height: int = 48) -> RGB:
    """Pixels that survive lossy formats, and differ in all four corners."""
    across = np.linspace(0, 250, width, dtype=np.uint8)[None, :].repeat(height, axis=0)
    down = np.linspace(0, 250, height, dtype=np.uint8)[:, None].repeat(width, axis=1)
    return np.dstack([across, down, np.full_like(down, 90)])


def encode(image: Image.Image | RGB, file_format: str, **options: Any) -> bytes:
    file = BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(file, file_format, **options)
    return file.getvalue()


def oriented(orientation: int) -> bytes:
    """EXIF that names an orientation."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return exif.tobytes()


def stored(upright: RGB, orientation: int) -> RGB:
    """`upright` as a camera held in that orientation stores it."""
    turned = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright),
        7: upright.swapaxes(0, 1)[::-1, ::-1],
        8: np.rot90(upright, -1),
    }[orientation]
    return np.ascontiguousarray(turned)


def read(data: bytes) -> Decoded:
    return decode(data, max_pixels=MAX_PIXELS)


def largest_difference(one: RGB, other: RGB) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())


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


class TestDecode:
    @pytest.mark.parametrize(
        ("file_format", "options", "media_type", "tolerance"),
        [
            ("JPEG", {"quality": 95}, "image/jpeg", LOSSY),
            ("JPEG", {"quality": 95, "progressive": True}, "image/jpeg", LOSSY),
            ("PNG", {}, "image/png", 0),
            ("WEBP", {"lossless": True}, "image/webp", 0),
            ("TIFF", {}, "image/tiff", 0),
            ("TIFF", {"compression": "tiff_lzw"}, "image/tiff", 0),
            ("AVIF", {"quality": 95}, "image/avif", LOSSY),
            ("HEIF", {"quality": 95}, "image/heic", LOSSY),
        ],
    )
    def test_gives_the_pixels_of_a_photo(
        self, file_format: str, options: dict[str, Any], media_type: str, tolerance: int
    ) -> None:
        photo = read(encode(gradient(64, 48), file_format, **options))

        assert (photo.format, photo.media_type) == (file_format, media_type)
        assert (photo.width, photo.height) == (64, 48)
        assert photo.pixels.shape == (48, 64, 3)
        assert photo.pixels.dtype == np.uint8
        assert photo.pixels.flags.c_contiguous
        assert not photo.pixels.flags.writeable
        assert largest_difference(photo.pixels, gradient(64, 48)) <= tolerance
        assert photo.exif == PhotoExif()

    def test_gives_the_same_pixels_of_a_jpeg_as_pillow(self) -> None:
        data = encode(noise(width=131, height=67), "JPEG")

        assert np.array_equal(read(data).pixels, np.asarray(Image.open(BytesIO(data))))

    def test_knows_a_photo_by_its_content_where_brands_are_many(self) -> None:
        data = bytearray(encode(gradient(), "HEIF"))
        data[8:12] = b"mif1"

        assert read(bytes(data)).format == "HEIF"

    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP"])
    def test_turns_the_photo_upright(self, file_format: str, orientation: int) -> None:
        pixels = stored(gradient(), orientation)
        options = {"lossless": True} if file_format == "WEBP" else {}

        photo = read(encode(pixels, file_format, exif=oriented(orientation), **options))

        assert np.array_equal(photo.pixels, gradient())

    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("file_format", ["JPEG", "AVIF", "HEIF"])
    def test_turns_the_photo_upright_nearly(self, file_format: str, orientation: int) -> None:
        pixels = stored(gradient(), orientation)

        photo = read(encode(pixels, file_format, quality=95, exif=oriented(orientation)))

        assert photo.pixels.shape == (48, 64, 3)
        assert largest_difference(photo.pixels, gradient()) <= LOSSY

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_turns_a_compressed_tiff_upright(self, orientation: int) -> None:
        pixels = stored(gradient(), orientation)
        tags = {ORIENTATION: orientation}

        photo = read(encode(pixels, "TIFF", compression="tiff_lzw", tiffinfo=tags))

        assert np.array_equal(photo.pixels, gradient())

    @pytest.mark.parametrize("orientation", [0, 9, 65535])
    def test_ignores_an_orientation_that_does_not_exist(self, orientation: int) -> None:
        data = encode(gradient(), "PNG", exif=oriented(orientation))

        assert np.array_equal(read(data).pixels, gradient())

    @pytest.mark.parametrize("size", [(1, 1), (1, 20000), (20000, 1)])
    @pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
    def test_takes_narrow_photos(self, file_format: str, size: tuple[int, int]) -> None:
        photo = read(encode(Image.new("RGB", size, "red"), file_format))

        assert (photo.width, photo.height) == size

    @pytest.mark.parametrize("file_format", ["TIFF", "PNG", "WEBP", "AVIF"])
    def test_takes_the_first_of_many_pictures(self, file_format: str) -> None:
        others = [Image.fromarray(noise(seed=seed)) for seed in range(3)]

        data = encode(
            Image.new("RGB", (64, 48), "red"), file_format, save_all=True, append_images=others
        )

        assert (
            largest_difference(read(data).pixels, np.full((48, 64, 3), (255, 0, 0), np.uint8)) <= 2
        )

    def test_takes_the_first_of_two_jpegs_in_one_file(self) -> None:
        second = Image.fromarray(noise())

        data = encode(gradient(), "MPO", save_all=True, append_images=[second])

        assert read(data).format == "JPEG"
        assert largest_difference(read(data).pixels, gradient()) <= LOSSY

    def test_takes_the_main_one_of_two_pictures_of_a_heic(self) -> None:
        second = Image.fromarray(noise())
        first = Image.fromarray(gradient())

        data = encode(
            first, "HEIF", quality=95, save_all=True, append_images=[second], primary_index=0
        )

        assert largest_difference(read(data).pixels, gradient()) <= LOSSY


class TestDecodeOfOtherColours:
    @pytest.mark.parametrize(
        ("mode", "colour", "expected"),
        [
            ("1", 1, (255, 255, 255)),
            ("L", 77, (77, 77, 77)),
            ("LA", (77, 255), (77, 77, 77)),
            ("LA", (77, 0), (255, 255, 255)),
            ("I;16", 77 * 256 + 200, (77, 77, 77)),
            ("RGBA", (10, 20, 30, 255), (10, 20, 30)),
            ("RGBA", (10, 20, 30, 0), (255, 255, 255)),
            ("RGBA", (0, 0, 0, 51), (204, 204, 204)),
        ],
    )
    def test_gives_rgb_over_white(
        self, mode: str, colour: Any, expected: tuple[int, int, int]
    ) -> None:
        photo = read(encode(Image.new(mode, (5, 4), colour), "PNG"))

        assert np.array_equal(photo.pixels, np.full((4, 5, 3), expected, np.uint8))

    def test_shows_a_palette_with_a_transparent_colour_over_white(self) -> None:
        image = Image.fromarray(np.array([[0, 1]], np.uint8), "L").convert("P")
        image.putpalette([10, 20, 30, 40, 50, 60])

        photo = read(encode(image, "PNG", transparency=1))

        assert photo.pixels.tolist() == [[[10, 20, 30], [255, 255, 255]]]

    @pytest.mark.parametrize(("file_format", "tolerance"), [("JPEG", 2), ("TIFF", 0)])
    def test_gives_rgb_of_inks(self, file_format: str, tolerance: int) -> None:
        inks = Image.new("CMYK", (16, 16), (0, 255, 255, 0))

        photo = read(encode(inks, file_format))

        red = np.full((16, 16, 3), (255, 0, 0), np.uint8)
        assert largest_difference(photo.pixels, red) <= tolerance

    @pytest.mark.parametrize("mode", ["I", "F", "LAB"])
    def test_refuses_kinds_of_pixels_that_no_camera_makes(self, mode: str) -> None:
        with pytest.raises(UnsupportedFormat):
            read(encode(Image.new(mode, (5, 4)), "TIFF"))

    @pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
    def test_ignores_a_broken_colour_profile(self, file_format: str) -> None:
        data = encode(gradient(), file_format, quality=95, icc_profile=b"broken" * 100)

        assert largest_difference(read(data).pixels, gradient()) <= 30

    def test_ignores_a_colour_profile(self) -> None:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

        assert np.array_equal(
            read(encode(gradient(), "PNG", icc_profile=profile)).pixels, gradient()
        )


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


class TestThumbnail:
    @pytest.mark.parametrize(
        ("size", "expected"),
        [
            ((400, 300), (100, 75)),
            ((301, 403), (75, 100)),
            ((1000, 3), (100, 1)),
            ((80, 60), (80, 60)),
            ((1, 1), (1, 1)),
            ((20000, 1), (100, 1)),
        ],
    )
    def test_fits_into_a_square(self, size: tuple[int, int], expected: tuple[int, int]) -> None:
        small = Image.open(BytesIO(thumbnail(noise(width=size[0], height=size[1]), 100)))

        assert (small.format, small.size) == ("JPEG", expected)

    def test_has_the_colours_of_the_photo(self) -> None:
        data = thumbnail(gradient(400, 300), 100)

        expected = cv2.resize(gradient(400, 300), (100, 75), interpolation=cv2.INTER_AREA)
        assert largest_difference(read(data).pixels, np.asarray(expected, np.uint8)) <= 12

    def test_carries_nothing_of_the_source_but_pixels(self) -> None:
        photo = read(encode(gradient(), "JPEG", exif=oriented(6), comment=b"secret"))

        small = Image.open(BytesIO(thumbnail(photo.pixels, 32)))

        assert set(small.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
