"""Backup, destroy, restore: with the real database and real files, and what is refused."""

import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection, connections

from config.keeping.backup import back_up
from faces.models import Face, Person
from jobs import ledger
from jobs.erasure import erase
from photos.models import Photo
from tests.config.backed_up import (
    House,
    _alone,
    contents,
    folder,
    house,
    restored,
)
from tests.jobs.kept import keep_photo

__all__ = ["_alone", "folder", "house"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


def destroy() -> None:
    """The database and all files, as a dead disk does."""
    for name in ("default", "intake", "results", "erasures"):
        shutil.rmtree(storages[name].path(""), ignore_errors=True)
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; DROP SCHEMA kizu CASCADE; CREATE SCHEMA public")
    connections.close_all()


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
