"""The ledger: what was erased stays so, whatever the database has forgotten."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.db.models import Model

from config import tasks
from faces.models import Cluster, Erasure, Face, Person
from faces.people import merging, naming
from jobs import ledger, reapplying
from jobs.erasure import erase
from jobs.models import Removal
from jobs.removal import remove
from photos.errors import StoreUnavailable
from photos.models import Owner, Photo, Space
from tests.factories import make_cluster, make_face, make_owner, make_photo, make_space
from tests.jobs.kept import keep_person, keep_photo
from tests.pictures import jpeg

pytestmark = pytest.mark.django_db
NAME = "Zoë Ñandú"


class Before:
    """The rows of some tables, to be put back as an old backup does."""

    tables: tuple[type[Model], ...] = (Photo, Person, Cluster, Face)

    def __init__(self) -> None:
        self._rows = [(table, list(table._default_manager.all())) for table in self.tables]  # noqa: SLF001
        self._came = dict(Photo.objects.values_list("pk", "created_at"))
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM faces_membership")
            self._members = cursor.fetchall()

    def put_back(self) -> None:
        """And forget what was done since."""
        Erasure.objects.all().delete()
        Removal.objects.all().delete()
        for table, rows in self._rows:
            there = set(table._default_manager.values_list("pk", flat=True))  # noqa: SLF001
            table._default_manager.bulk_create(row for row in rows if row.pk not in there)  # noqa: SLF001
        for photo in (row for table, rows in self._rows if table is Photo for row in rows):
            Photo.objects.filter(pk=photo.pk).update(created_at=self._came[photo.pk])
        with connection.cursor() as cursor:
            for row in self._members:
                marks = ", ".join(["%s"] * len(row))
                cursor.execute(
                    f"INSERT INTO faces_membership VALUES ({marks}) ON CONFLICT DO NOTHING",  # noqa: S608
                    row,
                )


@pytest.fixture
def space(db: None) -> Space:
    return make_space()


def entries() -> list[Any]:
    folder = Path(storages["erasures"].path(""))
    return [json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))]


def reapplied() -> int:
    return sum(1 for _ in reapplying.reapply())


class TestLedger:
    def test_says_nothing_of_whom(self, owner: Owner, space: Space) -> None:
        zoe = keep_person(owner, NAME, space, 1)
        naming.change(zoe, aliases=["Zizi"])

        erase(owner, zoe.pk)

        [entry] = entries()
        told = json.dumps(entry, ensure_ascii=False)
        assert [word in told for word in (NAME, "Zizi", owner.subject, "vector")] == [False] * 4
        assert (entry["person"], len(entry["places"])) == (zoe.pk, 2)

    def test_is_only_added_to(self, owner: Owner) -> None:
        receipt = remove(owner, [keep_photo(owner).pk], why=Removal.Why.ASKED)
        before = entries()
        receipt.photos = []

        ledger.note(ledger.Entry.of(receipt))

        assert entries() == before

    def test_gets_what_was_erased_before_there_was_one(self, owner: Owner, space: Space) -> None:
        zoe = keep_person(owner, NAME, space, 1)
        before = Before()
        erase(owner, zoe.pk)
        Erasure.objects.update(people=[])
        Path(storages["erasures"].path(f"{Erasure.objects.get().key}.json")).unlink()

        assert [ledger.complete(), ledger.complete()] == [1, 0]

        before.put_back()
        reapplied()
        assert Person.objects.count() == 0

    def test_that_is_damaged_is_told(self, owner: Owner) -> None:
        receipt = remove(owner, [keep_photo(owner).pk], why=Removal.Why.ASKED)
        Path(storages["erasures"].path(f"{receipt.key}.json")).write_text("{")
        Removal.objects.all().delete()

        with pytest.raises(StoreUnavailable):
            reapplied()


class TestReapplying:
    def test_erases_a_person_whom_a_backup_has_brought_back(
        self, owner: Owner, space: Space
    ) -> None:
        zoe = keep_person(owner, NAME, space, 1)
        before = Before()
        erase(owner, zoe.pk)
        before.put_back()
        assert Person.objects.count() == 1

        assert reapplied() == 1

        assert [table.objects.count() for table in (Person, Cluster, Face)] == [0, 0, 0]
        assert Photo.objects.count() == 2
        assert Erasure.objects.filter(finished_at=None).count() == 0

    def test_erases_the_faces_of_who_had_no_name_yet(self, owner: Owner, space: Space) -> None:
        cluster = make_cluster(owner=owner, space=space, faces=2)
        stays = make_face(photo=make_photo(owner=owner))
        before = Before()
        zoe = naming.name_cluster(cluster, NAME)
        erase(owner, zoe.pk)
        before.put_back()

        reapplied()

        assert list(Face.objects.all()) == [stays]
        assert Person.objects.count() == 0

    def test_erases_who_was_merged_into_them_since(self, owner: Owner, space: Space) -> None:
        zoe = keep_person(owner, NAME, space, 1)
        double = keep_person(owner, "Zoe", space, 1)
        before = Before()
        merging.merge_people(owner, zoe, [double])
        erase(owner, zoe.pk)
        before.put_back()
        assert Person.objects.count() == 2

        reapplied()

        assert [table.objects.count() for table in (Person, Face)] == [0, 0]

    def test_deletes_photos_that_a_backup_has_brought_back(self, owner: Owner) -> None:
        photo, other = keep_photo(owner), keep_photo(owner)
        before = Before()
        receipt = remove(owner, [photo.pk], why=Removal.Why.ASKED)
        before.put_back()

        assert reapplied() == 1

        assert Photo.objects.get() == other
        again = Removal.objects.get()
        assert (again.key, again.why) == (receipt.key, Removal.Why.RESTORED)

    def test_twice_changes_nothing(self, owner: Owner, space: Space) -> None:
        zoe = keep_person(owner, NAME, space, 1)
        before = Before()
        erase(owner, zoe.pk)
        before.put_back()
        reapplied()
        rows = list(Erasure.objects.order_by("pk").values())

        assert reapplied() == 0
        assert list(Erasure.objects.order_by("pk").values()) == rows

    def test_leaves_what_came_after_the_backup_was_restored(self, owner: Owner) -> None:
        data = jpeg(seed=4711)
        before = Before()
        remove(owner, [keep_photo(owner, data).pk], why=Removal.Why.ASKED)
        before.put_back()
        again = keep_photo(owner, data)

        reapplied()

        assert Photo.objects.get() == again

    def test_leaves_another_database_alone(self, owner: Owner) -> None:
        remove(owner, [keep_photo(owner).pk], why=Removal.Why.ASKED)
        Removal.objects.all().delete()
        number = owner.pk
        Owner.objects.all().delete()
        stranger = make_owner(pk=number)
        photo = keep_photo(stranger)

        assert reapplied() == 0
        assert Photo.objects.get() == photo

    def test_is_done_by_the_clock(self, owner: Owner) -> None:
        photo = keep_photo(owner)
        before = Before()
        remove(owner, [photo.pk], why=Removal.Why.ASKED)
        before.put_back()

        tasks.retain()

        assert Photo.objects.count() == 0
