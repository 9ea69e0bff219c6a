"""The probes of containers: what is alive passes, and what is not is said."""

import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from config.probe import STALE_S, USAGE, main
from config.rpc.server import serving
from local.triton import LOOPBACK, free_ports


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/livez" else 503)
        self.end_headers()
        self.wfile.write(b"the database is away")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as there
        """Quietly."""


@pytest.fixture
def nobody() -> int:
    return free_ports()[0]


class TestHttp:
    def test_passes_where_it_answers_well_and_else_says_what_it_said(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with ThreadingHTTPServer((LOOPBACK, 0), Answers) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            url = f"http://{LOOPBACK}:{server.server_port}"
            ended = [main([f"{url}/{path}"]) for path in ("livez", "readyz")]
            server.shutdown()
            thread.join()

        assert ended == [0, 1]
        assert capsys.readouterr().err == f"{url}/readyz answers 503: the database is away\n"

    def test_fails_where_nobody_is(self, nobody: int, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([f"http://{LOOPBACK}:{nobody}/livez"]) == 1
        assert "does not answer" in capsys.readouterr().err


class TestGrpc:
    def test_passes_where_it_serves(self) -> None:
        with serving(f"{LOOPBACK}:0") as port:
            assert main([f"grpc://{LOOPBACK}:{port}"]) == 0

    def test_fails_where_nobody_is(self, nobody: int, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([f"grpc://{LOOPBACK}:{nobody}"]) == 1
        assert capsys.readouterr().err == f"{LOOPBACK}:{nobody} does not answer: UNAVAILABLE\n"


class TestAFile:
    def test_passes_while_it_is_touched(self, tmp_path: Path) -> None:
        file = tmp_path / "alive"
        file.touch()

        assert main([f"file://{file}"]) == 0

    def test_fails_when_it_was_touched_long_ago(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "alive"
        file.touch()
        then = time.time() - STALE_S - 10
        os.utime(file, (then, then))

        assert main([f"file://{file}"]) == 1
        assert capsys.readouterr().err == f"{file} was touched 70 seconds ago.\n"

    def test_fails_before_there_is_one(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([f"file://{tmp_path}/alive"]) == 1
        assert capsys.readouterr().err == f"{tmp_path}/alive is not there: nobody has begun.\n"


class TestTheWords:
    @pytest.mark.parametrize("words", [[], ["ftp://a"], ["a", "b"]])
    def test_that_nobody_can_be_asked_by_are_explained(
        self, words: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(words) == 1
        assert capsys.readouterr().err == f"{USAGE}\n"


class TestTheProgram:
    def test_imports_no_django(self, tmp_path: Path) -> None:
        loaded = "import sys, config.probe; sys.exit(any('django' in each for each in sys.modules))"

        done = subprocess.run([sys.executable, "-c", loaded], check=False)  # noqa: S603  # ours

        assert done.returncode == 0
