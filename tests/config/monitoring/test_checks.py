"""Each part that may be wrong is made wrong, and is said to be."""

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone
from django_q.models import Schedule
from rest_framework.test import APIClient

from config.access.scopes import Scope
from config.monitoring import looking
from config.monitoring.checks import database, models, queue, secrets, storage
from config.monitoring.checks.findings import Finding, Level, fine, warning, wrong
from jobs import schedules
from jobs.models import Pause, State
from photos import roles, standing
from tests.factories import make_item, make_job, make_key, make_user

pytestmark = pytest.mark.django_db
GONE = "127.0.0.1:9"


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database gives no answer to any check."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise OperationalError("connection refused\nsecond line")

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", refuse)


@pytest.fixture
def served(triton_url: str, settings: Any) -> None:
    settings.TRITON_URL = triton_url
    roles.sync(settings.MODEL_REPOSITORY)


def due(late_s: float) -> None:
    schedules.install()
    when = timezone.now() - timedelta(seconds=late_s)
    Schedule.objects.filter(func="jobs.tasks.sweep").update(next_run=when)


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


class TestReadiness:
    @pytest.mark.usefixtures("served")
    def test_tells_strangers_nothing_more(self) -> None:
        answer = APIClient().get("/readyz")

        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})

    def test_tells_staff_each_check(self, settings: Any) -> None:
        settings.TRITON_URL = GONE
        user = make_user(is_staff=True, is_superuser=True)
        client = APIClient(headers={"X-API-Key": make_key(user=user, scopes={Scope.ADMIN})[1]})

        answer = client.get("/readyz/")

        assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
        checks = {each["name"]: each["ok"] for each in answer.json()["checks"]}
        assert checks == {
            "database": True,
            "migrations": True,
            "models": False,
            "storage": True,
        }

    def test_tells_callers_who_are_no_staff_nothing_more(
        self, api: APIClient, settings: Any
    ) -> None:
        settings.TRITON_URL = GONE

        assert api.get("/readyz").json() == {"status": "unavailable"}

    @pytest.mark.usefixtures("served")
    def test_is_none_where_a_model_s_file_is_another(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            standing, "refused", lambda models: {each.name: "It is another." for each in models}
        )

        assert APIClient().get("/readyz").status_code == 503

    def test_is_looked_at_now_and_then_however_many_ask(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = []

        def check() -> Finding:
            asked.append(1)
            return fine("a", "It is well.")

        each = looking.Looking([check])

        found = [each.findings() for _ in range(3)]
        each.forget()
        again = each.findings()

        assert len(asked) == 2
        assert [*found, again] == [[fine("a", "It is well.")]] * 4

    def test_of_the_process_asks_nobody(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            answer = APIClient().get("/livez")

        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def run(**options: Any) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("doctor", stdout=out, **options)
    except CommandError as exc:
        return out.getvalue(), exc.returncode
    return out.getvalue(), 0


Use = Callable[..., None]


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Has the doctor find these things alone."""

    def use(*found: Finding) -> None:
        looks = [lambda each=each: each for each in found]
        monkeypatch.setattr("config.management.commands.doctor.ALL", looks)

    return use


WELL = fine("clock", "It goes right.")
SOON = warning("disk", "There is little room.", "Make some.")
BAD = wrong("models", "There are none.", "Build them.")


class TestDoctor:
    def test_says_what_is_wrong_and_how_to_mend_it(self, checks: Use) -> None:
        checks(WELL, SOON, BAD)

        said, code = run()

        assert code == 1
        assert said.splitlines() == [
            "ok    clock: It goes right.",
            "look  disk: There is little room.",
            "      Make some.",
            "WRONG models: There are none.",
            "      Build them.",
        ]

    @pytest.mark.parametrize(
        ("found", "strict", "code"),
        [([WELL], True, 0), ([SOON], False, 0), ([SOON], True, 1), ([BAD], False, 1)],
    )
    def test_ends_as_it_is(
        self, checks: Use, found: list[Finding], code: int, *, strict: bool
    ) -> None:
        checks(*found)

        assert run(strict=strict)[1] == code

    def test_tells_programs_in_json(self, checks: Use) -> None:
        checks(BAD)

        said, code = run(json=True)

        assert json.loads(said) == [
            {
                "name": "models",
                "level": "wrong",
                "says": "There are none.",
                "mend": "Build them.",
            }
        ]
        assert code == 1

    @pytest.mark.usefixtures("served")
    def test_finds_nothing_wrong_where_all_is_well(self, settings: Any, tmp_path: Path) -> None:
        settings.VAR, settings.DISK_FREE_MB = tmp_path, 0.0
        settings.ALLOWED_HOSTS = ["localhost"]
        due(0)

        said, code = run(strict=True)

        assert code == 0, said
        assert {line.split()[0] for line in said.splitlines()} == {"ok"}

    def test_names_each_check_once(self) -> None:
        documented = [each.name for each in (check() for check in looking.ALL)]

        assert len(set(documented)) == len(looking.ALL)
