"""Heads behind the real embedder: described, for tests that run none, and real ones."""

import json
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np
from django.conf import settings

from inference.arrays import Array
from inference.configs import DescribedModels
from inference.roles import FACE_EMBEDDER
from tests.export.exporting import python

HEAD, SPACE = "face_matcher.tests.1", "face_matcher:tests:1"
_CONFIG = """
parameters {{ key: "space" value {{ string_value: "{space}" }} }}
parameters {{ key: "weights_sha256" value {{ string_value: "{sha256}" }} }}
parameters {{ key: "dimension" value {{ string_value: "512" }} }}
parameters {{ key: "same_person_cosine" value {{ string_value: "0.4" }} }}
parameters {{ key: "takes" value {{ string_value: "{takes}" }} }}
"""

_WRITE = """
import sys
import numpy as np, onnx
from onnx import helper, numpy_helper

model = onnx.parser.parse_model('''
    <ir_version: 8, opset_import: ["": 17]>
    face_matcher (float[B,512] vectors) => (float[B,512] embedding) {
        change = Gemm <transB = 1> (vectors, "change.weight", "change.bias")
        moved = Add (vectors, change)
        length = ReduceL2 <axes = [1], keepdims = 1> (moved)
        embedding = Div (moved, length)
    }''')
with np.load(sys.argv[1]) as head:
    model.graph.initializer.extend(
        numpy_helper.from_array(head[name], name) for name in ("change.weight", "change.bias")
    )
helper.set_model_props(model, {"takes": sys.argv[3], "same_person_cosine": sys.argv[4]})
onnx.save(model, sys.argv[2])
"""


def publish(
    repository: Path, head: Mapping[str, Array], *, takes: str, same_person_cosine: float
) -> str:
    """Put a head of these weights there, as `python -m training publish` does; returns its name."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        np.savez(out / "head.npz", allow_pickle=False, **head)
        words = (out / "head.npz", out / "model.onnx", takes, str(same_person_cosine))
        written = python("-c", _WRITE, *words)
        assert written.returncode == 0, written.stderr
        digest = sha256((out / "model.onnx").read_bytes()).hexdigest()
        report = {"kept": True, "reason": "", "model_sha256": digest}
        (out / "report.json").write_text(json.dumps(report))
        place = ("--name", "tests", "--repository", repository)
        published = python("-m", "training", "publish", out, *place)
        assert published.returncode == 0, published.stdout + published.stderr
    return str(json.loads(published.stdout)["model"])


def make_repository(folder: Path) -> Path:
    """The real models of faces, and the head, in `folder`."""
    for model in settings.MODEL_REPOSITORY.glob("face_*.packaged.*"):
        (folder / model.name).symlink_to(model)
    embedder = FACE_EMBEDDER.at("face_embedder.packaged.1")
    takes = DescribedModels(folder).identity(embedder).space
    (folder / HEAD / "1").mkdir(parents=True)
    config = _CONFIG.format(space=SPACE, sha256="0" * 64, takes=takes)
    (folder / HEAD / "config.pbtxt").write_text(config)
    manifest = {
        "role": "face_matcher", "version": 1, "space": SPACE, "parameters": {"takes": takes},
    }  # fmt: skip
    (folder / HEAD / "manifest.json").write_text(json.dumps(manifest))
    (folder / HEAD / "1" / "built.json").write_text('{"memory_bytes": 1}')
    return folder
