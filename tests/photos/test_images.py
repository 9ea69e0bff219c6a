from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from inference.arrays import RGB
from photos.errors import (
    UnsupportedFormat,
)
from photos.exif import PhotoExif
from photos.images import thumbnail
from tests.photos.encoded import (
    encode,
    gradient,
    read,
)
from tests.pictures import noise

ORIENTATION = 0x0112
LOSSY = 8  # what a good encoder may change of our gradient, of 255


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


def largest_difference(one: RGB, other: RGB) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())


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
