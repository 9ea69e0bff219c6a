"""Loading and unloading at the real server."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inference.client import TritonClient
from inference.control import Device, Listed, Overview, State, Statistics, TritonControl
from inference.errors import InferenceNotReady, InferenceTimeout, InferenceUnavailable
from local.processes import wait_until
from local.triton import Triton
from tests.tiny import BROKEN, GATE, GIVEN, Tiny

ONE = "face_embedder.tiny.1"
BAD = "face_embedder.bad.1"  # a failed one stays so for the server, whatever comes after it


@pytest.fixture
def control(tiny: Tiny, settings: Any) -> Iterator[TritonControl]:
    with TritonControl(settings.TRITON_URL, timeout_s=10) as control:
        yield control


@pytest.fixture
def closed_url() -> str:
    """Where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


class TestLoading:
    def test_brings_a_model_and_unloading_takes_it(
        self, tiny: Tiny, control: TritonControl
    ) -> None:
        tiny.write(ONE)
        before = control.index()

        control.load(ONE, timeout_s=30)
        loaded = control.state(ONE)
        control.unload(ONE)
        after = control.settle(ONE, timeout_s=30)

        assert before[ONE] == Listed(State.UNLOADED)
        assert (loaded, after) == (State.LOADED, State.UNLOADED)

    def test_of_a_loaded_model_changes_nothing(self, tiny: Tiny, control: TritonControl) -> None:
        tiny.write_program(ONE)

        control.load(ONE, timeout_s=30)
        control.load(ONE, timeout_s=30)

        assert tiny.loads(ONE) == 1

    def test_of_a_broken_model_says_no_more_than_that(
        self, tiny: Tiny, control: TritonControl
    ) -> None:
        tiny.write_program(BAD)
        tiny.mark(BAD, BROKEN)

        with pytest.raises(InferenceNotReady) as refusal:
            control.load(BAD, timeout_s=30)

        assert str(refusal.value) == f"{BAD}: the model server cannot load it; its log says why."
        assert control.index()[BAD].state is State.FAILED
        assert "broken on purpose" in control.index()[BAD].reason

    @pytest.mark.parametrize("name", ["face_embedder.none.1", "../tiny", ""])
    def test_of_what_is_not_there_is_refused(self, control: TritonControl, name: str) -> None:
        with pytest.raises(InferenceNotReady):
            control.load(name, timeout_s=30)

    def test_has_a_deadline(self, tiny: Tiny, control: TritonControl) -> None:
        tiny.write_program(ONE)
        gate = tiny.mark(ONE, GATE)

        with pytest.raises(InferenceTimeout):
            control.load(ONE, timeout_s=0.2)
        during = control.settle(ONE, timeout_s=0.1)
        gate.unlink()

        assert during is State.LOADING
        assert control.settle(ONE, timeout_s=30) is State.LOADED

    def test_is_refused_where_the_server_alone_decides(self, tiny: Tiny, tmp_path: Path) -> None:
        tiny.write(ONE)

        class Free(Triton):
            def _arguments(self, shared_memory: str) -> list[str]:
                given = super()._arguments(shared_memory)
                return [word.replace("=explicit", "=none") for word in given]

        with (
            Free(tiny.folder, (), tmp_path) as server,
            TritonControl(server.url, timeout_s=10) as control,
        ):
            with pytest.raises(InferenceNotReady, match=r"MODEL_CONTROL=none"):
                control.load(ONE, timeout_s=10)
            with pytest.raises(InferenceNotReady, match=r"MODEL_CONTROL=none"):
                control.unload(ONE)

    def test_needs_a_server(self, closed_url: str) -> None:
        with TritonControl(closed_url, timeout_s=1) as control, pytest.raises(InferenceUnavailable):
            control.load(ONE, timeout_s=1)


class TestDevice:
    def test_is_what_the_server_has_made_of_it(self, tiny: Tiny, control: TritonControl) -> None:
        tiny.write_program(ONE, kind="KIND_AUTO")

        control.load(ONE, timeout_s=30)

        assert control.device(ONE) is Device.CPU

    def test_that_is_not_there_is_no_silent_change(
        self, tiny: Tiny, control: TritonControl
    ) -> None:
        tiny.write_program(BAD, kind="KIND_GPU")

        with pytest.raises(InferenceNotReady):
            control.load(BAD, timeout_s=30)

        assert "no GPUs are available" in control.index()[BAD].reason


class TestOverview:
    def test_has_what_models_have_done(self, tiny: Tiny, settings: Any) -> None:
        model = tiny.write(ONE)
        with TritonControl(settings.TRITON_URL, timeout_s=10) as control:
            control.load(ONE, timeout_s=30)
        with TritonClient(settings.TRITON_URL, timeout_s=10) as client:
            for items in (1, 2, 2):
                client.infer(model, given=GIVEN.repeat(items, axis=0))

        def overview() -> Overview:
            return Overview.of(settings.TRITON_URL, timeout_s=10)

        # The server counts a request after it has answered it.
        wait_until(lambda: overview().statistics[ONE].requests == 3, timeout_s=30, what="Counting")
        seen = overview()
        done = seen.statistics[ONE]
        assert (done.requests, done.failures, dict(done.batches)) == (3, 0, {1: 1, 2: 2})
        assert done.mean_batch == pytest.approx(5 / 3)
        assert done.latency_ms > 0
        assert seen.devices[ONE] is Device.CPU
        assert seen.model(ONE) == Listed(State.LOADED)
        assert seen.model("another.tiny.1") == Listed(State.MISSING)

    def test_is_empty_where_no_server_answers(self, closed_url: str) -> None:
        seen = Overview.of(closed_url, timeout_s=1)

        assert seen == Overview(answers=False)
        assert seen.model(ONE) == Listed(State.UNKNOWN)

    def test_of_a_model_without_work_has_no_means(self) -> None:
        assert (Statistics().mean_batch, Statistics().latency_ms) == (0.0, 0.0)
