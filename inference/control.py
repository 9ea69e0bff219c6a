"""Loading and unloading models at the server, and what it says of them."""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

from tritonclient import grpc
from tritonclient.grpc import model_config_pb2
from tritonclient.utils import InferenceServerException

from inference.client import OPTIONS, errors_of, translated
from inference.errors import (
    InferenceError,
    InferenceNotReady,
    InferenceTimeout,
    InferenceUnavailable,
)

_SERVER = "Triton"  # in messages that are about no one model
_UNLOADED = "unloaded"  # the server's reason for a model that it was told to unload
_NOT_ALLOWED = "is not allowed"  # the server was started without explicit model control
_POLL_S = 0.05


class State(StrEnum):
    """How a model is at the server, best first."""

    LOADED = "loaded"
    LOADING = "loading"
    UNLOADING = "unloading"
    FAILED = "failed"  # it could not be loaded
    UNLOADED = "unloaded"
    MISSING = "missing"  # it is not in the server's repository
    UNKNOWN = "unknown"  # the server does not answer


_STATES = {
    "READY": State.LOADED,
    "LOADING": State.LOADING,
    "UNLOADING": State.UNLOADING,
    "UNAVAILABLE": State.FAILED,
}
_BEST_FIRST = list(State)
MOVING = frozenset({State.LOADING, State.UNLOADING})


class Device(StrEnum):
    """What a model runs on."""

    CPU = "cpu"
    CUDA = "cuda"


@dataclass(frozen=True)
class Listed:
    """A model of the server's repository."""

    state: State
    reason: str = ""  # why it failed, in the server's words: they may name its folders


@dataclass(frozen=True)
class Statistics:
    """What a model has done since it was loaded."""

    requests: int = 0  # that were answered
    failures: int = 0
    latency_ms: float = 0.0  # mean of an answered request, its wait in the queue included
    batches: Mapping[int, int] = field(default_factory=dict)  # items of a run -> so many runs

    @property
    def mean_batch(self) -> float:
        """Items of a run; 0 where there was none."""
        runs = sum(self.batches.values())
        return sum(size * count for size, count in self.batches.items()) / runs if runs else 0.0


@dataclass(frozen=True)
class Overview:
    """What a server says of all its models at one moment; nothing, if it does not answer."""

    answers: bool = False
    index: Mapping[str, Listed] = field(default_factory=dict)
    statistics: Mapping[str, Statistics] = field(default_factory=dict)  # of the loaded ones
    devices: Mapping[str, Device] = field(default_factory=dict)  # of the loaded ones

    @classmethod
    def of(cls, url: str, *, timeout_s: float) -> Self:
        """Of the server at `url`, which has `timeout_s` for each of a few answers."""
        try:
            with TritonControl(url, timeout_s=timeout_s) as control:
                index = control.index()
                loaded = (name for name, one in index.items() if one.state is State.LOADED)
                return cls(
                    answers=True,
                    index=index,
                    statistics=control.statistics(),
                    devices=control.devices(loaded),
                )
        except (InferenceUnavailable, InferenceTimeout):
            return cls()

    def model(self, name: str) -> Listed:
        return self.index.get(name, Listed(State.MISSING if self.answers else State.UNKNOWN))


class TritonControl:
    """A connection to the repository of the server at `url`. Like TritonClient not for forks."""

    def __init__(self, url: str, *, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._grpc: Any = grpc.InferenceServerClient(url, channel_args=OPTIONS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._grpc.close()

    def index(self) -> dict[str, Listed]:
        """Every model of the server's repository by its name.

        Raises:
            InferenceUnavailable, InferenceTimeout: the server does not answer.
        """
        with errors_of(_SERVER):
            answer = self._grpc.get_model_repository_index(client_timeout=self._timeout_s)
        found: dict[str, Listed] = {}
        for entry in answer.models:  # one for each version
            listed = _listed(entry)
            found[entry.name] = min(
                listed, found.get(entry.name, listed), key=lambda one: _BEST_FIRST.index(one.state)
            )
        return found

    def state(self, model: str) -> State:
        """How the model is.

        Raises:
            InferenceUnavailable, InferenceTimeout: the server does not answer.
        """
        return self.index().get(model, Listed(State.MISSING)).state

    def load(self, model: str, *, timeout_s: float) -> None:
        """Have `model` ready. A loaded one whose files are the same stays as it is.

        Raises:
            InferenceUnavailable, InferenceTimeout: the server does not answer; it may still load.
            InferenceNotReady: it can't, or may not, load this model.
        """
        try:
            self._grpc.load_model(model, client_timeout=timeout_s)
        except InferenceServerException as exc:
            raise _refusal(model, exc) from exc

    def unload(self, model: str) -> None:
        """Take no more requests for `model`; those that are there are answered, then it goes.

        Raises:
            InferenceUnavailable, InferenceTimeout: the server does not answer.
            InferenceNotReady: it may not unload.
        """
        try:
            self._grpc.unload_model(model, client_timeout=self._timeout_s)
        except InferenceServerException as exc:
            raise _refusal(model, exc) from exc

    def settle(self, model: str, *, timeout_s: float) -> State:
        """How `model` is once it neither comes nor goes, or else after `timeout_s`.

        Raises:
            InferenceUnavailable, InferenceTimeout: the server does not answer.
        """
        give_up = time.monotonic() + timeout_s
        while True:
            state = self.state(model)
            if state not in MOVING or time.monotonic() >= give_up:
                return state
            time.sleep(_POLL_S)

    def statistics(self) -> dict[str, Statistics]:
        """Of each loaded model.

        Raises:
            InferenceUnavailable, InferenceTimeout: the server does not answer.
        """
        with errors_of(_SERVER):
            answer = self._grpc.get_inference_statistics(client_timeout=self._timeout_s)
        return {entry.name: _statistics(entry) for entry in answer.model_stats}

    def device(self, model: str) -> Device:
        """What `model`, which is loaded, runs on: of `KIND_AUTO` the server has made one.

        Raises:
            InferenceNotReady: it is not loaded.
            InferenceUnavailable, InferenceTimeout: the server does not answer.
        """
        with errors_of(model):
            config = self._grpc.get_model_config(model, client_timeout=self._timeout_s).config
        gpu = model_config_pb2.ModelInstanceGroup.KIND_GPU
        on_gpu = any(group.kind == gpu for group in config.instance_group)
        return Device.CUDA if on_gpu else Device.CPU

    def devices(self, models: Iterable[str]) -> dict[str, Device]:
        """The same of many models; those that have gone meanwhile are left out.

        Raises:
            InferenceUnavailable, InferenceTimeout: the server does not answer.
        """
        found = {}
        for model in models:
            with suppress(InferenceNotReady):
                found[model] = self.device(model)
        return found


def _listed(entry: Any) -> Listed:
    state = _STATES.get(entry.state, State.UNLOADED)
    if state is State.FAILED and entry.reason == _UNLOADED:
        return Listed(State.UNLOADED)
    return Listed(state, entry.reason)


def _statistics(entry: Any) -> Statistics:
    success = entry.inference_stats.success
    return Statistics(
        requests=success.count,
        failures=entry.inference_stats.fail.count,
        latency_ms=success.ns / success.count / 1e6 if success.count else 0.0,
        batches={each.batch_size: each.compute_infer.count for each in entry.batch_stats},
    )


def _refusal(model: str, exc: InferenceServerException) -> InferenceError:
    """Our error for a load or unload that failed. The server's words name its folders."""
    if _NOT_ALLOWED in str(exc.message()):
        return InferenceNotReady(
            f"{model}: the model server does not let us load and unload. Start it with "
            "--model-control-mode=explicit, or set MODEL_CONTROL=none."
        )
    error = translated(model, exc)
    if isinstance(error, InferenceUnavailable | InferenceTimeout):
        return error
    return InferenceNotReady(f"{model}: the model server cannot load it; its log says why.")
