import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import environ
import psycopg
import pytest

from local import LocalError
from local.postgres import Postgres, main

ROOT = Path(__file__).resolve().parents[2]
STARTS = "from local.postgres import Postgres; from pathlib import Path; import sys; "
STARTS += "Postgres(Path(sys.argv[1])).start()"
USES = """
import sys
from pathlib import Path
from local.postgres import Postgres
with Postgres(Path(sys.argv[1])).used():
    print("in", flush=True)
    sys.stdin.read()
"""


def python(code: str, *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603  # words of this module
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def running(open_folder: Path) -> Iterator[Postgres]:
    with Postgres(open_folder / "postgres").used() as postgres:
        yield postgres


def postmaster(postgres: Postgres) -> int:
    return int((postgres.server.data / "postmaster.pid").read_text().split()[0])


class TestDatabases:
    def test_are_made_and_dropped_even_twice(self, running: Postgres) -> None:
        running.create_database('odd "name"')

        assert running.databases() == ['odd "name"', "postgres"]

        running.drop_database('odd "name"')
        running.drop_database('odd "name"')

        assert running.databases() == ["postgres"]

    def test_are_not_made_twice(self, running: Postgres) -> None:
        with pytest.raises(LocalError, match=r'^ERROR:  database "postgres" already exists$'):
            running.create_database("postgres")

    def test_are_dropped_though_they_are_in_use(self, running: Postgres) -> None:
        running.create_database("busy")
        with psycopg.connect(running.url("busy")):
            running.drop_database("busy")

        assert running.databases() == ["postgres"]

    def test_have_vectors(self, running: Postgres) -> None:
        running.create_database("vectors")

        running.sql("CREATE EXTENSION vector", database="vectors")

        distance = running.sql("SELECT '[1,2]'::vector <-> '[1,5]'", database="vectors")
        running.drop_database("vectors")
        assert distance == "3"


class TestUrl:
    def test_is_understood_by_the_driver(self, running: Postgres) -> None:
        with psycopg.connect(running.url("postgres")) as connection:
            row = connection.execute("SELECT current_database(), current_user").fetchone()

        assert row == ("postgres", "postgres")

    def test_is_understood_by_the_settings(self, running: Postgres) -> None:
        assert environ.Env.db_url_config(running.url("a b")) == {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "a b",
            "USER": "postgres",
            "PASSWORD": "",
            "HOST": "",
            "PORT": "",
            "OPTIONS": {"host": str(running.socket_dir)},
        }


class TestStarting:
    def test_twice_changes_nothing(self, stopped: Postgres) -> None:
        stopped.start()
        first = postmaster(stopped)

        stopped.start()

        assert postmaster(stopped) == first

    def test_in_four_processes_at_once_starts_one_server(self, new: Postgres) -> None:
        starters = [python(STARTS, new.folder) for _ in range(4)]

        outcomes = [(starter.communicate()[0], starter.returncode) for starter in starters]

        assert outcomes == [("", 0)] * 4
        assert new.databases() == ["postgres"]

    def test_after_kill_9_has_all_rows(self, stopped: Postgres) -> None:
        stopped.start()
        stopped.create_database("kept")
        stopped.sql("CREATE TABLE answers AS SELECT 42 AS number", database="kept")
        os.kill(postmaster(stopped), signal.SIGKILL)

        stopped.start()

        number = stopped.sql("SELECT number FROM answers", database="kept")
        stopped.drop_database("kept")
        assert number == "42"

    def test_is_not_misled_by_a_process_that_has_the_old_number(self, stopped: Postgres) -> None:
        stopped.start()
        stopped.stop()
        pid_file = stopped.server.data / "postmaster.pid"
        pid_file.write_text(f"{os.getpid()}\n{stopped.server.data}\n")

        stopped.start()

        assert postmaster(stopped) != os.getpid()

    def test_ignores_a_data_folder_that_was_not_finished(self, new: Postgres) -> None:
        unfinished = new.server.home / "data.new"
        unfinished.mkdir()
        (unfinished / "PG_VERSION").write_text("18\n")

        new.start()

        assert new.databases() == ["postgres"]

    def test_works_where_the_path_is_too_long_for_a_socket(self, open_folder: Path) -> None:
        with Postgres(open_folder / ("long, " * 20)).used() as postgres:
            assert len(str(postgres.socket_dir)) < 40
            assert postgres.databases() == ["postgres"]

        postgres.remove()
        assert not postgres.socket_dir.exists()

    def test_refuses_data_of_another_version(self, open_folder: Path) -> None:
        data = open_folder / "older" / "data"
        data.mkdir(parents=True)
        (data / "PG_VERSION").write_text("16\n")

        with pytest.raises(LocalError, match="holds data of PostgreSQL 16, and this is 18"):
            Postgres(data.parent).start()

    def test_shows_the_servers_own_words_when_it_fails(self, stopped: Postgres) -> None:
        stopped.start()
        stopped.stop()
        settings = stopped.server.data / "postgresql.auto.conf"
        settings.write_text("no_such_setting = 1\n")

        with pytest.raises(LocalError) as error:
            stopped.start()

        settings.write_text("")
        assert 'unrecognized configuration parameter "no_such_setting"' in str(error.value)

    def test_says_where_it_cannot_make_its_folder(self, open_folder: Path) -> None:
        (open_folder / "file").touch()

        with pytest.raises(LocalError, match=r"/file/x cannot hold a database: Not a directory\.$"):
            Postgres(open_folder / "file" / "x").start()


class TestUsing:
    def test_ends_with_the_last_user(self, stopped: Postgres) -> None:
        with stopped.used(), Postgres(stopped.folder).used():
            pass
        first, second = stopped.used(), Postgres(stopped.folder).used()
        first.__enter__()
        second.__enter__()

        first.__exit__(None, None, None)
        still_there = stopped.server.ready()
        second.__exit__(None, None, None)

        assert (still_there, stopped.server.pids()) == (True, [])

    def test_by_one_who_is_killed_keeps_nobody_from_stopping_it(self, stopped: Postgres) -> None:
        with stopped.used(), python(USES, stopped.folder) as user:
            assert user.stdout
            assert user.stdout.readline() == "in\n"
            user.kill()

        assert stopped.server.pids() == []

    def test_leaves_it_running_after_up_until_down(self, stopped: Postgres) -> None:
        stopped.up()
        with stopped.used():
            pass
        kept = stopped.server.ready()

        stopped.down()

        assert (kept, stopped.server.pids()) == (True, [])

    def test_refuses_down_and_takes_the_marker_away(self, stopped: Postgres) -> None:
        stopped.up()

        with stopped.used(), pytest.raises(LocalError, match=r"^PostgreSQL is in use; it stops"):
            stopped.down()

        assert stopped.server.pids() == []


class TestCommandLine:
    def test_starts_shows_and_stops(
        self, stopped: Postgres, capsys: pytest.CaptureFixture[str]
    ) -> None:
        where = ["--folder", str(stopped.folder)]

        statuses = [main([order, *where]) for order in ("up", "status", "down")]

        running = f"PostgreSQL is running until `down`: {stopped.url()}\n"
        idle = f"PostgreSQL is not running; its data are in {stopped.folder}/data.\n"
        assert (statuses, capsys.readouterr().out) == ([0] * 3, running + running + idle)

    def test_removes_everything(self, new: Postgres) -> None:
        new.server.home.mkdir(exist_ok=True)

        assert main(["remove", "--folder", str(new.folder)]) == 0

        assert not new.folder.exists()

    def test_says_in_a_sentence_what_goes_wrong(
        self, stopped: Postgres, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with stopped.used():
            status = main(["down", "--folder", str(stopped.folder)])

        sentence = "PostgreSQL is in use; it stops when its last user leaves.\n"
        assert (status, capsys.readouterr().err) == (1, sentence)
