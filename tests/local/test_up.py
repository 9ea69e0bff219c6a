import json
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from local import LocalError
from local.postgres import Postgres
from local.stage import DATABASE, Stage
from local.triton import LOOPBACK, free_ports
from local.up import READY_S, check_free
from tests.local.whole import Place, need_models


@pytest.fixture
def place(open_folder: Path) -> Place:
    return Place.below(open_folder)


def serves_grpc(port: int) -> bool:
    with grpc.insecure_channel(f"{LOOPBACK}:{port}") as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        asked = health_pb2.HealthCheckRequest()
        answer = health.Check(asked, wait_for_ready=True, timeout=READY_S)
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def said(up: subprocess.Popen[str], words: str = "") -> str:
    """The line with `words` that it writes next; without: all that it writes until it ends."""
    assert up.stdout
    written = ""
    for line in up.stdout:
        if words and words in line:
            return line
        written += line
    assert not words, f"It ended before it said {words!r}:\n{written}"
    return written


class TestUp:
    def test_serves_until_it_is_interrupted(self, place: Place) -> None:
        need_models()
        port, grpc_port, *_ = free_ports()

        with place.start("local.up", "--port", str(port), "--grpc-port", str(grpc_port)) as up:
            line = said(up, "http://")
            said(up, f"gRPC at {LOOPBACK}:{grpc_port}")
            assert serves_grpc(grpc_port)
            with urlopen(f"http://{LOOPBACK}:{port}/health") as answer:
                health = json.load(answer)
            up.send_signal(signal.SIGINT)
            written = said(up)

        assert health | {"device": ""} == {
            "status": "ok",
            "database": True,
            "models": True,
            "device": "",
        }
        assert line.strip().startswith(f"http://{LOOPBACK}:{port}/   user admin, password ")
        assert written.splitlines()[-1] == "Stopped; nothing is left running."
        assert up.returncode == 0
        assert place.processes() == []

    def test_has_nothing_to_show_before_the_first_demo(self, place: Place) -> None:
        with Postgres(place.var / "postgres").used() as postgres:
            postgres.drop_database(DATABASE)
            ended = place.run("local.up", "--demo", "--port", str(free_ports()[0]))

        assert ended.returncode == 1
        assert ended.stderr == "There is nothing to show yet: run `make demo` first.\n"

    def test_does_not_show_a_demo_that_still_runs(self, place: Place) -> None:
        with Stage(place.var / "demo").held():
            ended = place.run("local.up", "--demo", "--port", str(free_ports()[0]))

        assert ended.returncode == 1
        assert ended.stderr.startswith("Another demo is running")

    def test_says_that_a_port_is_taken_before_anything_starts(self, place: Place) -> None:
        with socket.create_server((LOOPBACK, 0)) as taken:
            port = taken.getsockname()[1]
            ended = place.run("local.up", "--port", str(port))

        assert ended.returncode == 1
        assert ended.stderr.startswith(f"Port {port} cannot be used")
        assert ended.stdout == ""


class TestCheckFree:
    @pytest.mark.parametrize("port", [-1, 65536])
    def test_refuses_what_is_no_port(self, port: int) -> None:
        with pytest.raises(LocalError, match=f"Port {port} cannot be used"):
            check_free(port)

    def test_accepts_a_free_port(self) -> None:
        port, *_ = free_ports()

        check_free(port)

        with socket.create_server((LOOPBACK, port)) as server:
            assert server.getsockname()[1] == port
