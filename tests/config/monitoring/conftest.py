"""Nothing is remembered of the test before."""

from collections.abc import Iterator

import pytest

from config.monitoring import looking, standing


@pytest.fixture(autouse=True)
def _looked_at_anew() -> Iterator[None]:
    for each in (looking.READINESS, looking.EVERYTHING):
        each.forget()
    standing.forget()
    yield
    standing.forget()
