import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tritonclient import grpc

import local.triton
from local import LocalError
from local.processes import wait_until
from local.triton import Triton, free_ports, server_errors

ROOT = Path(__file__).resolve().parents[2]
EXPORT = ROOT / ".venvs" / "export" / "bin" / "python"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # is shared memory, not a temporary folder
MEAN_COLOUR = """
import sys
from onnx import TensorProto, helper, save_model
nodes = [
    helper.make_node("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT),
    helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[1, 2], keepdims=0),
]
image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", 4, 4, 3])
mean = helper.make_tensor_value_info("mean", TensorProto.FLOAT, ["n", 3])
graph = helper.make_graph(nodes, "mean_colour", [image], [mean])
opset = helper.make_opsetid("", 17)
save_model(helper.make_model(graph, opset_imports=[opset], ir_version=9), sys.argv[1])
"""
CONFIG = """
backend: "onnxruntime"
max_batch_size: 4
input [ { name: "image" data_type: TYPE_UINT8 dims: [ 4, 4, 3 ] } ]
output [ { name: "mean" data_type: %s dims: [ 3 ] } ]
dynamic_batching { max_queue_delay_microseconds: 200000 preferred_batch_size: [ 4 ] }
instance_group [ { count: 1 kind: KIND_CPU } ]
parameters { key: "intra_op_thread_count" value: { string_value: "1" } }
"""
STARTS = """
import sys
from pathlib import Path
from local.triton import Triton
repository, folder = map(Path, sys.argv[1:])
with Triton(repository, ["mean"], folder) as triton:
    print(triton.url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One model with a good config, without one, with a wrong one, and one that is corrupt."""
    if not EXPORT.exists():
        pytest.skip("the model of this test is made by .venvs/export, which is not installed")
    folder = tmp_path_factory.mktemp("repository")
    configs = {"mean": "TYPE_FP32", "bare": None, "wrong": "TYPE_INT64", "corrupt": "TYPE_FP32"}
    for name, output in configs.items():
        (folder / name / "1").mkdir(parents=True)
        if output:
            (folder / name / "config.pbtxt").write_text(CONFIG % output)
    model = folder / "mean" / "1" / "model.onnx"
    subprocess.run([EXPORT, "-c", MEAN_COLOUR, model], check=True)  # noqa: S603  # ours
    for name in ("bare", "wrong"):
        (folder / name / "1" / "model.onnx").write_bytes(model.read_bytes())
    (folder / "corrupt" / "1" / "model.onnx").write_bytes(b"no model")
    return folder


@pytest.fixture(scope="module")
def running(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Triton]:
    with Triton(repository, ["mean", "bare"], tmp_path_factory.mktemp("triton")) as triton:
        yield triton


@pytest.fixture
def client(running: Triton) -> Iterator[grpc.InferenceServerClient]:
    with grpc.InferenceServerClient(running.url) as client:
        yield client


def images(count: int, *, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, 4, 4, 3), np.uint8)


def as_input(array: NDArray[np.uint8]) -> list[grpc.InferInput]:
    tensor = grpc.InferInput("image", array.shape, "UINT8")
    tensor.set_data_from_numpy(array)
    return [tensor]


def command_lines(word: Path) -> list[bytes]:
    """Of the processes that were given `word`."""
    processes = (path for path in Path("/proc").iterdir() if path.name.isdigit())
    return [line for line in map(_command_line, processes) if os.fsencode(word) in line]


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:  # it ended meanwhile
        return b""


def shared_memory_prefix(folder: Path) -> str:
    found = re.search(rb"shm-region-prefix-name=([\w-]+)", b" ".join(command_lines(folder)))
    assert found
    return found[1].decode()


def regions(prefix: str) -> list[Path]:
    return list(SHARED_MEMORY.glob(f"{prefix}*"))


class TestAnswers:
    @pytest.mark.parametrize("model", ["mean", "bare"])
    @pytest.mark.parametrize("batch", [1, 3])
    def test_are_those_of_the_model(
        self, client: grpc.InferenceServerClient, model: str, batch: int
    ) -> None:
        given = images(batch)

        answer = client.infer(model, as_input(given)).as_numpy("mean")

        np.testing.assert_allclose(answer, given.mean((1, 2)), rtol=1e-6)

    def test_are_given_to_each_its_own_out_of_one_batch(
        self, client: grpc.InferenceServerClient
    ) -> None:
        runs = _runs(client)
        given = [images(1, seed=1), images(3, seed=2)]

        with ThreadPoolExecutor() as clients:
            answers = list(clients.map(lambda each: client.infer("mean", as_input(each)), given))

        np.testing.assert_allclose(answers[0].as_numpy("mean"), given[0].mean((1, 2)), rtol=1e-6)
        np.testing.assert_allclose(answers[1].as_numpy("mean"), given[1].mean((1, 2)), rtol=1e-6)
        wait_until(lambda: _runs(client) > runs, timeout_s=5)  # counted once it has been answered
        assert _runs(client) == runs + 1

    def test_come_from_a_model_whose_config_was_completed(
        self, client: grpc.InferenceServerClient
    ) -> None:
        config = client.get_model_config("bare", as_json=True)["config"]

        assert (config["max_batch_size"], config["input"], config["output"]) == (
            4,
            [{"name": "image", "data_type": "TYPE_UINT8", "dims": ["4", "4", "3"]}],
            [{"name": "mean", "data_type": "TYPE_FP32", "dims": ["3"]}],
        )


class TestStarting:
    def test_takes_other_ports_when_its_own_were_taken_meanwhile(
        self, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        triton = Triton(repository, [], tmp_path)
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = other.getsockname()[1]
            choices = iter([(taken, *free_ports()[:2]), free_ports()])
            monkeypatch.setattr(local.triton, "free_ports", lambda: next(choices))

            with triton:
                assert (triton.ready(), list(choices)) == (True, [])

        assert (triton.alive, command_lines(tmp_path)) == (False, [])

    def test_shows_the_servers_own_words_when_models_do_not_load(
        self, repository: Path, tmp_path: Path
    ) -> None:
        with pytest.raises(LocalError) as error:
            Triton(repository, ["corrupt", "wrong"], tmp_path).start()

        path = repository / "corrupt" / "1" / "model.onnx"
        corrupt = (
            "failed to load 'corrupt' version 1: Internal: InvalidProtobuf: [ONNXRuntimeError] : "
            f"7 : INVALID_PROTOBUF : Load model from {path} failed:Protobuf parsing failed."
        )
        wrong = (
            "failed to load 'wrong' version 1: Internal: TritonModelException: unable to load "
            "model 'wrong', configuration expects datatype TYPE_INT64 for output 'mean', "
            "model provides TYPE_FP32"
        )
        lines = str(error.value).removeprefix("Triton does not start: ").splitlines()
        assert sorted(lines) == [corrupt, wrong]
        assert command_lines(tmp_path) == []

    def test_says_that_it_is_not_installed(self, tmp_path: Path) -> None:
        triton = Triton(tmp_path, [], tmp_path, tmp_path / "none")

        with pytest.raises(LocalError, match=r"^Triton is not installed in .*/none \(make setup\)"):
            triton.start()


class TestParent:
    def test_takes_everything_along_when_it_is_killed(
        self, repository: Path, tmp_path: Path
    ) -> None:
        arguments = [sys.executable, "-c", STARTS, str(repository), str(tmp_path)]
        with subprocess.Popen(  # noqa: S603  # words of this module
            arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as parent:
            assert parent.stdout
            assert parent.stdout.readline().startswith(b"127.0.0.1:")
            prefix = shared_memory_prefix(tmp_path)
            assert regions(prefix) != []

            parent.kill()

        wait_until(lambda: command_lines(tmp_path) == [], timeout_s=20)
        assert regions(prefix) == []


class TestFreePorts:
    def test_are_three_and_none_of_the_standard_ones(self) -> None:
        ports = free_ports()

        assert len(set(ports)) == 3
        assert all(port >= 10_000 for port in ports)

    def test_are_none_that_connections_get(self) -> None:
        first_of_theirs = int(local.triton.GIVEN_PORTS.read_text().split()[0])
        if first_of_theirs < 20_000:
            pytest.skip("Connections get nearly all ports here.")

        assert max(free_ports()) < first_of_theirs

    def test_are_others_where_connections_get_nearly_all(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        given = tmp_path / "given"
        given.write_text("1024\t65535\n")
        monkeypatch.setattr(local.triton, "GIVEN_PORTS", given)

        assert len(set(free_ports())) == 3


class TestServerErrors:
    def test_are_those_about_models_each_once_and_without_our_own_code(self) -> None:
        log = [
            'I1121 07:16:41.8 98 server.cc:1] "started"',
            'E1121 07:16:41.8 98 cuda.cc:2] "CudaDriverHelper has not been initialized."',
            r"""E1121 07:16:41.8 98 life.cc:3] "failed to load 'a': x\n\nAt:\n  model.py(3)\n" """,
            r"""E1121 07:16:41.9 98 life.cc:3] "failed to load 'a': x\n\nAt:\n  model.py(3)\n" """,
            "error: creating server: Internal - failed to load all models",
        ]

        assert server_errors(log) == ["failed to load 'a': x"]

    def test_are_all_others_when_none_is_about_a_model(self) -> None:
        log = ['E1121 07:16:41.8 98 a.cc:2] "no memory"', "error: creating server: Internal"]

        assert server_errors(log) == ["no memory", "creating server: Internal"]


def _runs(client: grpc.InferenceServerClient) -> int:
    """How many batches the model has run."""
    return int(client.get_inference_statistics("mean").model_stats[0].execution_count)
