"""config.pbtxt of a model, for each target, from one row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from export.kinds import Kind, Tensor

HEADER = "# Written by `python -m export`: change the row in export/packs.py, not this file.\n"
TYPES = {np.uint8: "TYPE_UINT8", np.float32: "TYPE_FP32"}


@dataclass(frozen=True)
class Target:
    """How a model is run on one sort of machine.

    `preferred`: batch sizes that Triton does not hold back. `delay_us`: how long a request waits
    for others to share a batch with. `threads`: of one instance; 0 leaves it to the runtime.
    """

    max_batch: int
    preferred: tuple[int, ...]
    delay_us: int
    instances: int
    threads: int = 0


@dataclass(frozen=True)
class Serving:
    cpu: Target
    gpu: Target


def write(
    name: str, version: int, kind: Kind, target: Target, device: str, parameters: Mapping[str, str]
) -> str:
    """The whole text for `device`, CPU or GPU.

    Only `version` is served: the parameters say what its answers are.
    """
    threads = {"intra_op_thread_count": str(target.threads)} if target.threads else {}
    parts = [
        f'name: "{name}"\nbackend: "onnxruntime"\nmax_batch_size: {target.max_batch}',
        *(_tensor("input", tensor) for tensor in kind.inputs),
        *(_tensor("output", tensor) for tensor in kind.outputs),
        f"version_policy {{ specific {{ versions: [ {version} ] }} }}",
        _batching(target),
        f"instance_group [ {{ count: {target.instances} kind: KIND_{device} }} ]",
        *(_warm_up(kind, size) for size in sorted({1, *target.preferred})),
        *(_parameter(key, value) for key, value in (threads | dict(parameters)).items()),
    ]
    return HEADER + "\n".join(parts) + "\n"


def _tensor(side: str, tensor: Tensor) -> str:
    return f'{side} [ {{ name: "{tensor.name}" {_form(tensor)} }} ]'


def _form(tensor: Tensor) -> str:
    return f"data_type: {TYPES[tensor.dtype]} dims: {_list(tensor.shape)}"


def _list(numbers: Iterable[int]) -> str:
    return f"[ {', '.join(map(str, numbers))} ]"


def _batching(target: Target) -> str:
    preferred = f"preferred_batch_size: {_list(target.preferred)} " if target.preferred else ""
    return f"dynamic_batching {{ {preferred}max_queue_delay_microseconds: {target.delay_us} }}"


def _warm_up(kind: Kind, size: int) -> str:
    """One run before the model is ready, so that nobody's request is the first."""
    inputs = " ".join(
        f'inputs {{ key: "{tensor.name}" value {{ {_form(tensor)} zero_data: true }} }}'
        for tensor in kind.inputs
    )
    return f'model_warmup [ {{ name: "zeros of {size}" batch_size: {size} {inputs} }} ]'


def _parameter(key: str, value: str) -> str:
    return f'parameters {{ key: "{key}" value {{ string_value: "{value}" }} }}'
