"""A head as an ONNX file, which says of itself what it takes."""

import numpy as np
import torch
from onnx import helper

from export.kinds import Tensor
from export.sessions import Session
from export.traced import trace
from training.faces import Array
from training.fitting import apply
from training.head import Head

TOLERANCE = 1e-5  # of any number of a vector of length 1
COMPARED = 300  # faces


def written(head: Head, dimension: int, properties: dict[str, str]) -> bytes:
    """The file: `vectors` (-1, d) float32 -> `embedding` (-1, d) of length 1.

    `properties` lie in the file, so that its sha256 is theirs as well.
    """
    tensors = [Tensor(name, np.float32, (dimension,)) for name in ("vectors", "embedding")]
    example = torch.eye(2, dimension)
    model = trace(head, [example], tensors[:1], tensors[1:], name="face_matcher")
    helper.set_model_props(model, properties)
    return bytes(model.SerializeToString(deterministic=True))


def difference(head: Head, content: bytes, vectors: Array) -> float:
    """The largest one between what PyTorch and what onnxruntime say, one by one and together."""
    session, some = Session(content), vectors[:COMPARED]
    right = apply(head, some)
    together = session({"vectors": some})["embedding"]
    alone = [session({"vectors": row[None]})["embedding"] for row in some[:3]]
    return float(max(np.abs(together - right).max(), np.abs(alone - right[:3, None]).max()))
