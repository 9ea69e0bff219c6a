"""People and sidecars by commands."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from faces.models import Edit, Person
from photos.models import Owner, Photo
from tests.faces.portability.doors import (
    DATA,
    names,
    other,
    photo,
    photo_of,
)

__all__ = ["other", "photo"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)  # an export sees one moment


class TestCommands:
    def test_carry_people_over(self, owner: Owner, other: Owner, tmp_path: Path) -> None:
        photo_of(owner, "Anna")
        photo_of(other)
        file, shown = tmp_path / "people.json", io.StringIO()
        call_command("export_people", owner=owner.subject, to=file)
        call_command("export_people", owner=owner.subject, stdout=shown)

        said = call("import_people", str(file), owner=other.subject)
        again = call("import_people", str(file), owner=other.subject, json=True)

        assert file.read_text() == shown.getvalue()
        assert file.stat().st_mode & 0o777 == 0o600
        missing = "0 photos and 0 faces are not here"
        assert said == [
            f"1 people made, 0 known; 1 faces given, 0 known; {missing}; 0 rejections, 0 pairs.",
            f"It is edit {Edit.objects.of(other).get().pk}, by which it can be undone.",
        ]
        assert json.loads(again[0])["faces_known"] == 1

    def test_try_an_import_out(self, owner: Owner, other: Owner, tmp_path: Path) -> None:
        photo_of(owner, "Anna")
        file = tmp_path / "people.json"
        call_command("export_people", owner=owner.subject, to=file)

        call("import_people", str(file), owner=other.subject, dry_run=True)

        assert not Person.objects.filter(owner=other).exists()

    def test_write_sidecars(self, owner: Owner, photo: Photo, tmp_path: Path) -> None:
        folder = tmp_path / "library"
        folder.mkdir()
        (folder / "a.jpg").write_bytes(DATA)
        Photo.objects.filter(pk=photo.pk).update(sha256=sha256_of(DATA))

        said = call("write_sidecars", owner=owner.subject, folder=folder, photo=photo.pk)

        assert names((folder / "a.jpg.xmp").read_bytes()) == ["Anna"]
        assert said == [
            f"{folder}/a.jpg.xmp: written", "1 written, 0 unchanged, 0 no names, 0 left alone",
        ]  # fmt: skip

    def test_say_which_sidecar_they_left_alone(
        self, owner: Owner, photo: Photo, tmp_path: Path
    ) -> None:
        folder = tmp_path / "library"
        folder.mkdir()
        (folder / "a.jpg").write_bytes(DATA)
        (folder / "a.jpg.xmp").write_bytes(b"Anna")
        Photo.objects.filter(pk=photo.pk).update(sha256=sha256_of(DATA))

        with pytest.raises(CommandError, match="can't be read"):
            call("write_sidecars", owner=owner.subject, folder=folder)

    @pytest.mark.parametrize(
        ("command", "options"),
        [
            ("export_people", {}),
            ("import_people", {"file": Path("people.json")}),
            ("write_sidecars", {"folder": Path()}),
        ],
    )
    def test_know_no_strangers(self, command: str, options: dict[str, Any]) -> None:
        files = [str(options.pop("file"))] if "file" in options else []

        with pytest.raises(CommandError, match="There is no owner 'nobody'"):
            call(command, *files, owner="nobody", **options)

    def test_say_which_file_is_not_there(self, owner: Owner, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="No such file"):
            call("import_people", str(tmp_path / "gone.json"), owner=owner.subject)
        with pytest.raises(CommandError, match="No such file"):
            call("export_people", owner=owner.subject, to=tmp_path / "gone" / "people.json")
        with pytest.raises(CommandError, match="is no folder"):
            call("write_sidecars", owner=owner.subject, folder=tmp_path / "gone")

    def test_say_what_is_wrong_with_a_document(self, owner: Owner, tmp_path: Path) -> None:
        (tmp_path / "people.json").write_text("{}")

        with pytest.raises(CommandError, match=r"^format: "):
            call("import_people", str(tmp_path / "people.json"), owner=owner.subject)

    def test_know_no_photo_of_others(self, owner: Owner, other: Owner, tmp_path: Path) -> None:
        photo = photo_of(other)

        with pytest.raises(CommandError, match=f"has no photo {photo.pk}"):
            call("write_sidecars", owner=owner.subject, folder=tmp_path, photo=photo.pk)


def call(command: str, *arguments: str, **options: Any) -> list[str]:
    """The lines that it shows."""
    shown = io.StringIO()
    call_command(command, *arguments, **options, stdout=shown)
    return shown.getvalue().splitlines()


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
