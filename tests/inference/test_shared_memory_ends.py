"""Shared memory of who has gone: of calls, processes and servers that ended before their time."""

import secrets
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tritonclient import grpc
from tritonclient.utils import InferenceServerException

from inference.client import TritonClient
from inference.errors import InferenceTimeout, InferenceUnavailable
from inference.regions import FOLDER
from inference.shared_memory import SharedInputs
from local.processes import wait_until
from tests.inference.memory import (
    _nothing_said,
    client,
    client_of,
    plainly,
    said,
    server,
)
from tests.inference.sums import LARGE, SUM, Server, ask, worker

__all__ = ["_nothing_said", "client", "client_of", "server"]  # fixtures


class TestServer:
    def test_that_has_forgotten_the_regions_is_told_again(
        self, client: TritonClient, server: Server
    ) -> None:
        ask(client, 1)
        names = server.regions()
        wait_until(lambda: not server.reads(names), timeout_s=10)  # and they are forgotten

        again = ask(client, 2)

        assert again == [2 * LARGE, 10]
        assert server.regions() == names

    def test_that_was_started_again_is_told_again(
        self,
        client_of: Callable[..., TritonClient],
        server: Server,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        early, late = client_of(), client_of()
        ask(early, 1)
        names = server.regions()
        ports = server.ports
        monkeypatch.setattr("local.triton.free_ports", lambda: ports)
        server.triton.stop()
        with pytest.raises(InferenceUnavailable):
            ask(late, 1)
        server.triton.start()
        wait_until(lambda: is_up(early) and is_up(late), timeout_s=10, what="The connection")

        again = ask(early, 2)
        known = server.regions()
        first = ask(late, 3)

        assert (again, first) == ([2 * LARGE, 10], [3 * LARGE, 10])
        assert (known, len(server.regions())) == (names, 2)

    def test_that_forgets_at_once_gets_all_by_grpc(
        self, server: Server, caplog: pytest.LogCaptureFixture
    ) -> None:
        with closing(Forgetful(server.url)) as connection:
            inputs = SharedInputs(connection, server.url, enabled=True)
            answers = [plainly(inputs, value) for value in (1, 2)]
            inputs.close()

        assert answers == [[LARGE, 10], [2 * LARGE, 10]]
        assert connection.asked == 3 + 1  # twice with a region, then without
        assert said(caplog) == ["it does not know regions that it was given"]

    def test_that_lets_go_a_moment_after_its_answer_is_left_nothing(self, server: Server) -> None:
        with closing(Lingering(server.url)) as connection:
            inputs = SharedInputs(connection, server.url, enabled=True)
            answer = plainly(inputs, 1)
            names = server.regions()
            inputs.close()

        assert answer == [LARGE, 10]
        assert (len(names), server.left_of(names)) == (1, set())

    def test_that_does_not_let_go_is_not_waited_for(self, server: Server) -> None:
        with closing(Lingering(server.url, times=10**6)) as connection:
            inputs = SharedInputs(connection, server.url, enabled=True)
            plainly(inputs, 1)
            names = server.regions()
            inputs.close()
            left = server.left_of(names)

        assert (len(names), left) == (1, names)
        assert swept(names, server) == set()

    def test_with_another_folder_gets_all_by_grpc(
        self, server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        folder = FOLDER / f"kindred-test-{secrets.token_hex(6)}"
        folder.mkdir()
        with closing(grpc.InferenceServerClient(server.url)) as connection:
            inputs = SharedInputs(connection, server.url, enabled=True, folder=folder)
            answers = [plainly(inputs, value) for value in (1, 2)]
            inputs.close()
        left = list(folder.iterdir())
        folder.rmdir()

        assert answers == [[LARGE, 10], [2 * LARGE, 10]]
        assert (left, server.regions()) == ([], set())
        assert said(caplog) == ["it could not open a region (StatusCode.INTERNAL)"]


class TestCallThatWasGivenUp:
    def test_keeps_its_region_until_the_server_has_read_it(
        self, client_of: Callable[..., TritonClient], server: Server
    ) -> None:
        client = client_of(timeout_s=0.5)
        with server.closed_gate():
            for value in (1, 2):
                with pytest.raises(InferenceTimeout):
                    ask(client, value)
            read = server.regions()

        later = ask(client_of(), 3)
        client.close()

        assert (len(read), later) == (2, [3 * LARGE, 10])
        wait_until(lambda: not swept(read, server), timeout_s=10)


class TestKilledProcess:
    def test_leaves_what_the_next_client_removes(self, server: Server) -> None:
        with worker(server) as process:
            names = server.regions()
            process.kill()
            process.wait()

        wait_until(lambda: not swept(names, server), timeout_s=10)

        assert len(names) == 1
        assert server.regions() == set()

    def test_leaves_alone_what_the_server_still_reads(
        self, client_of: Callable[..., TritonClient], server: Server
    ) -> None:
        with worker(server) as process, server.closed_gate():
            names = server.regions()
            assert process.stdin
            process.stdin.write("go on\n")
            process.stdin.flush()
            wait_until(lambda: server.reads(names), timeout_s=10)
            process.kill()
            process.wait()
            with pytest.raises(InferenceTimeout):
                ask(client_of(timeout_s=0.5), 1)
            meanwhile = server.regions()

        wait_until(lambda: not server.reads(names), timeout_s=10)
        answer = ask(client_of(), 1)

        assert names < meanwhile
        assert answer == [LARGE, 10]
        assert server.left_of(names) == set()

    def test_is_told_from_one_that_lives(
        self, client_of: Callable[..., TritonClient], server: Server
    ) -> None:
        first, second = client_of(), client_of()
        ask(first, 1)
        names = server.regions()

        ask(second, 2)

        assert names < server.regions()
        assert ask(first, 3) == [3 * LARGE, 10]
        assert len(server.regions()) == 2


class Forgetful(grpc.InferenceServerClient):  # type: ignore[misc]  # ships no types
    """As if behind each call there were another server: regions are unknown to it."""

    asked = 0

    def infer(self, *arguments: Any, **options: Any) -> Any:
        self.asked += 1
        self.unregister_system_shared_memory()
        return super().infer(*arguments, **options)


class Lingering(grpc.InferenceServerClient):  # type: ignore[misc]  # ships no types
    """Has its regions in hand a while after its answer: for so many questions."""

    def __init__(self, url: str, times: int = 2) -> None:
        super().__init__(url)
        self.times = times

    def unregister_system_shared_memory(self, name: str = "", **options: Any) -> None:
        if self.times:
            self.times -= 1
            raise InferenceServerException(f"Region '{name}', it is currently in use.")
        super().unregister_system_shared_memory(name, **options)


def swept(names: set[str], server: Server) -> set[str]:
    """The same, after a client has come and gone."""
    with TritonClient(server.url, timeout_s=30, share_memory=True) as client:
        ask(client, 1)
    return server.left_of(names)


def is_up(client: TritonClient) -> bool:
    return client.live() and client.ready(SUM)
