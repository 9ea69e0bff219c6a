import os
import select
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from inference.arrays import RGB
from photos.budget import PixelBudget
from photos.decoder import Limits
from photos.decoders import KEPT_BYTES, MAX_PHOTOS, Decoders
from photos.errors import (
    EmptyFile,
    FetchTooLarge,
    ImageTooLarge,
    ImageTruncated,
    PhotoError,
    UnsupportedFormat,
)
from photos.exif import PhotoExif
from photos.images import decode
from photos.regions import MAX_REGIONS
from photos.regions.reading import MAX_NAMES
from tests.photos.decoding_tried import (
    LIMITS,
    LONGEST_S,
    ask,
    make_decoders,
    one,
    pixels_of,
)
from tests.photos.packets import mwg, mwg_item, packet
from tests.pictures import jpeg, noise

__all__ = ["one"]  # fixtures

TAKEN, OFFSET, CAMERA, GPS = 0x9003, 0x9011, 0x8769, 0x8825


@pytest.fixture(scope="module")
def honest() -> Iterator[Decoders]:
    """The real program."""
    with Decoders(1, LIMITS, PixelBudget(LIMITS.max_pixels)) as decoders:
        yield decoders


def encode(pixels: RGB, file_format: str, **options: Any) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, file_format, **options)
    return file.getvalue()


def png_text(words: str) -> PngInfo:
    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", packet(words).decode())
    return text


def camera_exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(CAMERA).update({TAKEN: "2024:05:06 12:00:00", OFFSET: "-03:30"})
    exif.get_ifd(GPS).update({1: "N", 2: (48.0, 8.0, 15.1), 3: "W", 4: (11.0, 34.5, 0.3)})
    return exif


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def shared_memory() -> int:
    """Bytes of it that this process has touched, and that have not been given back."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssShmem:")[1].split()[0]) * 1024


class TestDecoders:
    @pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
    def test_give_what_decoding_here_gives(self, honest: Decoders, file_format: str) -> None:
        data = encode(noise(width=131, height=67), file_format, exif=camera_exif())

        with honest.decoded(data) as decoded:
            here = decode(data, max_pixels=LIMITS.max_pixels)

            assert np.array_equal(decoded.pixels, here.pixels)
            assert (decoded.format, decoded.exif) == (here.format, here.exif)

    def test_give_what_the_camera_knew(self, honest: Decoders) -> None:
        with honest.decoded(encode(noise(), "JPEG", exif=camera_exif())) as decoded:
            assert decoded.exif == PhotoExif(
                taken_local=datetime(2024, 5, 6, 12),  # noqa: DTZ001  # what its clock showed
                offset=timedelta(hours=-3.5),
                latitude=48 + 8 / 60 + 15.1 / 3600,
                longitude=-(11 + 34.5 / 60 + 0.3 / 3600),
                orientation=6,
            )

    def test_give_the_faces_that_people_have_named(self, honest: Decoders) -> None:
        rows = range(1, 20, 2)
        places = [(x / 20, y / 20, 0.1, 0.1) for x in rows for y in rows]
        words = mwg(
            *(mwg_item(f"{n} of them: \U0001f600 &quot;", each) for n, each in enumerate(places))
        )
        data = encode(noise(width=120, height=90), "JPEG", xmp=packet(words), exif=camera_exif())

        with honest.decoded(data) as decoded:
            assert decoded.exif == decode(data, max_pixels=LIMITS.max_pixels).exif
            assert len(decoded.exif.regions) == len(places)

    def test_tell_the_longest_names_of_the_most_faces(self, honest: Decoders) -> None:
        places = [
            ((n % 20) / 20 + 0.025, n // 20 / 20 + 0.025, 0.03, 0.03) for n in range(MAX_REGIONS)
        ]
        letters = MAX_NAMES // MAX_REGIONS // len(r"\ud83d\ude00") - 1
        words = mwg(*(mwg_item("\U0001f600" * letters, each) for each in places))
        data = encode(noise(width=401, height=301), "PNG", pnginfo=png_text(words))

        with honest.decoded(data) as decoded:
            assert len(decoded.exif.regions) == MAX_REGIONS

    def test_give_pixels_of_our_own_that_nobody_changes(self, honest: Decoders) -> None:
        with honest.decoded(jpeg(seed=1)) as first:
            pass
        pixels_of(honest, jpeg(seed=2))

        assert np.array_equal(first.pixels, decode(jpeg(seed=1), max_pixels=10_000).pixels)
        assert first.pixels.dtype == np.uint8
        assert first.pixels.shape == (48, 64, 3)
        assert first.pixels.flags.c_contiguous
        assert not first.pixels.flags.writeable

    @pytest.mark.parametrize(
        ("data", "error"),
        [
            (b"", EmptyFile),
            (b"hello", UnsupportedFormat),
            (jpeg()[:500], ImageTruncated),
            (encode(noise(), "PNG")[:30], ImageTruncated),
            (encode(np.zeros((1000, 1001, 3), np.uint8), "PNG"), ImageTooLarge),
        ],
    )
    def test_refuse_what_decoding_here_refuses(
        self, honest: Decoders, data: bytes, error: type[PhotoError]
    ) -> None:
        with pytest.raises(error) as here:
            decode(data, max_pixels=LIMITS.max_pixels)
        with pytest.raises(error) as there:
            pixels_of(honest, data)

        assert str(there.value) == str(here.value)

    def test_refuse_a_file_of_too_many_bytes(self, honest: Decoders) -> None:
        with pytest.raises(FetchTooLarge):
            pixels_of(honest, bytes(LIMITS.max_bytes + 1))

    def test_take_a_file_that_is_larger_than_its_pixels_may_be(self) -> None:
        limits = Limits(max_pixels=100, max_bytes=10_000, timeout_s=60)
        data = encode(noise(width=10, height=10), "PNG") + bytes(9_000)

        with make_decoders(limits=limits) as decoders:
            assert pixels_of(decoders, data).shape == (10, 10, 3)

    def test_decode_one_after_the_other_in_the_same_process(self, one: Decoders) -> None:
        assert ask(one, "pid") == ask(one, "pid")

    def test_decode_side_by_side(self) -> None:
        photos = [jpeg(width=80 + seed, seed=seed) for seed in range(40)]

        budget = PixelBudget(10_000)
        with make_decoders(3, budget=budget) as decoders, ThreadPoolExecutor(8) as pool:
            seen = list(pool.map(lambda data: pixels_of(decoders, data), photos))

        for data, pixels in zip(photos, seen, strict=True):
            assert np.array_equal(pixels, decode(data, max_pixels=10_000).pixels)

    def test_hold_the_pixels_until_the_work_on_them_is_done(self, one: Decoders) -> None:
        budget = PixelBudget(64 * 48)
        with make_decoders(2, budget=budget) as decoders, ThreadPoolExecutor(1) as pool:
            with decoders.decoded(jpeg(seed=1)):
                other = pool.submit(pixels_of, decoders, jpeg(seed=2))
                while budget.waiting == 0:
                    os.sched_yield()
                assert not other.done()

            assert other.result(LONGEST_S).shape == (48, 64, 3)

    def test_give_the_pixels_back_where_the_work_on_them_fails(self) -> None:
        with make_decoders(budget=PixelBudget(1)) as decoders:
            with pytest.raises(LookupError), decoders.decoded(jpeg()):
                raise LookupError

            assert pixels_of(decoders, jpeg()).shape == (48, 64, 3)

    def test_leave_no_files_open(self, one: Decoders) -> None:
        before = open_files()
        with make_decoders() as decoders:
            pixels_of(decoders, jpeg())
            started, there = open_files(), ask(decoders, "files")

            for seed in range(50):
                pixels_of(decoders, jpeg(seed=seed))

            assert (open_files(), ask(decoders, "files")) == (started, there)
        assert open_files() == before

    def test_give_memory_back_after_a_large_photo(self) -> None:
        limits = Limits(max_pixels=40_000_000, max_bytes=10_000_000, timeout_s=60)
        large = encode(np.zeros((5000, 8000, 3), np.uint8), "JPEG")
        before = shared_memory()

        with make_decoders(limits=limits) as decoders:
            pixels_of(decoders, large)

            assert shared_memory() - before <= KEPT_BYTES
            assert pixels_of(decoders, large).shape == (5000, 8000, 3)

    def test_end_their_processes(self) -> None:
        with make_decoders() as decoders:
            process = os.pidfd_open(ask(decoders, "pid"))

        with open(process, "rb") as handle:  # noqa: PTH123  # it has no path
            assert select.select([handle], [], [], 0) == ([handle], [], [])

    def test_start_again_after_their_end(self, one: Decoders) -> None:
        with one:
            first = ask(one, "pid")

        assert ask(one, "pid") != first

    def test_replace_a_process_that_has_decoded_many_photos(self, one: Decoders) -> None:
        first = ask(one, "pid")

        for _ in range(MAX_PHOTOS - 2):
            ask(one, "pid")

        assert ask(one, "pid") == first
        assert ask(one, "pid") != first

    @pytest.mark.parametrize("count", [0, -1])
    def test_of_no_process_are_refused(self, count: int) -> None:
        with pytest.raises(ValueError, match="have 1 at least"):
            make_decoders(count)
