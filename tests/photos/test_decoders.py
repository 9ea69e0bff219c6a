import os
import re
import resource
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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
from photos.decoder import Limits, exif_from_json, exif_to_json
from photos.decoders import ENVIRONMENT, KEPT_BYTES, MAX_PHOTOS, Decoders
from photos.errors import (
    DecoderDied,
    DecoderUnavailable,
    DecodeTimeout,
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
from tests.photos.packets import mwg, mwg_item, packet
from tests.photos.poisoned import poison
from tests.pictures import jpeg, noise

ROOT = Path(__file__).resolve().parents[2]
LIMITS = Limits(max_pixels=1_000_000, max_bytes=10_000_000, timeout_s=60)
POISONED = "tests.photos.poisoned"
LONGEST_S = 60  # a test that waits longer has failed
TAKEN, OFFSET, CAMERA, GPS = 0x9003, 0x9011, 0x8769, 0x8825


def make_decoders(count: int = 1, **options: Any) -> Decoders:
    program = options.pop("program", POISONED)
    budget = options.pop("budget", PixelBudget(LIMITS.max_pixels))
    return Decoders(count, options.pop("limits", LIMITS), budget, program=program)


def quick(timeout_s: float = 2) -> Limits:
    return Limits(max_pixels=1_000_000, max_bytes=10_000_000, timeout_s=timeout_s)


@pytest.fixture(scope="module")
def honest() -> Iterator[Decoders]:
    """The real program."""
    with Decoders(1, LIMITS, PixelBudget(LIMITS.max_pixels)) as decoders:
        yield decoders


@pytest.fixture
def one() -> Iterator[Decoders]:
    """One process that can be told to break."""
    with make_decoders() as decoders:
        yield decoders


def pixels_of(decoders: Decoders, data: bytes) -> RGB:
    with decoders.decoded(data) as decoded:
        return decoded.pixels


def ask(decoders: Decoders, what: str) -> int:
    """What the process that decodes next says about itself."""
    return int.from_bytes(pixels_of(decoders, poison(b"", "tell", what)).tobytes())


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


def await_end(process: int, *, timeout_s: float = LONGEST_S) -> bool:
    """Whether a process has ended by then, be it a child of ours or not."""
    with open(os.pidfd_open(process), "rb") as handle:  # noqa: PTH123  # it has no path
        readable, _, _ = select.select([handle], [], [], timeout_s)
    return bool(readable)


def shared_memory() -> int:
    """Bytes of it that this process has touched, and that have not been given back."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssShmem:")[1].split()[0]) * 1024


@contextmanager
def no_more_files() -> Iterator[None]:
    """Whoever opens one fails."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextmanager
def worker(data: bytes) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that decodes `data` and then waits, and the process id of its decoder."""
    code = f"""
from contextlib import suppress
from photos.budget import PixelBudget
from photos.decoder import Limits
from photos.decoders import Decoders
from photos.errors import PhotoError
from tests.photos.poisoned import poison
limits = Limits(max_pixels=100, max_bytes=100, timeout_s=2)
decoders = Decoders(1, limits, PixelBudget(100), program="{POISONED}")
with decoders.decoded(poison(b"", "tell", "pid")) as decoded:
    print(int.from_bytes(decoded.pixels.tobytes()), flush=True)
with suppress(PhotoError), decoders.decoded({data!r}):
    pass
input()
"""
    pipe = subprocess.PIPE
    with subprocess.Popen(  # noqa: S603  # words of this test
        [sys.executable, "-c", code], stdin=pipe, stdout=pipe, stderr=pipe, cwd=ROOT, text=True
    ) as process:
        assert process.stdout
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


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


class TestDecodersAndPoison:
    @pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL])
    def test_a_photo_that_kills_its_process_fails_alone(self, number: signal.Signals) -> None:
        bad = poison(jpeg(), "kill", int(number))
        photos = [bad if n == 5 else jpeg(seed=n) for n in range(20)]

        def outcome(data: bytes) -> bool:
            try:
                return pixels_of(decoders, data).shape == (48, 64, 3)
            except DecoderDied:
                return False

        with make_decoders(2) as decoders, ThreadPoolExecutor(4) as pool:
            outcomes = list(pool.map(outcome, photos))

        assert outcomes == [n != 5 for n in range(20)]

    @pytest.mark.parametrize("words", [("leave", 0), ("leave", 3), ("fail",)])
    def test_a_photo_that_ends_its_process_otherwise_fails(
        self, one: Decoders, words: tuple[object, ...]
    ) -> None:
        with pytest.raises(DecoderDied) as raised:
            pixels_of(one, poison(jpeg(), *map(str, words)))

        assert (raised.value.code, raised.value.retryable) == ("decoder_died", False)
        assert pixels_of(one, jpeg()).shape == (48, 64, 3)

    def test_a_photo_whose_process_is_killed_for_another_has_a_second_one(
        self, one: Decoders, tmp_path: Path
    ) -> None:
        data = poison(jpeg(), "kill once", tmp_path / "marker")

        assert pixels_of(one, data).tobytes() == b"alive!"

    def test_a_photo_with_a_second_process_holds_its_pixels_once(self, tmp_path: Path) -> None:
        data = poison(jpeg(), "kill once", tmp_path / "marker")

        with make_decoders(budget=PixelBudget(1)) as decoders:
            assert pixels_of(decoders, data).tobytes() == b"alive!"

    def test_a_process_that_is_killed_between_photos_is_none_of_the_two(
        self, one: Decoders, tmp_path: Path
    ) -> None:
        first = ask(one, "pid")
        os.kill(first, signal.SIGKILL)
        assert await_end(first)

        data = poison(jpeg(), "kill once", tmp_path / "marker")

        assert pixels_of(one, data).tobytes() == b"alive!"

    @pytest.mark.parametrize("word", ["loop", "stall"])
    def test_a_photo_without_an_end_fails_alone(self, word: str) -> None:
        with make_decoders(2, limits=quick()) as decoders, ThreadPoolExecutor(2) as pool:
            endless = pool.submit(pixels_of, decoders, poison(jpeg(), word))
            assert pixels_of(decoders, jpeg()).shape == (48, 64, 3)

            with pytest.raises(DecodeTimeout) as raised:
                endless.result(LONGEST_S)
            assert pixels_of(decoders, jpeg()).shape == (48, 64, 3)

        assert str(raised.value) == "The photo was not decoded within 2 s."
        assert (raised.value.code, raised.value.retryable) == ("decode_timeout", False)

    def test_a_photo_that_takes_all_memory_is_too_large(self, one: Decoders) -> None:
        process = ask(one, "pid")

        with pytest.raises(ImageTooLarge) as raised:
            pixels_of(one, poison(jpeg(), "hoard"))

        assert re.search("more memory", str(raised.value))
        assert ask(one, "pid") == process

    @pytest.mark.parametrize(("height", "width"), [(-1, 1), (0, 0), (2000, 2000), (10**6, 10**6)])
    def test_an_answer_that_cannot_be_is_not_believed(
        self, one: Decoders, height: int, width: int
    ) -> None:
        with pytest.raises(DecoderDied):
            pixels_of(one, poison(jpeg(), "lie", height, width))

        assert pixels_of(one, jpeg()).shape == (48, 64, 3)

    def test_a_window_cannot_be_taken_away(self, one: Decoders) -> None:
        with pytest.raises(DecoderDied):
            pixels_of(one, poison(jpeg(), "shorten"))

        assert pixels_of(one, jpeg()).shape == (48, 64, 3)

    @pytest.mark.parametrize("packet", [b"no JSON", b"[" * 60_000, b"7", b'{"pixels": -5}'])
    def test_nonsense_is_not_believed(self, packet: bytes) -> None:
        babbling = make_decoders(program="tests.photos.babbling")

        with babbling as decoders, pytest.raises(DecoderDied):
            pixels_of(decoders, packet)


class TestDecodersProcess:
    def test_has_no_secret_in_its_environment(
        self, one: Decoders, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SECRET_KEY", "secret")

        with pytest.raises(UnsupportedFormat) as raised:
            pixels_of(one, poison(b"", "environment"))

        set_by_python_and_opencv = {"LC_CTYPE", "LD_LIBRARY_PATH"}
        assert set(str(raised.value).split()) - set_by_python_and_opencv == set(ENVIRONMENT)

    def test_does_not_know_django(self, one: Decoders) -> None:
        assert ask(one, "django") == 0

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_lets_a_worker_that_is_stopped_finish(
        self, one: Decoders, number: signal.Signals
    ) -> None:
        process = ask(one, "pid")

        os.kill(process, number)

        assert ask(one, "pid") == process

    @pytest.mark.parametrize("word", ["stall", "loop"])
    def test_ends_with_a_worker_that_is_killed_while_it_decodes(self, word: str) -> None:
        with worker(poison(b"", word)) as (process, child):
            assert process.stderr
            assert process.stderr.readline() == f"{word}\n"

            process.kill()

            assert await_end(child)

    def test_ends_with_a_worker_that_is_killed_between_photos(self) -> None:
        with worker(b"") as (process, child):
            process.kill()

            assert await_end(child)

    def test_that_does_not_start_is_no_fault_of_a_photo(self) -> None:
        missing = make_decoders(program="tests.photos.missing")

        with missing as decoders, pytest.raises(DecoderUnavailable) as raised:
            pixels_of(decoders, jpeg())

        assert (raised.value.code, raised.value.retryable) == ("decoder_unavailable", True)

    def test_is_not_started_without_files_to_talk_through(self, one: Decoders) -> None:
        with pytest.raises(DecoderUnavailable), no_more_files():
            pixels_of(one, jpeg())

        assert pixels_of(one, jpeg()).shape == (48, 64, 3)


class TestLimits:
    @pytest.mark.parametrize("name", ["max_pixels", "max_bytes", "timeout_s"])
    def test_refuse_what_lets_no_photo_through(self, name: str) -> None:
        good = {"max_pixels": 1, "max_bytes": 1, "timeout_s": 1}

        with pytest.raises(ValueError, match=f"{name} is 0: it must be above 0"):
            Limits(**good | {name: 0})


class TestExifAsJson:
    @pytest.mark.parametrize(
        "exif",
        [
            PhotoExif(),
            PhotoExif(taken_local=datetime(2024, 5, 6, 12)),  # noqa: DTZ001  # a camera's clock
            PhotoExif(
                taken_local=datetime(1, 1, 1),  # noqa: DTZ001  # a camera's clock
                offset=timedelta(hours=-3.5),
                latitude=48.137527777,
                longitude=-0.0,
            ),
        ],
    )
    def test_is_the_same_there_and_back(self, exif: PhotoExif) -> None:
        assert exif_from_json(exif_to_json(exif)) == exif
