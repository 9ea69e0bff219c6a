"""Backups that are refused, killed, thinned out, or of another version."""

import json
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from config.keeping import audit, backup, programs, restore
from config.keeping.backup import Snapshot, back_up, snapshots
from config.keeping.errors import BackupDamaged, DatabaseInUse, KeepingError, ProgramMissing
from config.keeping.manifest import digest_of
from faces.models import FaceVector, Person
from tests.config.backed_up import (
    House,
    _alone,
    folder,
    house,
    restored,
)
from tests.database import database_url
from tests.jobs.kept import files_of, keep_photo

__all__ = ["_alone", "folder", "house"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


class TestRefusal:
    def test_to_lose_what_is_there(self, folder: Path, house: House) -> None:
        back_up(folder)

        with pytest.raises(CommandError, match="--replace"):
            restored(folder)
        assert Person.objects.filter(pk=house.anna.pk).exists()

    def test_while_others_are_connected(self, folder: Path, house: House) -> None:
        snapshot = back_up(folder)

        with psycopg.connect(database_url()), pytest.raises(DatabaseInUse, match="1 others"):
            restore.restore(snapshot, replace=True)

    def test_of_a_content_that_has_changed(self, folder: Path, house: House) -> None:
        snapshot = back_up(folder)
        damaged = next((folder / "files").glob("*/*"))
        damaged.write_bytes(b"rot")

        with pytest.raises(BackupDamaged, match=damaged.name):
            restore.restore(snapshot, replace=True)
        with pytest.raises(CommandError, match=damaged.name):
            call_command("backup", str(folder), verify=True)
        assert Person.objects.filter(pk=house.anna.pk).exists()

    @pytest.mark.parametrize("name", [backup.DUMP, backup.FILES, backup.ABOUT])
    def test_of_a_part_that_is_gone(self, folder: Path, house: House, name: str) -> None:
        snapshot = back_up(folder)
        (snapshot.path / name).write_bytes(b"")

        with pytest.raises(BackupDamaged):
            restore.restore(snapshot, replace=True)

    def test_of_a_name_that_leads_elsewhere(self, folder: Path, house: House) -> None:
        snapshot = back_up(folder)
        listed = snapshot.path / backup.FILES
        listed.write_text(listed.read_text().replace("uploads/a", "../../a"))
        about = snapshot.about
        about["files"]["sha256"] = digest_of(listed)
        (snapshot.path / backup.ABOUT).write_text(json.dumps(about))

        with pytest.raises(BackupDamaged, match="can't be"):
            restore.restore(snapshot, replace=True)

    def test_of_a_folder_without_backups(self, folder: Path) -> None:
        with pytest.raises(CommandError, match="there are: none"):
            restored(folder)

    def test_leaves_the_database_as_it_was_if_a_dump_is_cut_off(
        self, folder: Path, house: House
    ) -> None:
        snapshot = back_up(folder)
        dump = snapshot.path / backup.DUMP
        dump.write_bytes(dump.read_bytes()[: dump.stat().st_size - 5000])
        about = snapshot.about
        about["database"]["sha256"] = digest_of(dump)
        (snapshot.path / backup.ABOUT).write_text(json.dumps(about))

        with pytest.raises(KeepingError, match="failed"):
            restore.restore(snapshot, replace=True)

        assert Person.objects.filter(pk=house.anna.pk).exists()
        assert FaceVector.objects.count() == 4

    def test_without_programs_as_new_as_the_server(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(programs, "major_of_server", lambda: 99)

        with pytest.raises(ProgramMissing, match="PostgreSQL 99"):
            programs.program("pg_dump")


class TestKilled:
    def test_a_backup_leaves_those_before(
        self, folder: Path, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = back_up(folder)

        def die(_folder: Path, _new: Path) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(backup, "_verify_new", die)
            with pytest.raises(KeyboardInterrupt):
                back_up(folder)

        assert snapshots(folder) == [first]
        back_up(folder)
        assert len(snapshots(folder)) == 2
        assert list((folder / "snapshots").glob(".new-*")) == []

    def test_a_file_that_goes_meanwhile_is_left_out(
        self, folder: Path, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        photo = keep_photo(house.owner)
        dump = backup._dump  # noqa: SLF001

        def dump_and_lose(file: Path) -> dict[str, Any]:
            about = dump(file)
            default_storage.delete(str(photo.original))
            return about

        monkeypatch.setattr(backup, "_dump", dump_and_lose)

        snapshot = back_up(folder)

        backup.verify(snapshot)
        paths = [entry.kept.path for entry in snapshot.entries()]
        assert str(photo.original) not in paths
        assert str(photo.thumbnail) in paths


class TestThinningOut:
    def test_keeps_the_newest_and_what_they_need(self, folder: Path, house: House) -> None:
        back_up(folder)
        gone = keep_photo(house.owner)
        back_up(folder)
        gone.delete()
        shutil.rmtree(Path(default_storage.path(str(gone.original))).parent)
        assert files_of(gone) == []

        call_command("backup", str(folder), keep=1, stdout=StringIO())

        [left] = snapshots(folder)
        backup.verify(left)
        assert not backup.content_of(folder, gone.sha256).exists()

    def test_needs_one_at_least(self, folder: Path) -> None:
        with pytest.raises(CommandError, match="--keep"):
            call_command("backup", str(folder), keep=0)


def test_two_at_once_are_refused(folder: Path, house: House) -> None:
    with backup._alone(folder), pytest.raises(KeepingError, match="Another backup"):  # noqa: SLF001
        back_up(folder)


def test_a_backup_of_another_version_is_refused(folder: Path) -> None:
    path = Snapshot(folder, "20260101T000000000000Z").path
    path.mkdir(parents=True)
    (path / backup.ABOUT).write_text(json.dumps({"format": "kindred-backup", "version": 2}))

    with pytest.raises(CommandError, match="version"):
        restored(folder)


def test_names_of_checks_are_told_by_the_audit(house: House) -> None:
    assert house.told()["audit"]["checks"].keys() == audit.CHECKS.keys()
