"""Backup, destroy, restore: with the real database and real files, and what is refused."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.management import CommandError, call_command
from django.db import connection, connections

from config.keeping import audit, backup, programs, restore
from config.keeping.backup import Snapshot, back_up, snapshots
from config.keeping.errors import BackupDamaged, DatabaseInUse, KeepingError, ProgramMissing
from config.keeping.manifest import digest_of
from faces.models import Face, FaceVector, Person
from jobs import ledger
from jobs.erasure import erase
from photos.models import Owner, Photo, Space
from photos.nearest import Library, Table, neighbours
from search.words import index
from tests.database import database_url
from tests.factories import make_owner, make_space, unit
from tests.jobs.kept import files_of, keep_person, keep_photo
from tests.search.library import ask
from tests.search.words.library import caption, see

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _alone(settings: Any, tmp_path: Path) -> Iterator[None]:
    """A repository of our own, where heads are put."""
    settings.MODEL_REPOSITORY = tmp_path / "models"
    yield
    connections.close_all()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@dataclass
class House:
    owner: Owner
    anna: Person
    space: Space

    def told(self) -> dict[str, Any]:
        """What the audit says, and what is found by words, by people and by likeness."""
        out = StringIO()
        call_command("audit", json=True, stdout=out)
        library = Library(Table(FaceVector, "face_id"), self.owner, self.space)
        probes = np.stack([unit(1), unit(0.6, 0.8)])
        return {
            "audit": json.loads(out.getvalue()),
            "words": list(ask(self.owner, "dog on the beach").photos),
            "people": list(ask(self.owner, "Anna").photos),
            "alike": neighbours(library, probes, limit=10),
            "files": contents(),
        }


def contents() -> dict[str, bytes]:
    """All files of all storages, and what is in them."""
    roots = [Path(storages[name].path("")) for name in ("default", "intake", "results")]
    files = [file for root in roots for file in sorted(root.rglob("*")) if file.is_file()]
    return {str(file): file.read_bytes() for file in files}


@pytest.fixture
def house() -> House:
    owner, space = make_owner(), make_space()
    anna = keep_person(owner, "Anna", space, 1, faces=2)
    keep_person(owner, "Ben", space, 0, 1)
    for photo in Photo.objects.all():
        see(photo, "dog")
        caption(photo, "A dog runs on the beach.")
    index(list(Photo.objects.values_list("pk", flat=True)))
    ask(owner, "dog")  # it makes the space that photos are searched in
    storages["intake"].save("uploads/a", ContentFile(b"an upload that waits"))
    storages["results"].save("x/embedding.bin", ContentFile(b"1234"))
    return House(owner, anna, space)


def destroy() -> None:
    """The database and all files, as a dead disk does."""
    for name in ("default", "intake", "results", "erasures"):
        shutil.rmtree(storages[name].path(""), ignore_errors=True)
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; DROP SCHEMA kizu CASCADE; CREATE SCHEMA public")
    connections.close_all()


def restored(folder: Path, **options: Any) -> str:
    out = StringIO()
    call_command("restore", str(folder), stdout=out, **options)
    return out.getvalue()


class TestBackupAndRestore:
    def test_give_back_all_that_was_destroyed(self, folder: Path, house: House) -> None:
        before = house.told()
        found = len(before["words"]), len(before["people"]), len(before["alike"][0])
        assert (before["audit"]["whole"], found) == (True, (4, 2, 4))

        call_command("backup", str(folder), stdout=StringIO())
        destroy()
        said = restored(folder)

        assert house.told() == before
        assert "Erased once more: 0" in said

    def test_take_new_files_only(self, folder: Path, house: House) -> None:
        first = back_up(folder)
        there = {file.name for file in (folder / "files").glob("*/*")}
        photo = keep_photo(house.owner)

        second = back_up(folder)

        new = {file.name for file in (folder / "files").glob("*/*")} - there
        assert new == {photo.sha256}
        assert second.about["files"]["count"] == first.about["files"]["count"] + 2

    def test_bring_back_the_one_that_is_asked_for(self, folder: Path, house: House) -> None:
        first = back_up(folder)
        count = Photo.objects.count()
        keep_photo(house.owner)
        back_up(folder)

        restored(folder, snapshot=first.name, replace=True)

        assert Photo.objects.count() == count

    def test_can_be_done_twice(self, folder: Path, house: House) -> None:
        before = house.told()
        back_up(folder)
        destroy()

        restored(folder)
        restored(folder, replace=True)

        assert house.told() == before

    def test_of_what_was_restored_can_be_restored(self, folder: Path, house: House) -> None:
        before = house.told()
        back_up(folder)
        destroy()
        restored(folder)
        back_up(folder)
        destroy()

        restored(folder)

        assert house.told() == before


class TestErasedSince:
    def test_stay_erased_when_an_older_backup_is_restored(self, folder: Path, house: House) -> None:
        back_up(folder)
        erase(house.owner, house.anna.pk)

        said = restored(folder, replace=True)

        assert "Erased once more: 1" in said
        assert [person.name for person in Person.objects.all()] == ["Ben"]
        assert Face.objects.count() == 2
        assert sum("face-" in name for name in contents()) == 2

    def test_stay_erased_if_only_backups_are_left(self, folder: Path, house: House) -> None:
        first = back_up(folder)
        erase(house.owner, house.anna.pk)
        back_up(folder)
        destroy()

        restored(folder, snapshot=first.name)

        assert [person.name for person in Person.objects.all()] == ["Ben"]
        assert len(ledger.keys()) > 0


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
