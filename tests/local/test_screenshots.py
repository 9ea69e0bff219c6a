import shutil
from pathlib import Path

import pytest
from PIL import Image

from local.postgres import Postgres
from local.screenshots import BROWSERS, FOLDER, HEIGHT, WIDTH, shots
from local.stack import CHECKOUT
from local.stage import DATABASE
from tests.local.whole import Place

LARGEST, ALL = 150_000, 1_200_000  # bytes of a picture, and of them together
DOCUMENTS = ["README.md", "docs/staff.md"]


@pytest.fixture
def place(open_folder: Path) -> Place:
    return Place.below(open_folder)


def size_of(file: Path) -> tuple[int, int]:
    with Image.open(file) as picture:
        return picture.size


class TestScreenshots:
    def test_are_all_there_and_small(self) -> None:
        files = {file.stem: file for file in FOLDER.iterdir()}
        sizes = [file.stat().st_size for file in files.values()]

        assert {*files} == {shot.name for shot in shots()}
        assert {size_of(file) for file in files.values()} == {(WIDTH, HEIGHT)}
        assert max(sizes) < LARGEST
        assert sum(sizes) < ALL

    def test_are_all_shown(self) -> None:
        shown = "".join((CHECKOUT / name).read_text() for name in DOCUMENTS)

        assert [shot.name for shot in shots() if f"pictures/{shot.name}.webp)" not in shown] == []

    def test_need_the_demo_first(self, place: Place) -> None:
        if not any(map(shutil.which, BROWSERS)):
            pytest.skip("Chromium is not installed: apt-get install chromium")
        with Postgres(place.var / "postgres").used() as postgres:
            postgres.drop_database(DATABASE)
            ended = place.run("local.screenshots")

        assert (ended.returncode, ended.stderr) == (
            1,
            "There is nothing to show yet: run `make demo` first.\n",
        )
