"""Decoders that photos break, or that say what is not so; and what they may not do."""

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
from pathlib import Path

import pytest

from photos.budget import PixelBudget
from photos.decoder import Limits, exif_from_json, exif_to_json
from photos.decoders import ENVIRONMENT, Decoders
from photos.errors import (
    DecoderDied,
    DecoderUnavailable,
    DecodeTimeout,
    ImageTooLarge,
    UnsupportedFormat,
)
from photos.exif import PhotoExif
from tests.photos.decoding_tried import (
    LONGEST_S,
    POISONED,
    ask,
    make_decoders,
    one,
    pixels_of,
)
from tests.photos.poisoned import poison
from tests.pictures import jpeg

__all__ = ["one"]  # fixtures

ROOT = Path(__file__).resolve().parents[2]


def quick(timeout_s: float = 2) -> Limits:
    return Limits(max_pixels=1_000_000, max_bytes=10_000_000, timeout_s=timeout_s)


def await_end(process: int, *, timeout_s: float = LONGEST_S) -> bool:
    """Whether a process has ended by then, be it a child of ours or not."""
    with open(os.pidfd_open(process), "rb") as handle:  # noqa: PTH123  # it has no path
        readable, _, _ = select.select([handle], [], [], timeout_s)
    return bool(readable)


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
