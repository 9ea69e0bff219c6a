"""Migrations since the last release run beside its workers; and its dumps are upgraded."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, connections, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.models.functions import Now

from config.keeping import audit
from config.keeping.backup import back_up
from config.keeping.restore import restore
from faces.models import Erasure
from photos.models import Photo
from tests.config.migration_rules import broken, since
from tests.pictures import jpeg

# The last migrations of the release before: when there is a new release, those that it has.
RELEASED = {
    "config": "0007_roles_audit",
    "faces": "0014_faces_in_order",
    "jobs": "0015_kizu_tables",
    "photos": "0015_camera_of_photo",
    "search": "0009_looks",
}
# What may break a rule, and why that harms nobody.
ALLOWED = {
    "faces.0015_erasure_key": "receipts are few: their index is there in a moment",
}
NEW = MigrationLoader(None).disk_migrations


def of(*operations: Any, atomic: bool = True) -> list[str]:
    values = {"operations": list(operations), "atomic": atomic}
    return broken(type("Migration", (migrations.Migration,), values)("0001_a", "faces"))


def text(**values: Any) -> models.Field[Any, Any]:
    return models.CharField(max_length=9, **values)


class TestRules:
    @pytest.mark.parametrize(
        "operation",
        [
            migrations.AddField("face", "a", text()),
            migrations.AddField("face", "a", text(default="")),
            migrations.AddField("face", "a", text(null=True, unique=True)),
            migrations.AddField("face", "a", text(null=True, db_index=True)),
            migrations.AddIndex("face", models.Index(fields=["x"], name="i")),
            migrations.AddConstraint(
                "face", models.CheckConstraint(condition=models.Q(x=1), name="c")
            ),
            migrations.RemoveField("face", "x"),
            migrations.RenameField("face", "x", "z"),
            migrations.RenameModel("Face", "Head"),
            migrations.DeleteModel("Face"),
            migrations.RunPython(lambda apps, editor: None),
            migrations.RunSQL("SELECT 1"),
        ],
        ids=lambda each: type(each).__name__,
    )
    def test_are_broken_by_what_the_release_before_can_not_stand(self, operation: Any) -> None:
        assert len(of(operation)) == 1

    @pytest.mark.parametrize(
        "operation",
        [
            migrations.AddField("face", "a", text(null=True)),
            migrations.AddField("face", "a", text(db_default="")),
            migrations.AddField("face", "a", models.DateTimeField(db_default=Now())),
            migrations.CreateModel("Head", [("id", models.BigAutoField(primary_key=True))]),
            migrations.RunSQL("SELECT 1", "SELECT 1"),
            migrations.RunPython(lambda apps, editor: None, migrations.RunPython.noop),
        ],
        ids=lambda each: type(each).__name__,
    )
    def test_are_kept_by_what_harms_nobody(self, operation: Any) -> None:
        assert of(operation) == []

    def test_let_a_new_table_have_all(self) -> None:
        made = migrations.CreateModel("Head", [("id", models.BigAutoField(primary_key=True))])

        assert of(made, migrations.AddField("head", "a", text())) == []

    def test_want_concurrent_indexes_in_no_transaction(self) -> None:
        index = AddIndexConcurrently("face", models.Index(fields=["x"], name="i"))

        assert (len(of(index)), of(index, atomic=False)) == (1, [])

    def test_want_data_apart_from_tables(self) -> None:
        data = migrations.RunPython(lambda apps, editor: None, migrations.RunPython.noop)

        assert len(of(data, migrations.AddField("face", "a", text(null=True)))) == 1


class TestMigrations:
    @pytest.mark.parametrize("migration", since(RELEASED, NEW), ids=str)
    def test_since_the_last_release_keep_the_rules(self, migration: Any) -> None:
        if str(migration) not in ALLOWED:
            assert broken(migration) == []

    def test_that_are_allowed_more_break_a_rule(self) -> None:
        known = {str(each): each for each in since(RELEASED, NEW)}

        assert all(broken(known[name]) for name in ALLOWED)

    def test_of_the_release_are_there(self) -> None:
        assert [each for each in RELEASED.items() if each not in NEW] == []


def released() -> Any:
    """The tables of the release before, as its own code sees them."""
    executor = MigrationExecutor(connection)
    executor.migrate(list(RELEASED.items()))
    return executor.loader.project_state(list(RELEASED.items())).apps


@pytest.mark.django_db(transaction=True)
class TestDumpOfTheReleaseBefore:
    def test_is_upgraded_when_it_is_restored(self, tmp_path: Path, settings: Any) -> None:
        settings.MODEL_REPOSITORY = tmp_path / "models"
        try:
            old = released()
            fill(old)
            snapshot = back_up(tmp_path / "backups")
            assert snapshot.about["database"]["migrations"]["faces"] == RELEASED["faces"]

            restore(snapshot, replace=True)
        finally:
            connections.close_all()
            call_command("migrate", verbosity=0)

        assert Photo.objects.get().sha256 == "a" * 64
        erasure = Erasure.objects.get()
        assert (erasure.person, erasure.people, str(erasure.key)[14]) == (7, [], "4")
        assert [each for each in audit.audit(fix=True, quick=True) if each.left] == []


def fill(old: Any) -> None:
    owner = old.get_model("photos", "Owner").objects.create(subject="anna")
    keys = [f"{owner.pk}/aa/{'a' * 64}/{name}.jpg" for name in ("original", "thumbnail")]
    for key in keys:
        default_storage.save(key, ContentFile(jpeg()))
    old.get_model("photos", "Photo").objects.create(
        owner=owner,
        sha256="a" * 64,
        original=keys[0],
        thumbnail=keys[1],
        media_type="image/jpeg",
        size_bytes=1000,
        width=64,
        height=48,
    )
    old.get_model("faces", "Erasure").objects.create(
        owner=owner,
        person=7,
        counts={"rows": {}, "files": 0, "left": {}},
        places=[["a" * 64, 1, 2, 3, 4]],
    )
