"""Photos that are meant to do harm, through the real decoder in its own process."""

import os
from collections.abc import Iterator
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from photos.budget import PixelBudget
from photos.decoder import Limits
from photos.decoders import Decoders
from photos.errors import DecoderDied, DecoderUnavailable, DecodeTimeout, PhotoError
from tests.photos.hostile import MAKERS, saved
from tests.pictures import jpeg, noise

LIMITS = Limits(max_pixels=1_000_000, max_bytes=20_000_000, timeout_s=10)
SOON_S = 5.0
FAMILY = settings(max_examples=300)
WHOLE = [
    jpeg(),
    saved(Image.fromarray(noise()), "PNG"),
    saved(Image.fromarray(noise()), "WEBP"),
    saved(Image.fromarray(noise()), "TIFF", compression="tiff_lzw"),
    saved(Image.fromarray(noise()), "HEIF"),
]


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    with Decoders(1, LIMITS, PixelBudget(LIMITS.max_pixels)) as started:
        yield started


def outcome(decoders: Decoders, data: bytes) -> str:
    """The format of a photo, or the code of what is wrong with it."""
    try:
        with decoders.decoded(data) as decoded:
            assert decoded.width * decoded.height <= LIMITS.max_pixels
            return decoded.format
    except PhotoError as exc:
        return exc.code


HARM = {DecoderDied.code, DecodeTimeout.code, DecoderUnavailable.code}


class TestHostileImages:
    @pytest.mark.parametrize("name", MAKERS)
    def test_end_soon_and_leave_the_process_alive(self, decoders: Decoders, name: str) -> None:
        data = MAKERS[name]()
        begun = monotonic()

        told = outcome(decoders, data)

        assert monotonic() - begun < SOON_S
        assert told not in HARM
        assert outcome(decoders, jpeg()) == "JPEG"


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A whole photo of which bytes were changed, taken out, doubled or cut off."""
    data = bytearray(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        size = draw(st.integers(0, 64))
        match draw(st.sampled_from(["change", "take out", "double", "cut off"])):
            case "change":
                data[at : at + size] = draw(st.binary(min_size=1, max_size=8))
            case "take out":
                del data[at : at + size]
            case "double":
                data[at:at] = data[at : at + size]
            case _:
                del data[max(20, at) :]
    return bytes(data)


class TestMutatedPhotos:
    @FAMILY
    @given(st.one_of(mutated(), mutated(), st.binary(max_size=400)))
    def test_never_harm_the_process_that_asks(self, decoders: Decoders, data: bytes) -> None:
        before = os.getpid()

        told = outcome(decoders, data)

        assert told not in HARM
        assert os.getpid() == before
