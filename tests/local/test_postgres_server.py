import os
import subprocess
from pathlib import Path

import pytest

from local import LocalError
from local.postgres import Postgres
from local.postgres_programs import home_of, programs_for, server_identity, wheel_programs
from local.postgres_server import Server, explain, memory, server_settings

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another user")


@as_root
class TestClosedFolders:
    def test_have_their_data_in_the_shelter(self, open_folder: Path, tmp_path: Path) -> None:
        tmp_path.chmod(0o700)
        shelter = open_folder / "shelter"
        postgres = Postgres(tmp_path / "postgres", shelter=shelter)

        with postgres.used():
            databases = postgres.databases()

        assert databases == ["postgres"]
        assert (tmp_path / "postgres" / "home").readlink() == postgres.server.home
        assert postgres.server.home.parent == shelter
        postgres.remove()
        assert [*shelter.iterdir(), *tmp_path.iterdir()] == []

    def test_keep_their_data_when_they_move(self, open_folder: Path, tmp_path: Path) -> None:
        tmp_path.chmod(0o700)
        home = home_of(tmp_path / "a", open_folder / "moved")

        (tmp_path / "a").rename(tmp_path / "b")

        assert home_of(tmp_path / "b", open_folder / "moved") == home

    def test_have_their_programs_copied(self, open_folder: Path, tmp_path: Path) -> None:
        tmp_path.chmod(0o700)
        package = wheel_programs().parents[1]
        closed = tmp_path / package.name
        closed.symlink_to(package)
        (tmp_path / f"{package.name}.libs").symlink_to(package.parent / f"{package.name}.libs")
        identity = server_identity(tmp_path / "none")

        programs = programs_for(
            identity, closed / wheel_programs().relative_to(package), open_folder
        )

        version = subprocess.run(  # noqa: S603  # words of this module
            [programs / "initdb", "--version"],
            capture_output=True,
            text=True,
            check=True,
            **identity,
        )
        assert programs.is_relative_to(open_folder)
        assert version.stdout.startswith("initdb (PostgreSQL) 18.")


class TestServer:
    def test_does_not_take_a_socket_folder_of_another(self, open_folder: Path) -> None:
        server = Server(open_folder / ("y" * 100))
        server.home.mkdir()
        server.socket_dir.symlink_to(open_folder)

        with pytest.raises(LocalError, match="is not the server's own folder: remove it"):
            server.start()

        server.socket_dir.unlink()

    def test_takes_little_memory(self, tmp_path: Path) -> None:
        limit = tmp_path / "memory.max"
        limit.write_text(f"{2**30}\n")

        settings = server_settings(memory(limit))

        assert (settings["shared_buffers"], settings["maintenance_work_mem"]) == ("256MB", "256MB")

    def test_takes_no_more_of_a_large_machine(self) -> None:
        settings = server_settings(2**40)

        assert (settings["shared_buffers"], settings["maintenance_work_mem"]) == ("1024MB", "512MB")


class TestExplain:
    def test_names_a_full_disk(self) -> None:
        words = "LOG:  starting\nFATAL:  could not write file: No space left on device\n"

        assert explain("It stops", words).splitlines()[0] == "It stops: the disk is full."

    def test_names_the_last_error(self) -> None:
        words = "x FATAL:  no pasta\nx LOG:  shut down\n"

        assert explain("It stops", words).splitlines()[0] == "It stops: x FATAL:  no pasta"

    def test_has_words_even_when_the_server_has_none(self) -> None:
        assert explain("It stops", "") == "It stops: it gave no reason."
