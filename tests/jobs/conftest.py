"""What tests of the whole way of a photo share."""

import pytest

from local.packages import fetch
from local.photos import INSIGHTFACE

GROUP = "insightface/data/images/t1.jpg"  # six people


@pytest.fixture(scope="session")
def group_photo(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A real photo of six people."""
    [path] = fetch(INSIGHTFACE, [GROUP], tmp_path_factory.mktemp("photos"))
    return path.read_bytes()
