"""What decoders are tried with: processes that are honest, and pictures to decode."""

from collections.abc import Iterator
from typing import Any

import pytest

from inference.arrays import RGB
from photos.budget import PixelBudget
from photos.decoder import Limits
from photos.decoders import Decoders
from tests.photos.poisoned import poison

LIMITS = Limits(max_pixels=1_000_000, max_bytes=10_000_000, timeout_s=60)
POISONED = "tests.photos.poisoned"
LONGEST_S = 60  # a test that waits longer has failed


def make_decoders(count: int = 1, **options: Any) -> Decoders:
    program = options.pop("program", POISONED)
    budget = options.pop("budget", PixelBudget(LIMITS.max_pixels))
    return Decoders(count, options.pop("limits", LIMITS), budget, program=program)


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
