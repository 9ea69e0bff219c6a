"""The database that all test databases are copies of."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from local.postgres import Postgres
from tests.migrated import Migrated

PREFIX = "kindred_tried_"
SOURCE = f"source_of_{PREFIX}"


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """The server of the tests, with a database of nobody's."""
    with settings.POSTGRES.used() as server:
        server.create_database(SOURCE)
        yield server
        for name in server.databases():
            if PREFIX in name:
                server.drop_database(name)


@pytest.fixture
def migration(tmp_path: Path) -> Path:
    folder = tmp_path / "faces/migrations"
    folder.mkdir(parents=True)
    (folder / "0001_initial.py").write_text("tables")
    return folder / "0001_initial.py"


class TestMigrated:
    def test_is_another_one_once_a_migration_is(self, tmp_path: Path, migration: Path) -> None:
        before = Migrated(settings.POSTGRES, tmp_path).name
        again = Migrated(settings.POSTGRES, tmp_path).name
        migration.write_text("other tables")

        after = Migrated(settings.POSTGRES, tmp_path).name

        assert before == again != after

    def test_is_kept_in_the_place_of_the_one_before(
        self, postgres: Postgres, tmp_path: Path, migration: Path
    ) -> None:
        before = Migrated(postgres, tmp_path, prefix=PREFIX)
        before.keep(SOURCE)
        migration.write_text("other tables")
        after = Migrated(postgres, tmp_path, prefix=PREFIX)

        missing = after.is_there()
        for _ in range(2):
            after.keep(SOURCE)

        assert (missing, after.is_there(), before.is_there()) == (False, True, False)
