"""Processes that count together: what they write, and what is read of it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from config import monitoring_settings
from inference import sharing
from jobs import measured
from local.stack import CHECKOUT
from local.triton import LOOPBACK, free_ports

COUNT = """
import os, sys
from pathlib import Path
from inference.sharing import share
share(Path(sys.argv[1]))
from inference.metrics import ERRORS, ITEMS
from prometheus_client import Gauge
gauge = Gauge("kindred_streams", "Listeners.", multiprocess_mode="livesum")
children = [os.fork() for _ in range(int(sys.argv[2]))] if int(sys.argv[2]) == 1 else []
ERRORS.labels("tagger", "inference_timeout").inc()
ITEMS.labels("tagger").observe(4)
gauge.set(3)
for child in children:
    if child:
        os.waitpid(child, 0)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.METRICS_DIR = tmp_path
    settings.METRICS_PROGRAM = "web"
    return tmp_path


def count(folder: Path, *, fork: bool = False) -> None:
    """A process that counts, and has ended."""
    folder.mkdir(exist_ok=True)
    words = [sys.executable, "-c", COUNT, str(folder), str(int(fork))]
    subprocess.run(words, cwd=CHECKOUT, check=True)  # noqa: S603  # our own program


def told() -> dict[tuple[str, str], float]:
    return {
        (sample.name, sample.labels["program"]): sample.value
        for metric in measured.metrics()
        for sample in metric.samples
        if sample.labels.get("le", "+Inf") == "+Inf"
    }


class TestProcesses:
    def test_of_a_program_count_together(self, folder: Path) -> None:
        count(folder / "web")
        count(folder / "web")

        found = told()

        assert found["kindred_inference_errors_total", "web"] == 2
        assert found["kindred_inference_batch_items_sum", "web"] == 8
        assert found["kindred_inference_batch_items_bucket", "web"] == 2

    def test_that_fork_count_once_each(self, folder: Path) -> None:
        count(folder / "worker", fork=True)

        assert told()["kindred_inference_errors_total", "worker"] == 2

    def test_of_several_programs_are_told_apart(self, folder: Path) -> None:
        count(folder / "web")
        count(folder / "worker")

        errors = {key for key in told() if key[0] == "kindred_inference_errors_total"}

        assert {program for _, program in errors} == {"web", "worker"}

    def test_that_have_ended_keep_their_counts_but_no_gauges(self, folder: Path) -> None:
        count(folder / "web")

        found = told()

        assert ("kindred_inference_errors_total", "web") in found
        assert ("kindred_streams", "web") not in found

    def test_of_the_last_run_are_forgotten_when_the_program_begins(self, folder: Path) -> None:
        count(folder / "web")
        count(folder / "worker")
        alive = folder / "web" / f"counter_{sharing.HOST}-{os.getpid()}.db"
        elsewhere = folder / "web" / "counter_other-machine-1.db"
        for file in (alive, elsewhere):
            file.touch()

        sharing.begin(folder / "web")

        assert {each.name for each in (folder / "web").iterdir()} == {alive.name, elsewhere.name}
        assert any((folder / "worker").iterdir())

    def test_have_room_before_they_write(self, folder: Path) -> None:
        count(folder / "web")

        files = list((folder / "web").iterdir())

        assert len(files) == 3
        assert {file.stat().st_blocks * 512 for file in files} == {2**20}

    def test_are_not_there_yet(self) -> None:
        assert told() == {}


class TestPrograms:
    @pytest.mark.parametrize(
        ("command", "program"),
        [
            ("manage.py worker", "worker"),
            ("/srv/kindred/manage.py grpc_server --address=127.0.0.1:1", "grpc"),
            ("manage.py pull_worker --once", "pull_worker"),
            ("run_worker.py --once", "pull_worker"),
            ("/srv/kindred/src/worker.py", "worker"),
            ("/usr/bin/gunicorn config.wsgi", "web"),
            ("/lib/python3/site-packages/gunicorn/__main__.py config.wsgi", "web"),
            ("manage.py doctor", ""),
            ("manage.py", ""),
            ("/lib/pytest/__main__.py tests", ""),
            ("-c", ""),
        ],
    )
    def test_are_known_by_how_they_are_called(self, command: str, program: str) -> None:
        assert monitoring_settings._program(command.split()) == program  # noqa: SLF001  # a setting

    def test_count_alone_where_no_file_can_be(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (folder / "file").touch()
        monkeypatch.setattr(monitoring_settings, "METRICS_DIR", folder / "file")

        assert monitoring_settings._shared("web") == ""  # noqa: SLF001  # a setting
        assert "METRICS_DIR" in capsys.readouterr().err


class TestProgramsWithoutWebServer:
    def test_tell_it_at_an_address_of_their_own(self, folder: Path, settings: Any) -> None:
        count(folder / "worker")
        port, *_ = free_ports()
        settings.METRICS_ADDRESS = f"{LOOPBACK}:{port}"

        server = measured.serve()

        assert server is not None
        try:
            text = httpx2.get(f"http://{LOOPBACK}:{port}/metrics").text
        finally:
            server.shutdown()
            server.server_close()
        assert 'kindred_inference_errors_total{code="inference_timeout"' in text

    def test_tell_nobody_otherwise(self, settings: Any) -> None:
        settings.METRICS_ADDRESS = ""

        assert measured.serve() is None
