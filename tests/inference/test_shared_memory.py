"""Inputs through shared memory, with the real server on this machine."""

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tritonclient import grpc

from inference import shared_memory
from inference.client import TritonClient
from inference.errors import InferenceRejected, InferenceTimeout, InferenceUnavailable
from inference.shared_memory import FOLDER, MIN_BYTES, SharedInputs, is_this_machine
from inference.spec import ModelSpec
from local.processes import wait_until
from local.triton import ENVIRONMENT
from tests.inference.sums import LARGE, SMALL, SUM, Server, ask, filled, serving_sums, worker
from tests.pictures import noise
from tests.served import FACE_DETECTOR


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not ENVIRONMENT.exists():
        pytest.skip("Triton is not installed: run `make setup`.")
    with serving_sums(tmp_path_factory.mktemp("sum")) as server:
        yield server


@pytest.fixture
def client_of(server: Server) -> Iterator[Callable[..., TritonClient]]:
    """Makes clients that share memory; all that they left is gone in the end."""
    clients = []

    def make(*, timeout_s: float = 30) -> TritonClient:
        clients.append(TritonClient(server.url, timeout_s=timeout_s, share_memory=True))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(client_of: Callable[..., TritonClient]) -> TritonClient:
    return client_of()


@pytest.fixture(autouse=True)
def _nothing_said() -> None:
    shared_memory.say_once.cache_clear()


class TestSharedInputs:
    def test_are_large_ones_alone(self, client: TritonClient, server: Server) -> None:
        small = client.infer(SUM, left=SMALL, right=SMALL)["sums"].tolist()
        without = server.regions()
        large = ask(client, 3)

        assert (small, without) == ([[10, 10]], set())
        assert large == [3 * LARGE, 10]
        assert len(server.regions()) == 1

    def test_use_a_region_again(self, client: TritonClient, server: Server) -> None:
        first = ask(client, 1), server.regions()
        second = ask(client, 2), server.regions()
        smaller = ask(client, 3, size=MIN_BYTES), server.regions()

        assert [first[0], second[0], smaller[0]] == [
            [LARGE, 10],
            [2 * LARGE, 10],
            [3 * MIN_BYTES, 10],
        ]
        assert first[1] == second[1] == smaller[1]

    def test_of_one_call_have_a_region_each(self, client: TritonClient, server: Server) -> None:
        left, right = (np.full((2, LARGE), value, np.uint8) for value in (5, 7))

        answer = client.infer(SUM, left=left, right=right)

        assert answer["sums"].tolist() == [[5 * LARGE, 7 * LARGE]] * 2
        assert len(server.regions()) == 2

    def test_may_be_views(self, client: TritonClient) -> None:
        pixels = np.random.default_rng(0).integers(0, 256, (1, 2 * LARGE), np.uint8)

        answer = client.infer(SUM, left=pixels[:, ::-2], right=pixels[:, : MIN_BYTES - 1 : -1])

        sums = [pixels[:, 1::2].sum(dtype=np.int64), pixels[:, MIN_BYTES:].sum(dtype=np.int64)]
        assert answer["sums"].tolist() == [sums]

    def test_change_no_answer_of_a_real_model(self, triton_url: str) -> None:
        photo = noise(width=640, height=640)[None]
        with TritonClient(triton_url, timeout_s=30) as client:
            plain = client.infer(FACE_DETECTOR, image=photo)
        with TritonClient(triton_url, timeout_s=30, share_memory=True) as client:
            shared = client.infer(FACE_DETECTOR, image=photo)

        for name, array in plain.items():
            np.testing.assert_array_equal(shared[name], array)

    def test_of_many_threads_are_not_mixed_up(self, client: TritonClient, server: Server) -> None:
        sizes = [MIN_BYTES + 1000 * number for number in range(96)]

        with ThreadPoolExecutor(12) as threads:
            found = list(threads.map(lambda size: ask(client, size % 251, size=size), sizes))

        assert found == [[size % 251 * size, 10] for size in sizes]
        assert len(server.regions()) <= 2 * 12  # two classes of size

    def test_leave_nothing_behind(self, client: TritonClient, server: Server) -> None:
        ask(client, 3)
        names = server.regions()

        client.close()

        assert (len(names), server.left_of(names)) == (1, set())

    def test_that_were_rejected_leave_nothing_behind(
        self, client: TritonClient, server: Server
    ) -> None:
        wrong = ModelSpec(SUM.name, (SUM.inputs[0],), SUM.outputs)

        with pytest.raises(InferenceRejected):
            client.infer(wrong, left=np.zeros((1, LARGE), np.uint8))

        names = server.regions()
        client.close()
        assert (len(names), server.left_of(names)) == (1, set())


class TestServer:
    def test_that_has_forgotten_the_regions_is_told_again(
        self, client: TritonClient, server: Server
    ) -> None:
        ask(client, 1)
        names = server.regions()
        server.forget_all()

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


class TestFolder:
    def test_that_is_full_makes_inputs_go_by_grpc(
        self,
        client: TritonClient,
        server: Server,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        def refuse(*_: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "posix_fallocate", refuse)
        full = [ask(client, value) for value in (1, 2)]
        monkeypatch.undo()
        roomy = ask(client, 3)

        assert full == [[LARGE, 10], [2 * LARGE, 10]]
        assert (roomy, len(server.regions())) == ([3 * LARGE, 10], 1)
        assert said(caplog) == ["no region in /dev/shm (No space left on device)"]

    def test_is_not_filled_to_the_brim(
        self, client: TritonClient, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shared_memory, "LEFT_FREE", 1.0)

        answer = ask(client, 1)

        assert (answer, server.regions()) == ([LARGE, 10], set())

    def test_that_is_not_there_makes_inputs_go_by_grpc(
        self, server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with closing(grpc.InferenceServerClient(server.url)) as connection:
            inputs = SharedInputs(connection, server.url, enabled=True, folder=tmp_path / "none")
            answer = plainly(inputs, 1)
            inputs.close()

        assert answer == [LARGE, 10]
        assert said(caplog) == [f"no region in {tmp_path}/none (No such file or directory)"]


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
    def test_leaves_what_the_next_client_removes(
        self, client: TritonClient, server: Server
    ) -> None:
        with worker(server) as process:
            names = server.regions()
            process.kill()
            process.wait()

        ask(client, 1)

        assert len(names) == 1
        assert server.left_of(names) == set()
        assert len(server.regions()) == 1

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


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("127.0.0.1:8101", True),
        ("127.3.2.1:8101", True),
        ("localhost:8101", True),
        ("[::1]:8101", True),
        ("10.0.0.4:8101", False),
        ("triton:8001", False),
        ("localhost.example.org:8001", False),
        ("", False),
    ],
)
def test_this_machine_is_known_by_its_loopback(url: str, *, expected: bool) -> None:
    assert is_this_machine(url) is expected


class Forgetful(grpc.InferenceServerClient):  # type: ignore[misc]  # ships no types
    """As if behind each call there were another server: regions are unknown to it."""

    asked = 0

    def infer(self, *arguments: Any, **options: Any) -> Any:
        self.asked += 1
        self.unregister_system_shared_memory()
        return super().infer(*arguments, **options)


def plainly(inputs: SharedInputs, value: int) -> list[int]:
    """The same without a client of ours."""
    wanted = [grpc.InferRequestedOutput("sums")]
    arrays = {"left": filled(value, LARGE), "right": SMALL}
    [sums] = inputs.infer(SUM.name, arrays, wanted, client_timeout=30).as_numpy("sums").tolist()
    return list(sums)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The reasons in the log."""
    records = [record for record in caplog.records if record.name == shared_memory.__name__]
    return [record.getMessage().partition("slower: ")[2] for record in records]


def swept(names: set[str], server: Server) -> set[str]:
    """The same, after a client has come and gone."""
    with TritonClient(server.url, timeout_s=30, share_memory=True) as client:
        ask(client, 1)
    return server.left_of(names)


def is_up(client: TritonClient) -> bool:
    return client.live() and client.ready(SUM)
