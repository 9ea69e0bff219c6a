"""Running ONNX models in this process."""

from collections.abc import Sequence
from typing import NamedTuple

import onnxruntime as ort

from export import ExportError
from export.kinds import Answers

ERRORS_ONLY = 3
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


class Form(NamedTuple):
    """An input or output as a model declares it; a size that may vary is None."""

    name: str
    type: str
    shape: tuple[int | None, ...]


class Session:
    """A model that takes and gives batches."""

    def __init__(self, content: bytes, device: str = "cpu") -> None:
        """
        Raises:
            ExportError: the runtime cannot load the model, or has no such device.
        """
        provider = PROVIDERS[device]
        if provider not in ort.get_available_providers():
            raise ExportError(f"There is no {device} here: onnxruntime has no {provider}.")
        options = ort.SessionOptions()
        options.log_severity_level = ERRORS_ONLY
        try:
            self._session = ort.InferenceSession(content, options, [provider])
        except Exception as exc:  # onnxruntime's errors have no common class
            raise ExportError(f"onnxruntime cannot load the model: {exc}") from exc
        self.inputs = _forms(self._session.get_inputs())
        self.outputs = _forms(self._session.get_outputs())

    def __call__(self, batch: Answers) -> Answers:
        """Arrays by the names of the inputs -> arrays by those of the outputs."""
        values = self._session.run(None, dict(batch))
        return {each.name: value for each, value in zip(self.outputs, values, strict=True)}


def _forms(nodes: Sequence[ort.NodeArg]) -> list[Form]:
    return [
        Form(node.name, node.type, tuple(x if isinstance(x, int) else None for x in node.shape))
        for node in nodes
    ]
