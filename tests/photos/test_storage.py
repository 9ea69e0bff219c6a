"""Files are whole, or not there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from photos.storage import WholeFiles


class TestWholeFiles:
    def test_are_written_under_their_key(self, tmp_path: Path) -> None:
        key = WholeFiles(tmp_path, allow_overwrite=True).save("1/a.jpg", ContentFile(b"new"))

        assert key == "1/a.jpg"
        assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*")] == ["1/a.jpg"]

    def test_replace_what_is_there(self, tmp_path: Path) -> None:
        files = WholeFiles(tmp_path, allow_overwrite=True)
        files.save("a.jpg", ContentFile(b"a long old one"))

        files.save("a.jpg", ContentFile(b"new"))

        assert (tmp_path / "a.jpg").read_bytes() == b"new"

    def test_leave_the_old_one_when_writing_fails(self, tmp_path: Path) -> None:
        class Broken(ContentFile[bytes]):
            def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
                yield b"half"
                raise OSError("no space left")

        files = WholeFiles(tmp_path, allow_overwrite=True)
        files.save("a.jpg", ContentFile(b"old"))

        with pytest.raises(OSError, match="no space"):
            files.save("a.jpg", Broken(b"new"))

        assert (tmp_path / "a.jpg").read_bytes() == b"old"
