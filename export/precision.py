"""The same model in numbers of fewer bits: half the memory on a GPU, or a quarter on a CPU.

What goes in and comes out stays as it is. The smaller model is compared with the same original,
and is refused where it is further from it than `ALLOWED`.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import onnx
from onnx import ModelProto
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.float16 import convert_float_to_float16

from export import ExportError
from export.models import Model


class Precision(StrEnum):
    FP32 = "fp32"
    FP16 = "fp16"
    INT8 = "int8"  # of weights; what passes between layers stays float


# How far an output may lie from the original's, in its own unit, where a row asks for less.
ALLOWED: Mapping[str, float] = {
    "embedding": 0.02,  # of each number of a unit vector
    "scores": 0.03,  # 0 to 1
    "boxes": 2.0,  # pixels of the input
    "landmarks": 2.0,
    "probability": 10.0,  # of 255
}


def of(model: Model, precision: Precision) -> Model:
    """The row in `precision`: another model, with a name and a space of its own."""
    if precision is Precision.FP32:
        return model
    tolerance = {
        name: max(value, ALLOWED.get(name, value)) for name, value in model.tolerance.items()
    }
    pack = f"{model.pack}-{precision}"
    return replace(model, pack=pack, precision=precision, tolerance=tolerance)


def lowered(net: ModelProto, precision: str) -> ModelProto:
    """`net` in numbers of `precision`.

    Raises:
        ExportError: the net has an operator that can't be had in it.
    """
    try:
        match Precision(precision):
            case Precision.FP16:
                return convert_float_to_float16(net, keep_io_types=True)
            case Precision.INT8:
                return _int8(net)
            case _:
                return net
    except Exception as exc:  # the libraries' errors have no class of their own
        raise ExportError(f"It can't be had in {precision}: {exc}") from exc


def _int8(net: ModelProto) -> ModelProto:
    with tempfile.TemporaryDirectory() as folder:
        whole, small = Path(folder) / "whole.onnx", Path(folder) / "small.onnx"
        onnx.save(_with_each_operator_set_once(net), whole)
        quantize_dynamic(whole, small, weight_type=QuantType.QUInt8)
        return onnx.load(small)


def _with_each_operator_set_once(net: ModelProto) -> ModelProto:
    """Joining nets lists theirs several times, which the library does not take."""
    sets = {each.domain: each for each in net.opset_import}
    alike = ModelProto()
    alike.CopyFrom(net)
    del alike.opset_import[:]
    alike.opset_import.extend(sets.values())
    return alike
