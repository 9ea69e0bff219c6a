"""A model repository of tiny models, whose comings and goings a test can steer and count."""

import json
import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from inference.spec import ModelSpec, TensorSpec

GATE = "gate"  # while this mark is there, loading waits
BROKEN = "broken"  # with this mark a model can't be loaded
_MODEL = """
import time
from pathlib import Path

import numpy as np
import triton_python_backend_utils as pb_utils

MARKS = Path("{marks}")


class TritonPythonModel:
    def initialize(self, args):
        with (MARKS / "loads").open("a") as loads:
            loads.write("once\\n")
        while (MARKS / "gate").exists():
            time.sleep(0.02)
        if (MARKS / "broken").exists():
            raise RuntimeError("broken on purpose")

    def execute(self, requests):
        given = [pb_utils.get_input_tensor_by_name(each, "given").as_numpy() for each in requests]
        doubled = [pb_utils.Tensor("doubled", (2 * each).astype(np.float32)) for each in given]
        return [pb_utils.InferenceResponse([each]) for each in doubled]
"""
_CONFIG = """
max_batch_size: 4
input [ { name: "given" data_type: TYPE_UINT8 dims: [ 2 ] } ]
output [ { name: "doubled" data_type: TYPE_FP32 dims: [ 2 ] } ]
"""
_OF_ITS_OWN = """
backend: "python"
instance_group [ {{ count: 1 kind: {kind} }} ]
"""
BASE = "doubles"  # loaded from the beginning; what is made of it comes and goes at once
_MADE_OF_BASE = """
platform: "ensemble"
ensemble_scheduling { step [ {
  model_name: "doubles" model_version: -1
  input_map { key: "given" value: "given" } output_map { key: "doubled" value: "doubled" }
} ] }
"""
GIVEN = np.array([[1, 2]], np.uint8)
# The shortest ONNX file: a version, and a graph of nothing. The server looks at none of them.
ONNX = b"\x08\x08\x3a\x00"


@dataclass(frozen=True)
class Tiny:
    """A repository in `folder`. Models double what they are given."""

    folder: Path

    def write(self, name: str, *, memory_bytes: int | None = 2**20) -> ModelSpec:
        """A model called `name`, which is ROLE.PACK.VERSION; again, it changes.

        It is made of another one, and so loaded in no time.
        """
        role, pack, version = name.split(".")
        model = self.folder / name
        (model / "1").mkdir(parents=True, exist_ok=True)
        (model / "config.pbtxt").write_text(_CONFIG + _MADE_OF_BASE)
        weights = [
            {"member": "tiny.onnx", "source": "a test", "licence": "MIT", "sha256": "0" * 64}
        ]
        manifest = {"role": role, "pack": pack, "version": int(version), "weights": weights}
        manifest["model_sha256"] = sha256(ONNX).hexdigest()
        (model / "manifest.json").write_text(json.dumps(manifest))
        (model / "1" / "model.onnx").write_bytes(ONNX)
        built = {} if memory_bytes is None else {"memory_bytes": memory_bytes}
        (model / "1" / "built.json").write_text(json.dumps(built))
        return doubler(name)

    def write_program(self, name: str, *, kind: str = "KIND_CPU") -> ModelSpec:
        """One that is a program of its own, which marks can steer. It takes a second to load."""
        spec, model = self.write(name), self.folder / name
        (model / "config.pbtxt").write_text(_CONFIG + _OF_ITS_OWN.format(kind=kind))
        self._write_code(name)
        return spec

    def write_base(self) -> str:
        """What the models of write() are made of; the server loads it when it starts."""
        (self.folder / BASE / "1").mkdir(parents=True)
        config = _CONFIG + _OF_ITS_OWN.format(kind="KIND_CPU")
        (self.folder / BASE / "config.pbtxt").write_text(config)
        self._write_code(BASE)
        return BASE

    def _write_code(self, name: str) -> None:
        version = self.folder / name / "1"
        (version / "model.py").write_text(_MODEL.replace("{marks}", str(self._marks(name))))
        (version / "__pycache__").touch()  # a file, so that Python leaves no change there

    def mark(self, name: str, what: str) -> Path:
        """Put the mark `what` (GATE, BROKEN) on a model; unlink it to take it away."""
        file = self._marks(name) / what
        file.touch()
        return file

    def loads(self, name: str) -> int:
        """How often loading the model was begun."""
        file = self._marks(name) / "loads"
        return len(file.read_text().splitlines()) if file.exists() else 0

    def clear(self) -> None:
        """Have no models but the base."""
        for folder in (*self.folder.iterdir(), *self._all_marks.iterdir()):
            if folder.name != BASE:
                shutil.rmtree(folder)

    def _marks(self, name: str) -> Path:
        """Outside of the repository: there they would be a change of the model."""
        marks = self._all_marks / name
        marks.mkdir(parents=True, exist_ok=True)
        return marks

    @property
    def _all_marks(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}-marks")


def doubler(name: str) -> ModelSpec:
    """The spec of the tiny model called `name`."""
    given = TensorSpec("given", np.uint8, (2,))
    doubled = TensorSpec("doubled", np.float32, (2,))
    return ModelSpec(name, inputs=(given,), outputs=(doubled,), max_batch=4)
