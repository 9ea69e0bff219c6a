"""config.pbtxt of a model, for each target, from one row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from export.kinds import VARIES, Converted, Tensor
from export.models import Target

HEADER = "# Written by `python -m export`: change the row of the pack, not this file.\n"
WORKSPACE_BYTES = 2**30
ENGINES = "/tmp/kindred-engines"  # noqa: S108  # of the container: made again where it is lost
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
    precision: str

    @classmethod
    def of(
        cls, name: str, converted: Converted, parameters: Mapping[str, str], precision: str
    ) -> "Served":
        sizes = {key: values.shape[1:] for key, values in converted.samples.items()}
        return cls(name, converted.inputs, converted.outputs, sizes, parameters, precision)

    @property
    def has_fixed_sizes(self) -> bool:
        tensors = (*self.inputs, *self.outputs)
        return VARIES not in {size for tensor in tensors for size in tensor.shape}


def write(served: Served, target: Target, device: str) -> str:
    """The whole text for `device`, CPU or GPU."""
    threads = {"intra_op_thread_count": str(target.threads)} if target.threads else {}
    parts = [
        f'name: "{served.name}"\nbackend: "onnxruntime"\nmax_batch_size: {target.max_batch}',
        *(_tensor("input", tensor) for tensor in served.inputs),
        *(_tensor("output", tensor) for tensor in served.outputs),
        _batching(target),
        f"instance_group [ {{ count: {target.instances} kind: KIND_{device} }} ]",
        *([_tensorrt(served, target)] if device == "GPU" and served.has_fixed_sizes else []),
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


def _tensorrt(served: Served, target: Target) -> str:
    """NVIDIA's compiler of nets, for all batches up to the largest; what it made is kept.

    It takes no inputs whose sizes vary without limits: such models run on CUDA as they are.
    Source: the README of triton-inference-server/onnxruntime_backend.
    """
    words = {
        "precision_mode": served.precision.upper(),
        "max_workspace_size_bytes": str(WORKSPACE_BYTES),
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": ENGINES,
        "trt_cuda_graph_enable": "1",
        **{
            f"trt_profile_{which}_shapes": ",".join(
                f"{tensor.name}:{'x'.join(map(str, (batch, *tensor.shape)))}"
                for tensor in served.inputs
            )
            for which, batch in {
                "min": 1,
                "opt": max((1, *target.preferred)),
                "max": target.max_batch,
            }.items()
        },
    }
    listed = " ".join(
        f'parameters {{ key: "{key}" value: "{value}" }}' for key, value in words.items()
    )
    return (
        "optimization { execution_accelerators { "
        f'gpu_execution_accelerator: [ {{ name: "tensorrt" {listed} }} ] }} }}'
    )


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
