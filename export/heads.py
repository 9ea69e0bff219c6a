"""Heads that were trained here: an embedder's vectors in, vectors of length 1 out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import ModelProto, checker, numpy_helper

from export import ExportError, graphs
from export.kinds import Answers, Array, Converted, Photos, Tensor

SAMPLES = 8  # vectors drawn by lot: those of people would tell of them
SEED = 0


@dataclass(frozen=True)
class Head:
    """e -> normalise(e + W e + b), as `training` writes it: it says itself what it takes."""

    def convert(self, files: Mapping[str, Path], photos: Photos) -> Converted:
        model = _load(graphs.only(files).read_bytes())
        weight, bias = (_weights(model, name) for name in ("change.weight", "change.bias"))
        said = {each.key: each.value for each in model.metadata_props}
        if missing := {"takes", "same_person_cosine"} - said.keys():
            raise ExportError(f"The file does not say its {', '.join(sorted(missing))}.")
        return Converted(
            model=model,
            inputs=(Tensor("vectors", np.float32, (len(bias),)),),
            outputs=(Tensor("embedding", np.float32, (len(bias),)),),
            original=lambda item: _original(item["vectors"], weight, bias),
            samples={"vectors": _samples(len(bias))},
            parameters={
                "dimension": str(len(bias)),
                "same_person_cosine": said["same_person_cosine"],
                "takes": said["takes"],
            },
        )


def _load(content: bytes) -> ModelProto:
    try:
        model = onnx.load_model_from_string(content)
        checker.check_model(model)
    except (DecodeError, checker.ValidationError) as exc:
        raise ExportError(f"The head is no ONNX file: {exc}") from exc
    return model


def _weights(model: ModelProto, name: str) -> Array:
    for each in model.graph.initializer:
        if each.name == name:
            return numpy_helper.to_array(each)
    raise ExportError(f"The head has no {name}.")


def _original(vector: Array, weight: Array, bias: Array) -> Answers:
    moved = vector + weight @ vector + bias
    return {"embedding": (moved / np.linalg.norm(moved))[None]}


def _samples(dimension: int) -> Array:
    vectors = np.random.default_rng(SEED).normal(size=(SAMPLES, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
