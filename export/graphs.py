"""Putting what a model needs before and after its net into one graph.

What goes around a net is written in ONNX's text form, with the operators of OPSET:
https://onnx.ai/onnx/repo-docs/Syntax.html
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import ModelProto, checker, compose, numpy_helper, shape_inference, version_converter

from export import ExportError

OPSET = 17
IR_VERSION = 8  # the file format that came with OPSET: older servers read it too
HEADER = f'<ir_version: {IR_VERSION}, opset_import: ["": {OPSET}]>'
NET = "net/"  # begins the names of all that is the net's own


def only(files: Mapping[str, Path]) -> Path:
    """The one file of a net that comes in one.

    Raises:
        ExportError: there are more.
    """
    if len(files) != 1:
        raise ExportError(f"The net comes in one file, not in {len(files)}: {', '.join(files)}.")
    return next(iter(files.values()))


def load_net(content: bytes) -> ModelProto:
    """A net as its authors published it, made fit for any batch and any size.

    Raises:
        ExportError: it is no ONNX model, or has weights outside its file.
    """
    try:
        net = onnx.load_model_from_string(content)
    except DecodeError as exc:
        raise ExportError("The weights are no ONNX file.") from exc
    if any(weight.data_location == onnx.TensorProto.EXTERNAL for weight in net.graph.initializer):
        raise ExportError("The model has weights outside its file.")
    _drop_weights_from_inputs(net)
    _drop_unused_weights(net)
    _forget_sizes(net)
    return net


def join(before: str, net: ModelProto, after: str, *, name: str) -> ModelProto:
    """One model of three parts. Each takes the outputs of the one before it, in their order.

    Raises:
        ExportError: the parts do not fit, or make no valid model.
    """
    first, last = (onnx.parser.parse_model(HEADER + part) for part in (before, after))
    middle = compose.add_prefix(_raised(net), NET)
    try:
        model = _pipe(_pipe(first, middle), last)
        model.graph.name, model.producer_name, model.producer_version = name, "kindred", ""
        checker.check_model(model, full_check=True)
    except (ValueError, checker.ValidationError, shape_inference.InferenceError) as exc:
        raise ExportError(f"the net does not fit what goes around it: {exc}") from exc
    return model


def _drop_weights_from_inputs(net: ModelProto) -> None:
    """As files of 2019 and before list them: nothing could be folded at load time."""
    weights = {weight.name for weight in net.graph.initializer}
    inputs = [given for given in net.graph.input if given.name not in weights]
    del net.graph.input[:]
    net.graph.input.extend(inputs)


def _drop_unused_weights(net: ModelProto) -> None:
    used = {name for node in net.graph.node for name in node.input}
    weights = [weight for weight in net.graph.initializer if weight.name in used]
    del net.graph.initializer[:]
    net.graph.initializer.extend(weights)


def _forget_sizes(net: ModelProto) -> None:
    """Let go of the sizes that the net happened to be exported with; the operators know theirs."""
    for value in (*net.graph.input, *net.graph.output):
        for size in value.type.tensor_type.shape.dim:
            size.Clear()
    del net.graph.value_info[:]
    shapes = {node.input[1] for node in net.graph.node if node.op_type == "Reshape"}
    for weight in net.graph.initializer:
        if weight.name in shapes:
            weight.CopyFrom(_with_open_batch(weight))


def _with_open_batch(shape: onnx.TensorProto) -> onnx.TensorProto:
    """The shape that a Reshape makes: 1, -1 becomes 0, -1, which keeps the batch as it is."""
    sizes = numpy_helper.to_array(shape).copy()
    if sizes.size and sizes[0] == 1:
        sizes[0] = 0
    return numpy_helper.from_array(sizes.astype(np.int64), shape.name)


def _raised(net: ModelProto) -> ModelProto:
    """With the operators of OPSET."""
    net = version_converter.convert_version(net, OPSET)
    net.ir_version = IR_VERSION
    return net


def _pipe(first: ModelProto, second: ModelProto) -> ModelProto:
    outputs = [value.name for value in first.graph.output]
    inputs = [value.name for value in second.graph.input]
    return compose.merge_models(first, second, list(zip(outputs, inputs, strict=True)))
