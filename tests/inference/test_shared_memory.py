"""Inputs through shared memory, with the real server on this machine."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from tritonclient import grpc

from inference import regions
from inference.client import TritonClient
from inference.errors import InferenceRejected
from inference.shared_memory import MIN_BYTES, SharedInputs, is_this_machine
from inference.spec import ModelSpec
from tests.inference.memory import (
    _nothing_said,
    client,
    client_of,
    plainly,
    said,
    server,
)
from tests.inference.sums import LARGE, SMALL, SUM, Server, ask
from tests.pictures import noise
from tests.served import FACE_DETECTOR

__all__ = ["_nothing_said", "client", "client_of", "server"]  # fixtures


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
        monkeypatch.setattr(regions, "LEFT_FREE", 1.0)

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
