"""A clock of the day for programs that a test starts."""

from pathlib import Path

import pytest

from bench.chaos.clock import Clock

AHEAD_S = 40 * 24 * 3600


@pytest.fixture
def clock_ahead(tmp_path: Path) -> Clock:
    """40 days ahead, for programs that have its variables."""
    clock = Clock.built(tmp_path)
    if clock is None:
        pytest.skip("There is no C compiler to build a clock with.")
    clock.turn(AHEAD_S)
    return clock
