"""Running ONNX models in this process."""

from collections.abc import Sequence
from typing import NamedTuple

import onnxruntime as ort

from export.kinds import Answers, Array

ERRORS_ONLY = 3


class Form(NamedTuple):
    """An input or output as a model declares it; a size that may vary is None."""

    name: str
    type: str
    shape: tuple[int | None, ...]


class Session:
    """A model of one input, a batch of images."""

    def __init__(self, content: bytes) -> None:
        options = ort.SessionOptions()
        options.log_severity_level = ERRORS_ONLY
        self._session = ort.InferenceSession(content, options, ["CPUExecutionProvider"])
        self.inputs = _forms(self._session.get_inputs())
        self.outputs = _forms(self._session.get_outputs())

    def __call__(self, batch: Array) -> Answers:
        values = self._session.run(None, {self.inputs[0].name: batch})
        return {each.name: value for each, value in zip(self.outputs, values, strict=True)}


def _forms(nodes: Sequence[ort.NodeArg]) -> list[Form]:
    return [
        Form(node.name, node.type, tuple(x if isinstance(x, int) else None for x in node.shape))
        for node in nodes
    ]
