"""A real server with a model that adds up large inputs, and looks into its shared memory."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from tritonclient import grpc
from tritonclient.utils import InferenceServerException

from inference.arrays import Array
from inference.client import TritonClient
from inference.regions import FOLDER, PREFIX
from inference.shared_memory import MIN_BYTES
from inference.spec import ANY, ModelSpec, TensorSpec
from local.triton import Triton

SUM = ModelSpec(
    "sum",
    inputs=(TensorSpec("left", np.uint8, (ANY,)), TensorSpec("right", np.uint8, (ANY,))),
    outputs=(TensorSpec("sums", np.int64, (2,)),),
    max_batch=2,
)
_CONFIG = """
backend: "python"
max_batch_size: 2
input [
  { name: "left" data_type: TYPE_UINT8 dims: [ -1 ] },
  { name: "right" data_type: TYPE_UINT8 dims: [ -1 ] }
]
output [ { name: "sums" data_type: TYPE_INT64 dims: [ 2 ] } ]
instance_group [ { count: 1 kind: KIND_CPU } ]
"""
_MODEL = """
import time
from pathlib import Path

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        while Path("{gate}").exists():
            time.sleep(0.02)
        return [self._sums(request) for request in requests]

    def _sums(self, request):
        both = [pb_utils.get_input_tensor_by_name(request, name) for name in ("left", "right")]
        sums = [each.as_numpy().sum(axis=1, dtype=np.int64) for each in both]
        return pb_utils.InferenceResponse([pb_utils.Tensor("sums", np.stack(sums, axis=1))])
"""
_WORKER = """
import sys
from inference.client import TritonClient
from tests.inference.sums import ask

client = TritonClient(sys.argv[1], timeout_s=60, share_memory=True)
ask(client, 3)
print("answered", flush=True)
sys.stdin.readline()
ask(client, 4)
"""
ROOT = Path(__file__).resolve().parents[2]
LARGE = 4 * MIN_BYTES
SMALL = np.ones((1, 10), np.uint8)


class Server:
    """A real Triton with the model SUM, which waits while its gate is closed."""

    def __init__(self, triton: Triton, gate: Path) -> None:
        self.triton = triton
        self.gate = gate

    @property
    def url(self) -> str:
        return self.triton.url

    @property
    def ports(self) -> list[int]:
        triton = self.triton
        doors = (f"http://{triton.url}", triton.http_url, triton.metrics_url)
        return [urlsplit(door).port or 0 for door in doors]

    @contextmanager
    def closed_gate(self) -> Iterator[None]:
        self.gate.touch()
        try:
            yield
        finally:
            self.gate.unlink()

    def regions(self) -> set[str]:
        """Those of ours that it knows."""
        with closing(grpc.InferenceServerClient(self.url)) as server:
            known = server.get_system_shared_memory_status().regions
            return {name for name in known if name.startswith(PREFIX)}

    def left_of(self, names: set[str]) -> set[str]:
        """Which of the regions `names` are still anywhere."""
        return (names & self.regions()) | {name for name in names if (FOLDER / name).exists()}

    def reads(self, names: set[str]) -> bool:
        """Whether a request reads one of the regions `names`; if none does, they are forgotten."""
        with closing(grpc.InferenceServerClient(self.url)) as server:
            try:
                for name in names:
                    server.unregister_system_shared_memory(name)
            except InferenceServerException:
                return True
        return False


@contextmanager
def serving_sums(folder: Path) -> Iterator[Server]:
    code = folder / "models" / SUM.name / "1"
    code.mkdir(parents=True)
    gate = folder / "gate"
    (code / "model.py").write_text(_MODEL.format(gate=gate))
    (code.parent / "config.pbtxt").write_text(_CONFIG)
    with Triton(folder / "models", [SUM.name], folder / "triton") as triton:
        yield Server(triton, gate)


@contextmanager
def worker(server: Server) -> Iterator[subprocess.Popen[str]]:
    """A process that has made a call through shared memory, and makes another if told so."""
    words = [sys.executable, "-c", _WORKER, server.url]
    with subprocess.Popen(  # noqa: S603  # ours
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "answered\n"
            yield process
        finally:
            process.kill()


def ask(client: TritonClient, value: int, *, size: int = LARGE) -> list[int]:
    """The sums of an input full of `value`, and of a small one, which is 10."""
    [sums] = client.infer(SUM, left=filled(value, size), right=SMALL)["sums"].tolist()
    return list(sums)


def filled(value: int, size: int) -> Array:
    return np.full((1, size), value, np.uint8)
