from pathlib import Path

import pytest

from local.packages import CACHE
from local.photos import EXPECTED, PHOTOS, packaged_photos


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    if not all((CACHE / package.sha256 / package.file).exists() for package in PHOTOS):
        pytest.skip(
            "The packages with photos are not in the cache: run `make test`, which fetches them."
        )
    monkeypatch.setenv("PATH", "")
    return packaged_photos(tmp_path)


class TestPackagedPhotos:
    def test_are_sixteen_of_different_names(self, photos: list[Path]) -> None:
        assert len({path.name for path in photos}) == 16

    def test_lie_in_the_folder_and_nothing_else(self, photos: list[Path], tmp_path: Path) -> None:
        assert sorted(tmp_path.iterdir()) == sorted(photos)

    def test_hold_all_photos_of_those_who_are_in_several(self, photos: list[Path]) -> None:
        names = {path.name for path in photos}

        missing = [name for several in EXPECTED.values() for name in several if name not in names]

        assert missing == []
