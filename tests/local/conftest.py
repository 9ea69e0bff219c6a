from collections.abc import Iterator
from pathlib import Path

import pytest

from local.postgres import Postgres


@pytest.fixture
def new(open_folder: Path, request: pytest.FixtureRequest) -> Iterator[Postgres]:
    """One that has never been started."""
    postgres = Postgres(open_folder / request.node.name)
    yield postgres
    if postgres.folder.exists():
        postgres.stop()


@pytest.fixture
def stopped(open_folder: Path) -> Iterator[Postgres]:
    """One that has been started before, in some other test: making a data folder takes longest."""
    postgres = Postgres(open_folder / "stopped")
    yield postgres
    postgres.down()
