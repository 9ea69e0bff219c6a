"""Migrations since the last release run beside its workers; and its dumps are upgraded."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, connections, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.functions import Now

from config.keeping import audit
from config.keeping.backup import back_up
from config.keeping.restore import restore
from faces.models import Erasure
from photos.models import Photo
from tests.config.migration_rules import BEFORE, broken, release, since, targets
from tests.pictures import jpeg

# What breaks a rule, and why that is borne: docs/upgrades.md says the same in the same words.
# Nothing is added for a table that may be large: build its index concurrently.
ALLOWED = {
    # Older than the rules, merged, and never edited: these lock tables that may be large.
    "faces.0011_photo_of_membership": "memberships are written anew, and their index is built",
    "faces.0012_faces_of_photos": "the index of faces by photo is built",
    "faces.0014_faces_in_order": "two indexes of faces are built",
    "photos.0013_photos_by_date": "the index of photos by date is built",
    "photos.0014_reference_by_name": "the index of references by name is built",
    # What harms nobody, or few.
    "faces.0013_questions_ahead": "an old web server's review desk fails until it is replaced",
    "faces.0015_erasure_key": "receipts are few, their index is there in a moment",
}
LOADER = MigrationLoader(None)
NEW = LOADER.disk_migrations


def tables() -> ProjectState:
    """One that others use."""
    fields = [("id", models.BigAutoField(primary_key=True)), ("x", text(null=True))]
    state = ProjectState()
    for name in ("Owner", "Face"):
        state.add_model(ModelState("faces", name, [(each, one.clone()) for each, one in fields]))
    return state


def of(*operations: Any, atomic: bool = True) -> list[str]:
    values = {"operations": list(operations), "atomic": atomic}
    kind = type("Migration", (migrations.Migration,), values)
    return broken(kind("0001_a", "faces"), tables())


def found(migration: Any) -> list[str]:
    before = LOADER.project_state((migration.app_label, migration.name), at_end=False)
    return broken(migration, before)


def text(**values: Any) -> models.Field[Any, Any]:
    return models.CharField(max_length=9, **values)


def owner(**values: Any) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey("faces.Owner", models.CASCADE, null=True, **values)


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
            migrations.AlterField("face", "x", text()),
            migrations.AlterField("face", "x", text(null=True, db_index=True)),
            migrations.AlterField("face", "x", text(null=True, unique=True)),
            migrations.AlterField("face", "x", models.IntegerField(null=True)),
            migrations.AlterField("face", "x", models.CharField(null=True, max_length=5)),
            migrations.AlterField("face", "x", text(null=True, db_column="y")),
            migrations.AlterUniqueTogether("face", {("id", "x")}),
            migrations.AddField("face", "of", owner(db_constraint=False)),
            migrations.AddField("face", "of", owner(db_index=False)),
            migrations.SeparateDatabaseAndState([migrations.RemoveField("face", "x")], []),
            migrations.SeparateDatabaseAndState(
                [migrations.SeparateDatabaseAndState([migrations.DeleteModel("Face")])]
            ),
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
            migrations.AlterField("face", "x", text(null=True, help_text="Of a face.")),
            migrations.AlterField("face", "x", text(null=True, db_default="")),
            migrations.AddField("face", "of", owner(db_index=False, db_constraint=False)),
            migrations.AddField("face", "of", models.ManyToManyField("faces.Owner")),
            AddConstraintNotValid(
                "face", models.CheckConstraint(condition=models.Q(x=1), name="c")
            ),
            migrations.SeparateDatabaseAndState([], [migrations.RemoveField("face", "x")]),
        ],
        ids=lambda each: type(each).__name__,
    )
    def test_are_kept_by_what_harms_nobody(self, operation: Any) -> None:
        assert of(operation) == []

    @pytest.mark.parametrize(
        "sql",
        [
            "ALTER TABLE faces_face DROP COLUMN x",
            "DROP TABLE faces_face",
            "ALTER TABLE faces_face RENAME x TO z",
            "create index i on faces_face (x)",
            "CREATE UNIQUE INDEX IF NOT EXISTS i ON faces_face (x)",
            "DROP INDEX i",
            "ALTER TABLE faces_face ALTER COLUMN x SET NOT NULL",
            "ALTER TABLE faces_face ALTER COLUMN x TYPE integer",
            "ALTER TABLE faces_face ADD CONSTRAINT c CHECK (x > 0)",
            ["SELECT 1", ("ALTER TABLE faces_face DROP COLUMN x", None)],
        ],
        ids=str,
    )
    def test_are_broken_by_sql_that_does_the_same(self, sql: Any) -> None:
        assert len(of(migrations.RunSQL(sql, "SELECT 1"))) == 1

    @pytest.mark.parametrize(
        "sql",
        [
            "CREATE INDEX CONCURRENTLY i ON faces_face (x)",
            "DROP INDEX CONCURRENTLY i",
            "ALTER TABLE faces_face ADD CONSTRAINT c CHECK (x > 0) NOT VALID",
            "ALTER TABLE faces_face VALIDATE CONSTRAINT c",
        ],
    )
    def test_are_kept_by_sql_that_locks_nobody_out(self, sql: str) -> None:
        assert of(migrations.RunSQL(sql, "SELECT 1")) == []

    def test_tell_of_each_lock_of_a_foreign_key(self) -> None:
        assert len(of(migrations.AddField("face", "of", owner()))) == 2

    def test_know_what_the_migration_itself_has_changed(self) -> None:
        first = migrations.AlterField("face", "x", text(null=True, help_text="Of a face."))
        second = migrations.AlterField("face", "x", text(help_text="Of a face."))

        assert len(of(first, second)) == 1

    def test_let_a_new_table_have_all(self) -> None:
        made = migrations.CreateModel("Head", [("id", models.BigAutoField(primary_key=True))])

        more = [
            migrations.AddField("head", "a", text()),
            migrations.AlterField("head", "a", text(unique=True)),
            migrations.AlterUniqueTogether("head", {("id", "a")}),
        ]

        assert of(made, *more) == []

    def test_want_concurrent_indexes_in_no_transaction(self) -> None:
        index = AddIndexConcurrently("face", models.Index(fields=["x"], name="i"))

        assert (len(of(index)), of(index, atomic=False)) == (1, [])

    def test_want_data_apart_from_tables(self) -> None:
        data = migrations.RunPython(lambda apps, editor: None, migrations.RunPython.noop)

        assert len(of(data, migrations.AddField("face", "a", text(null=True)))) == 1


class TestMigrations:
    @pytest.mark.parametrize("migration", since(BEFORE, NEW), ids=str)
    def test_since_the_last_release_keep_the_rules(self, migration: Any) -> None:
        if str(migration) not in ALLOWED:
            assert found(migration) == []

    def test_that_are_allowed_more_break_a_rule(self) -> None:
        known = {str(each): each for each in since(BEFORE, NEW)}

        assert all(found(known[name]) for name in ALLOWED)

    def test_that_are_allowed_more_are_written_down(self) -> None:
        page = (Path(django_settings.BASE_DIR) / "docs/upgrades.md").read_text("utf-8")

        told = re.findall(r"^- `(\w+\.\d{4})`: (.+)\.$", page, re.MULTILINE)

        assert told == [(name.partition("_")[0], why) for name, why in ALLOWED.items()]

    def test_of_the_release_are_there(self) -> None:
        assert [each for each in targets(BEFORE) if each[1] and each not in NEW] == []


def released() -> Any:
    """The tables of the release before, as its own code sees them."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets(BEFORE))
    return release(BEFORE, executor.loader)


@pytest.mark.django_db(transaction=True)
class TestDumpOfTheReleaseBefore:
    def test_is_upgraded_when_it_is_restored(self, tmp_path: Path, settings: Any) -> None:
        settings.MODEL_REPOSITORY = tmp_path / "models"
        try:
            old = released()
            fill(old)
            snapshot = back_up(tmp_path / "backups")
            assert snapshot.about["database"]["migrations"]["faces"] == BEFORE["faces"]

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
