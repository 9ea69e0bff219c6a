"""config.pbtxt of a model, for each target, from one row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from export.kinds import Converted, Tensor
from export.models import Target

HEADER = "# Written by `python -m export`: change the row of the pack, not this file.\n"
TYPES = {
    np.uint8: "TYPE_UINT8",
    np.int32: "TYPE_INT32",
    np.int64: "TYPE_INT64",
    np.float32: "TYPE_FP32",
    np.bool_: "TYPE_BOOL",
}


@dataclass(frozen=True)
class Served:
    """What a configuration tells of a model, whatever it runs on."""

    name: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    sizes: Mapping[str, tuple[int, ...]]  # of each input in a real request
    parameters: Mapping[str, str]

    @classmethod
    def of(cls, name: str, converted: Converted, parameters: Mapping[str, str]) -> "Served":
        sizes = {key: values.shape[1:] for key, values in converted.samples.items()}
        return cls(name, converted.inputs, converted.outputs, sizes, parameters)


def write(served: Served, target: Target, device: str) -> str:
    """The whole text for `device`, CPU or GPU."""
    threads = {"intra_op_thread_count": str(target.threads)} if target.threads else {}
    parts = [
        f'name: "{served.name}"\nbackend: "onnxruntime"\nmax_batch_size: {target.max_batch}',
        *(_tensor("input", tensor) for tensor in served.inputs),
        *(_tensor("output", tensor) for tensor in served.outputs),
        _batching(target),
        f"instance_group [ {{ count: {target.instances} kind: KIND_{device} }} ]",
        *(_warm_up(served, size) for size in sorted({1, *target.preferred})),
        *(_parameter(*each) for each in (threads | dict(served.parameters)).items()),
    ]
    return HEADER + "\n".join(parts) + "\n"


def _tensor(side: str, tensor: Tensor) -> str:
    return f'{side} [ {{ name: "{tensor.name}" {_form(tensor, tensor.shape)} }} ]'


def _form(tensor: Tensor, shape: Iterable[int]) -> str:
    return f"data_type: {TYPES[tensor.dtype]} dims: {_list(shape)}"


def _list(numbers: Iterable[int]) -> str:
    return f"[ {', '.join(map(str, numbers))} ]"


def _batching(target: Target) -> str:
    preferred = f"preferred_batch_size: {_list(target.preferred)} " if target.preferred else ""
    return f"dynamic_batching {{ {preferred}max_queue_delay_microseconds: {target.delay_us} }}"


def _warm_up(served: Served, size: int) -> str:
    """One run before the model is ready, so that nobody's request is the first."""
    inputs = " ".join(
        f'inputs {{ key: "{each.name}" value '
        f"{{ {_form(each, served.sizes[each.name])} zero_data: true }} }}"
        for each in served.inputs
    )
    return f'model_warmup [ {{ name: "zeros of {size}" batch_size: {size} {inputs} }} ]'


def _parameter(key: str, value: str) -> str:
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'parameters {{ key: "{key}" value {{ string_value: "{text}" }} }}'
