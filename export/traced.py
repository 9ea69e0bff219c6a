"""From a PyTorch module to an ONNX model of fixed names and shapes."""

import importlib
import io
import sys
import warnings
from collections.abc import Sequence

import onnx
import torch
from onnx import ModelProto
from torch import nn

from export import ExportError
from export.graphs import OPSET
from export.kinds import VARIES, Tensor

MOST_BYTES = 2**31 - 1  # of a file in ONNX's format, without weights beside it


def _import_torchvision() -> None:
    """Have torchvision imported, also where its compiled operators do not load.

    As of a build for CUDA beside a PyTorch for the CPU: then it fails at the first operators it
    wants to describe. The models here use none: that they are declared is enough.
    """
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        for operator in ("nms", "qnms"):
            DECLARED.define(
                f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            )
        for half_imported in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[half_imported]
        importlib.import_module("torchvision")


DECLARED = torch.library.Library("torchvision", "FRAGMENT")  # lives as long as what it declares
_import_torchvision()  # before any library that would


def trace(
    module: nn.Module,
    examples: Sequence[torch.Tensor],
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    *,
    name: str,
) -> ModelProto:
    """`module`, which takes `inputs` and gives `outputs`, each with a batch before it.

    `examples`: one batch of two or more of each input, to run it with.
    The exporter is PyTorch's older one: it writes OPSET, which the server reads; the newer one
    writes newer operators, and gives two values one name in CLIP's text encoder.

    Raises:
        ExportError: it does what ONNX cannot say, or is too large for one file.
    """
    written = io.BytesIO()
    try:
        with (
            warnings.catch_warnings()
        ):  # with gradients: without, attention takes a path ONNX lacks
            warnings.simplefilter("ignore")  # of being the older one; of sizes that are fixed here
            torch.onnx.export(
                module.eval(),
                tuple(examples),
                written,
                dynamo=False,
                opset_version=OPSET,
                input_names=[each.name for each in inputs],
                output_names=[each.name for each in outputs],
                dynamic_axes={each.name: _open_axes(each) for each in (*inputs, *outputs)},
            )
    except (RuntimeError, torch.onnx.errors.OnnxExporterError) as exc:
        reason = str(exc).strip().partition("\n")[0]  # the rest is the whole graph
        raise ExportError(f"{name}: PyTorch cannot write it as ONNX: {reason}") from exc
    return _finished(written.getvalue(), outputs, name)


def _open_axes(tensor: Tensor) -> dict[int, str]:
    open_axes = {axis: f"{tensor.name}_{axis}" for axis, size in enumerate(tensor.shape, start=1)
                 if size == VARIES}  # fmt: skip
    return {0: "B"} | open_axes


def _finished(content: bytes, outputs: Sequence[Tensor], name: str) -> ModelProto:
    """With the sizes of its outputs written down, which the exporter lost."""
    if len(content) > MOST_BYTES:
        raise ExportError(f"{name}: {len(content)} bytes are more than one ONNX file can hold.")
    model = onnx.load_model_from_string(content)
    for value, tensor in zip(model.graph.output, outputs, strict=True):
        sizes = value.type.tensor_type.shape.dim[1:]
        for written, size in zip(sizes, tensor.shape, strict=True):
            if size != VARIES:
                written.dim_value = size
    model.graph.name, model.producer_name, model.producer_version = name, "kindred", ""
    onnx.checker.check_model(model)
    return model
