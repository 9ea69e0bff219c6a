"""Each part that may be wrong is made wrong, and is said to be."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from config.monitoring.checks import database, models, queue, secrets, storage
from config.monitoring.checks.findings import Level
from jobs.models import Pause, State
from photos import standing
from tests.config.monitoring.wrongs import (
    GONE,
    checks,
    due,
    served,
)
from tests.factories import make_item, make_job

__all__ = ["checks", "served"]  # fixtures
pytestmark = pytest.mark.django_db


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database gives no answer to any check."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise OperationalError("connection refused\nsecond line")

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", refuse)


class TestDatabase:
    def test_is_well_here(self) -> None:
        checks = (database.database, database.migrations, database.pgvector, database.clock)

        assert [check().level for check in checks] == [Level.FINE] * 4

    @pytest.mark.usefixtures("away")
    def test_that_is_away_is_said_so_by_all_who_need_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(database, "_done", set())
        checks = (
            database.database, database.migrations, database.pgvector, database.clock,
            queue.workers, queue.queue,
        )  # fmt: skip

        found = [check() for check in checks]

        assert {each.level for each in found} == {Level.WRONG}
        assert all(each.mend for each in found)
        assert found[0].says == "The database does not answer: connection refused"

    def test_that_lacks_tables_is_wrong(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Behind:
            def __init__(self, _connection: Any) -> None:
                self.loader = self
                self.graph = self

            def leaf_nodes(self) -> list[str]:
                return []

            def migration_plan(self, _leaves: list[str]) -> list[tuple[str, bool]]:
                return [("jobs.0099_later", False)]

        monkeypatch.setattr(database, "_done", set())
        monkeypatch.setattr(database, "MigrationExecutor", Behind)

        found = database.migrations()

        assert found.level is Level.WRONG
        assert "jobs.0099_later" in found.says
        assert "manage.py migrate" in found.mend

    @pytest.mark.parametrize(
        ("there", "level"), [(None, Level.WRONG), ("0.7.4", Level.WARNING), ("0.8.4", Level.FINE)]
    )
    def test_needs_a_new_pgvector(
        self, monkeypatch: pytest.MonkeyPatch, there: str | None, level: Level
    ) -> None:
        monkeypatch.setattr(database, "_value", lambda sql: there)

        assert database.pgvector().level is level

    @pytest.mark.parametrize(("ahead_s", "level"), [(-60, Level.WRONG), (1, Level.FINE)])
    def test_has_the_time_of_this_machine(
        self, monkeypatch: pytest.MonkeyPatch, ahead_s: float, level: Level
    ) -> None:
        now = timezone.now().timestamp()
        monkeypatch.setattr(database, "_value", lambda sql: now + ahead_s)

        assert database.clock().level is level


class TestModels:
    @pytest.mark.usefixtures("served")
    def test_are_well_where_triton_has_them(self) -> None:
        assert models.models().level is Level.FINE

    def test_are_wrong_without_a_server(self, settings: Any) -> None:
        settings.TRITON_URL = GONE

        found = models.models()

        assert (found.level, GONE in found.says) == (Level.WRONG, True)

    def test_are_wrong_where_no_role_has_one(self, triton_url: str, settings: Any) -> None:
        settings.TRITON_URL = triton_url

        assert models.models().level is Level.WRONG

    def test_are_wrong_where_a_file_is_another(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(standing, "refused", lambda _: {"tagger.a.1": "Its file is another."})

        found = models.model_files()

        assert (found.level, found.says) == (Level.WRONG, "tagger.a.1: Its file is another.")


class TestStorage:
    def test_is_left_as_it_was(self, tmp_path: Path) -> None:
        assert storage.storage().level is Level.FINE
        assert [each for each in tmp_path.rglob("*") if each.is_file()] == []

    def test_that_takes_no_file_is_wrong(self, settings: Any, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        options = {"location": tmp_path / "file" / "below"}
        intake = {**settings.STORAGES["intake"], "OPTIONS": options}
        settings.STORAGES = {**settings.STORAGES, "intake": intake}

        found = storage.storage()

        assert found.level is Level.WRONG
        assert "'intake'" in found.says

    @pytest.mark.parametrize(("least_mb", "level"), [(1e12, Level.WRONG), (0.0, Level.FINE)])
    def test_needs_room(self, settings: Any, least_mb: float, level: Level) -> None:
        settings.DISK_FREE_MB = least_mb

        assert storage.disk().level is level

    def test_warns_before_there_is_none(self, settings: Any) -> None:
        [root, *_] = storage.roots()
        free_mb = shutil.disk_usage(root).free / 2**20
        settings.DISK_FREE_MB = free_mb / 2

        assert storage.disk().level is Level.WARNING


class TestQueue:
    def test_needs_a_worker_that_has_run(self) -> None:
        assert queue.workers().level is Level.WRONG

    @pytest.mark.parametrize(("late_s", "level"), [(30, Level.FINE), (600, Level.WRONG)])
    def test_needs_workers_that_do_what_is_due(self, late_s: float, level: Level) -> None:
        due(late_s)

        assert queue.workers().level is level

    def test_is_stuck_where_old_things_wait_and_nobody_works(self) -> None:
        item = make_item(job=make_job())
        type(item).objects.update(created_at=timezone.now() - timedelta(hours=1))

        assert queue.queue().level is Level.WRONG

    def test_is_not_stuck_while_somebody_works(self) -> None:
        item = make_item(job=make_job())
        type(item).objects.update(created_at=timezone.now() - timedelta(hours=1))
        leased = timezone.now() + timedelta(minutes=1)
        make_item(job=make_job(), state=State.PROCESSING, lease_until=leased)

        assert queue.queue().level is Level.FINE

    def test_tells_of_a_worker_that_died(self) -> None:
        leased = timezone.now() - timedelta(minutes=1)
        make_item(job=make_job(), state=State.PROCESSING, lease_until=leased)

        assert queue.queue().level is Level.WARNING

    def test_tells_who_has_stopped_it(self) -> None:
        Pause.objects.create(by="admin", reason="new disks")

        found = queue.queue()

        assert (found.level, found.says) == (
            Level.WARNING,
            "The queue is stopped, by admin: new disks.",
        )


class TestSecrets:
    @pytest.mark.parametrize(
        ("name", "value", "level"),
        [
            ("AUTH_DISABLED", True, Level.WRONG),
            ("DEBUG", True, Level.WRONG),
            ("ALLOWED_HOSTS", ["photos.example"], Level.WARNING),
            ("ALLOWED_HOSTS", ["localhost"], Level.FINE),
        ],
    )
    def test_are_kept(
        self, settings: Any, tmp_path: Path, name: str, value: object, level: Level
    ) -> None:
        settings.VAR = tmp_path
        settings.ALLOWED_HOSTS = ["localhost"]
        setattr(settings, name, value)

        assert secrets.secrets().level is level

    @pytest.mark.parametrize(("mode", "level"), [(0o644, Level.WRONG), (0o600, Level.FINE)])
    def test_are_read_by_nobody_else(
        self, settings: Any, tmp_path: Path, mode: int, level: Level
    ) -> None:
        settings.VAR, settings.ALLOWED_HOSTS = tmp_path, ["localhost"]
        (tmp_path / "secret-key").touch(mode)
        (tmp_path / "secret-key").chmod(mode)

        assert secrets.secrets().level is level
