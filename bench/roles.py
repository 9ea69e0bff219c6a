"""Each model through Triton, beside the best loop of onnxruntime alone with as many threads.

Requests are those that the model was compared with its original on. What Triton does with them
at several concurrencies, and what the plain runtime does with several batch sizes, is measured in
turn; the best of each counts.
"""

import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnxruntime as ort
from rich.console import Console
from rich.table import Table
from tritonclient.utils import triton_to_np_dtype

from bench.figures import Asked, Bar, Bench, Figure, Finding, Remark
from bench.in_process import config_of, session
from bench.memory import now_mb
from inference.arrays import Array
from inference.client import TritonClient
from inference.control import TritonControl
from inference.spec import ModelSpec, TensorSpec
from local.stack import Surroundings
from local.triton import Triton

ROUNDS = 3
TURN_S = 1.5  # of one measurement
BATCHES = (1, 4, 8)
CONCURRENCIES = (2, 4, 8, 16)
THREADS = 2
CALL_S = 60.0

ROLE = Bar(
    "role_{}", "B", "the model {} through Triton", "items/s",
    f"onnxruntime alone, {THREADS} threads", ratio=0.85,
)  # fmt: skip
SLOWED = replace(ROLE, says="{} through Triton, which batching slows on a CPU", ratio=0.60)
BATCH = Bar(
    "batch_{}", "B", "a batch of {}, which lives on it", "items a batch", "the least",
    limit=2.0, ratio=1.0,
)  # fmt: skip

Items = dict[str, Array]
Run = Callable[[Items], object]


@dataclass(frozen=True)
class Best:
    """Items per second, the best of several ways, and which one that was."""

    per_second: float
    way: int


def run(_asked: Asked, console: Console) -> list[Finding]:
    surroundings = Surroundings.read()
    table = Table(
        "model", "load s", "memory MB", "after unload", "raw batch", "concurrency", "batch"
    )
    findings: list[Finding] = []
    with (
        TemporaryDirectory(prefix="kindred-bench-") as folder,
        Triton(surroundings.repository, (), Path(folder)) as triton,
        TritonControl(triton.url, timeout_s=CALL_S) as control,
        TritonClient(triton.url, timeout_s=CALL_S) as client,
        console.status("roles") as status,
    ):
        for model in sorted(path.parent for path in surroundings.repository.glob("*.*.*/1")):
            status.update(f"roles: {model.name}")
            measured = Measured(model, triton, control, client)
            findings += measured.findings(table)
    console.print(table)
    return findings


@dataclass(frozen=True)
class Measured:
    """One model, alone at the server."""

    model: Path
    triton: Triton
    control: TritonControl
    client: TritonClient

    def findings(self, table: Table) -> list[Finding]:
        before = self._memory()
        load_s = self._load()
        items, spec = samples(self.model), spec_of(self.model)
        raw = session(self.model, THREADS)
        most = max(1, spec.max_batch)
        rounds = [
            (
                best_raw(raw, items, [size for size in BATCHES if size <= most]),
                best_served(partial(_infer, self.client, spec), items),
            )
            for _ in range(ROUNDS)
        ]
        loaded = self._memory()
        batch = self._mean_batch(spec, items)
        self.control.unload(self.model.name)
        self.control.settle(self.model.name, timeout_s=CALL_S)
        alone, served = (
            max(side, key=lambda best: best.per_second) for side in zip(*rounds, strict=True)
        )
        took, left = loaded - before, self._memory() - before
        table.add_row(
            self.model.name,
            *(f"{value:.1f}" for value in (load_s, took, left)),
            str(alone.way),
            str(served.way),
            f"{batch:.2f}",
        )
        role = self.model.name.partition(".")[0]
        return [
            self._figure(role, rounds),
            *([BATCH.of(batch, 1, role)] if role == "face_embedder" else []),
            Remark(
                f"{role}: loaded in {load_s:.1f} s, takes {took:.0f} MB; {left:.0f} MB more than "
                f"before are left once it is unloaded; batches of {batch:.1f} in the mean."
            ),
        ]

    def _mean_batch(self, spec: ModelSpec, items: Sequence[Items]) -> float:
        """Items of a batch while as many requests as possible are in flight."""
        before = self.control.statistics()[self.model.name].batches
        ask = partial(_infer, self.client, spec)
        _per_second(ask, items, at_once=CONCURRENCIES[-1])
        after = self.control.statistics()[self.model.name].batches
        runs = {size: count - before.get(size, 0) for size, count in after.items()}
        return sum(size * count for size, count in runs.items()) / max(1, sum(runs.values()))

    def _figure(self, role: str, rounds: Sequence[tuple[Best, Best]]) -> Figure:
        batches = config_of(self.model).dynamic_batching.preferred_batch_size[:1] != [1]
        ours = statistics.median(served.per_second for _, served in rounds)
        alone = statistics.median(raw.per_second for raw, _ in rounds)
        return (ROLE if batches else SLOWED).of(ours, ROUNDS, role, beside=alone)

    def _load(self) -> float:
        start = time.perf_counter()
        self.control.load(self.model.name, timeout_s=CALL_S)
        self.control.settle(self.model.name, timeout_s=CALL_S)
        return time.perf_counter() - start

    def _memory(self) -> float:
        return now_mb(str(self.triton.folder))


def _infer(client: TritonClient, spec: ModelSpec, item: Items) -> object:
    return client.infer(spec, **item)


def best_raw(model: ort.InferenceSession, items: Sequence[Items], sizes: Sequence[int]) -> Best:
    def rate(size: int) -> float:
        batches = list(_batches(items, size))
        return size * _per_second(lambda one: model.run(None, one), batches, at_once=1)

    return max((Best(rate(size), size) for size in sizes), key=lambda best: best.per_second)


def best_served(ask: Run, items: Sequence[Items]) -> Best:
    rates = (Best(_per_second(ask, items, at_once=many), many) for many in CONCURRENCIES)
    return max(rates, key=lambda best: best.per_second)


def _per_second(ask: Run, requests: Sequence[Items], *, at_once: int) -> float:
    """Requests per second, `at_once` of them in flight."""
    end = time.perf_counter() + TURN_S

    def keep_asking(first: int) -> int:
        done = 0
        while time.perf_counter() < end:
            ask(requests[(first + done) % len(requests)])
            done += 1
        return done

    start = time.perf_counter()
    with ThreadPoolExecutor(at_once) as threads:
        done = sum(threads.map(keep_asking, range(at_once)))
    return done / (time.perf_counter() - start)


def _batches(items: Sequence[Items], size: int) -> Iterator[Items]:
    for first in range(len(items)):
        chosen = [items[(first + number) % len(items)] for number in range(size)]
        yield {name: np.concatenate([each[name] for each in chosen]) for name in chosen[0]}


def samples(model: Path) -> list[Items]:
    """Requests of one item each."""
    names = [tensor.name for tensor in config_of(model).input]
    with np.load(model / "1" / "reference.npz", allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in names}
    count = len(arrays[names[0]])
    return [{name: arrays[name][row : row + 1] for name in names} for row in range(count)]


def spec_of(model: Path) -> ModelSpec:
    """The model as its configuration has it."""
    config = config_of(model)
    inputs, outputs = _tensors(config.input), _tensors(config.output)
    return ModelSpec(config.name, inputs, outputs, config.max_batch_size)


def _tensors(written: Iterable[Any]) -> tuple[TensorSpec, ...]:
    return tuple(
        TensorSpec(each.name, triton_to_np_dtype(_TYPES[each.data_type]), tuple(each.dims))
        for each in written
    )


_TYPES = {2: "UINT8", 8: "INT32", 9: "INT64", 11: "FP32"}  # of model_config.proto

BENCH = Bench("roles", "Each model through Triton", run, (ROLE, SLOWED, BATCH))
