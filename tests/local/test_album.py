import os
from pathlib import Path

import pytest

from local.album import FolderError, Photo, photos_of


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def names(folder: Path) -> list[str]:
    return [photo.name for photo in photos_of(folder)]


class TestPhotosOf:
    def test_are_all_files_called_like_a_photo_below_the_folder(self, tmp_path: Path) -> None:
        touch(tmp_path, "b.JPG", "a.png", "notes.txt", "2024/may/c.heic", "jpg")

        assert photos_of(tmp_path) == [
            Photo("2024/may/c.heic", tmp_path / "2024/may/c.heic"),
            Photo("a.png", tmp_path / "a.png"),
            Photo("b.JPG", tmp_path / "b.JPG"),
        ]

    def test_are_not_hidden(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.jpg", ".b.jpg", ".trash/c.jpg")

        assert names(tmp_path) == ["a.jpg"]

    def test_are_not_looked_for_behind_links_to_folders(self, tmp_path: Path) -> None:
        touch(tmp_path, "sub/a.jpg")
        (tmp_path / "sub" / "loop").symlink_to(tmp_path)

        assert names(tmp_path) == ["sub/a.jpg"]

    def test_may_be_links_that_lead_nowhere(self, tmp_path: Path) -> None:
        (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")

        assert names(tmp_path) == ["gone.jpg"]

    def test_have_names_that_are_text_whatever_their_bytes(self, tmp_path: Path) -> None:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg")).touch()

        assert names(tmp_path) == ["caf\N{REPLACEMENT CHARACTER}.jpg"]

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
    def test_name_a_folder_that_may_not_be_read(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.jpg", "closed/b.jpg")
        (tmp_path / "closed").chmod(0)

        found = names(tmp_path)

        (tmp_path / "closed").chmod(0o700)
        assert found == ["a.jpg", "closed"]

    def test_cannot_be_those_of_a_file(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.jpg")

        with pytest.raises(FolderError, match=r"a\.jpg is not a folder\."):
            photos_of(tmp_path / "a.jpg")

    def test_cannot_be_none(self, tmp_path: Path) -> None:
        touch(tmp_path, "notes.txt")

        with pytest.raises(FolderError, match="There is no photo in"):
            photos_of(tmp_path)
