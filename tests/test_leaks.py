"""A test that leaves a file open is told so itself."""

import gc
from pathlib import Path

import pytest

from tests.leaks import on_disk, open_now


class Ring:
    """Goes when somebody looks for rings, and not before."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("w")
        self.itself = self


class TestOpenFiles:
    def test_are_those_that_nobody_has_closed(self, tmp_path: Path) -> None:
        before = open_now()

        with (tmp_path / "a").open("w"):
            during = on_disk(open_now() - before)

        assert during == [str(tmp_path / "a")]
        assert on_disk(open_now() - before) == []

    @pytest.mark.filterwarnings("ignore::ResourceWarning")
    def test_are_found_where_only_they_know_of_each_other(self, tmp_path: Path) -> None:
        before = open_now()
        ring = Ring(tmp_path / "a")

        left = on_disk(open_now() - before)
        del ring
        gc.collect()

        assert left == [str(tmp_path / "a")]
        assert on_disk(open_now() - before) == []
