"""Remote workers as processes of their own, with model servers that are elsewhere or shared."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.live_server_helper import LiveServer

from inference.client import TritonClient
from inference.control import State as Loaded
from inference.control import TritonControl
from inference.errors import InferenceNotReady, ModelRefused
from jobs.models import State
from jobs.remote import tokens
from jobs.remote.models import LoneKeeper
from jobs.remote.server import (
    Lease,
    NotOurs,
    Refused,
    RemoteServer,
    ServerAway,
    ServerError,
    TokenRefused,
)
from local.processes import wait_until
from photos.errors import FetchTooLarge
from tests.factories import make_owner
from tests.jobs.pulled import (
    LIMIT_S,
    ROOT,
    answering,
    models,
)
from tests.jobs.remote import submit
from tests.photos.web import Server, answer
from tests.tiny import GIVEN, Tiny

__all__ = ["models"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


class TestProcess:
    def test_needs_no_database_and_ends_in_order(
        self,
        live_server: LiveServer,
        models: None,
        group_photo: bytes,
        triton_url: str,
        tmp_path: Path,
    ) -> None:
        job = submit(make_owner(), *(group_photo + bytes([n]) for n in range(6)))
        token = tmp_path / "token"
        token.write_text(tokens.issue("nas")[1] + "\n")
        words = ["--worker-id", "my-nas", "--poll-interval", "10", "--debug"]
        environment = {
            "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
            "TRITON_URL": triton_url,
            "WORKER_SERVER": live_server.url,
            "PHOTOS_IN_FLIGHT": "2",
        }
        program = [sys.executable, "run_worker.py", "--token-file", str(token), *words]

        with (tmp_path / "log").open("wb") as log:
            worker = subprocess.Popen(  # noqa: S603  # our own program
                program, cwd=ROOT, env=os.environ | environment, stdout=log, stderr=log
            )
            try:
                wait_until(
                    job.items.filter(state=State.SUCCEEDED).exists,
                    timeout_s=LIMIT_S,
                    alive=lambda: worker.poll() is None,
                )
                worker.send_signal(signal.SIGTERM)
                ended = worker.wait(LIMIT_S)
            finally:
                worker.kill()
                worker.wait()

        assert ended == 0, (tmp_path / "log").read_text()
        left = set(job.items.values_list("state", flat=True))
        assert left <= {State.SUCCEEDED, State.QUEUED}
        assert not job.items.filter(state=State.QUEUED, attempts__gt=0).exists()

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ({"server": ""}, "Say for which server"),
            ({"server": "ftp://photos.example"}, "Give the server's address as https://"),
            ({"server": "photos.example"}, "Give the server's address as https://"),
            ({"server": "https://photos.example:port"}, "Give the server's address as https://"),
            ({"server": "https://me:secret@photos.example"}, "Give the server's address"),
            ({"server": "https://photos.example/?key=secret"}, "Give the server's address"),
            ({"server": "http://93.184.216.34"}, "is on the internet, or unknown: use https://"),
            ({"server": "http://nowhere.invalid"}, "is on the internet, or unknown: use https://"),
            ({"server": "http://127.0.0.1:9"}, "The server gives no answer"),
            ({"token_file": Path("/nowhere")}, "the token can't be read"),
        ],
    )
    def test_says_what_is_wrong_with_how_it_is_started(
        self, settings: Any, words: dict[str, Any], said: str
    ) -> None:
        settings.WORKER_TOKEN = "token"  # noqa: S105  # of nothing

        with pytest.raises(CommandError, match=said):
            call_command("pull_worker", **{"server": "http://127.0.0.1:9", "once": True} | words)

    def test_wants_a_token(self, settings: Any) -> None:
        settings.WORKER_TOKEN = ""

        with pytest.raises(CommandError, match="There is no token"):
            call_command("pull_worker", server="http://127.0.0.1:9", once=True)

    def test_ends_when_its_token_is_refused(
        self, live_server: LiveServer, models: None, settings: Any
    ) -> None:
        settings.WORKER_TOKEN = "kworker_wrong"  # noqa: S105  # of nothing

        with pytest.raises(CommandError, match="401 authentication_failed: There is no such"):
            call_command("pull_worker", server=live_server.url)


class TestRemoteServer:
    @pytest.mark.parametrize(
        ("status", "body", "error"),
        [
            (500, b"", ServerAway),
            (502, b"<html>", ServerAway),
            (429, b"{}", ServerAway),
            (200, b"<html>welcome", ServerAway),
            (200, b"[]", ServerAway),
            (200, b'{"items": [{}]}', ServerAway),
            (302, b"", Refused),
            (401, b"{}", TokenRefused),
            (403, b"", Refused),
            (409, b'{"code": "lease_lost", "detail": "x"}', NotOurs),
            (422, b'{"code": "invalid", "detail": "x"}', Refused),
        ],
    )
    def test_says_what_an_answer_means(
        self, status: int, body: bytes, error: type[ServerError]
    ) -> None:
        with (
            answering(status, body) as url,
            RemoteServer(url, "token", "nas") as remote_server,
            pytest.raises(error),
        ):
            remote_server.heartbeat([])

    def test_reads_no_more_of_a_photo_than_there_may_be(self) -> None:
        lease = Lease(1, 1, ("faces",))
        with (
            Server(lambda path: answer(b"x" * 1000)) as web,
            RemoteServer(web.url(""), "token", "nas") as remote_server,
            pytest.raises(FetchTooLarge),
        ):
            remote_server.photo(lease, max_bytes=999)


class TestLoneKeeper:
    def test_loads_a_model_when_it_is_needed(self, tiny: Tiny, settings: Any) -> None:
        model = tiny.write("doubler.tiny.1")
        keeper = LoneKeeper(settings.TRITON_URL, load_s=30, repository=tiny.folder)

        with TritonClient(settings.TRITON_URL, timeout_s=30, keeper=keeper) as client:
            doubled = client.infer(model, given=GIVEN)["doubled"]

        assert doubled.tolist() == [[2, 4]]

    def test_loads_no_files_that_are_not_what_was_built(self, tiny: Tiny, settings: Any) -> None:
        tiny.write("doubler.tiny.1")
        (tiny.folder / "doubler.tiny.1" / "1" / "model.onnx").write_bytes(b"other")
        keeper = LoneKeeper(settings.TRITON_URL, load_s=30, repository=tiny.folder)

        with pytest.raises(ModelRefused, match=r"model\.onnx is not the one that was built"):
            keeper.have("doubler.tiny.1")

        with TritonControl(settings.TRITON_URL, timeout_s=30) as control:
            assert control.state("doubler.tiny.1") is not Loaded.LOADED

    def test_says_that_there_is_no_such_model(self, tiny: Tiny, settings: Any) -> None:
        keeper = LoneKeeper(settings.TRITON_URL, load_s=30, repository=tiny.folder)

        with pytest.raises(InferenceNotReady):
            keeper.have("no.such.1")

    def test_loads_a_dead_model_anew(self, tiny: Tiny, settings: Any) -> None:
        tiny.write("doubler.tiny.1")
        keeper = LoneKeeper(settings.TRITON_URL, load_s=30, repository=tiny.folder)
        keeper.have("doubler.tiny.1")

        keeper.renew("doubler.tiny.1")

        with TritonControl(settings.TRITON_URL, timeout_s=30) as control:
            assert control.state("doubler.tiny.1") is Loaded.LOADED
