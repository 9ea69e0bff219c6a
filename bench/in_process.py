"""The models in this process, as the peer of the model server: same files, no server."""

import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import onnxruntime as ort
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from inference.arrays import Array
from inference.identity import ModelIdentity
from inference.spec import ModelSpec


class InProcess:
    """Answers like the client of the server does. `seconds`: spent in each model."""

    def __init__(self, repository: Path, threads: int) -> None:
        self._repository = repository
        self._threads = threads
        self._sessions: dict[str, ort.InferenceSession] = {}
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def infer(self, model: ModelSpec, **arrays: Array) -> dict[str, Array]:
        names = [output.name for output in model.outputs]
        session = self._session(model.name)
        start = time.perf_counter()
        values = session.run(names, arrays)
        self.seconds[model.name] += time.perf_counter() - start
        return dict(zip(names, values, strict=True))

    def identity(self, model: ModelSpec) -> ModelIdentity:
        """As the server reads it: from the configuration that `export` wrote."""
        config = config_of(self._repository / model.name)
        said = {key: value.string_value for key, value in config.parameters.items()}
        return ModelIdentity.from_config(
            said, {each.name: tuple(each.dims) for each in config.input}
        )

    def _session(self, name: str) -> ort.InferenceSession:
        if name not in self._sessions:
            self._sessions[name] = session(self._repository / name, self._threads)
        return self._sessions[name]


def config_of(model: Path) -> Any:
    """What the folder of a model says of it to the server."""
    text = (model / "config.pbtxt").read_text()
    return text_format.Parse(text, model_config_pb2.ModelConfig())


def session(model: Path, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(str(model / "1" / "model.onnx"), options)
