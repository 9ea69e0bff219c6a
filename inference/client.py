"""The one client of the model server: gRPC, with a deadline on every call."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol, Self

from tritonclient import grpc
from tritonclient.utils import InferenceServerException

from inference.arrays import Array
from inference.errors import (
    InferenceCorrupt,
    InferenceError,
    InferenceFailed,
    InferenceModelDied,
    InferenceNotReady,
    InferenceOverloaded,
    InferenceRejected,
    InferenceTimeout,
    InferenceUnavailable,
)
from inference.identity import ModelIdentity
from inference.metrics import measured
from inference.shared_memory import SharedInputs
from inference.spec import ModelSpec, TensorMismatch, TensorSpec
from inference.tracing import span

_MESSAGE_BYTES = 64 * 2**20  # a full batch of photos for the detector has 40 MB
OPTIONS = [
    ("grpc.max_send_message_length", _MESSAGE_BYTES),
    ("grpc.max_receive_message_length", _MESSAGE_BYTES),
    ("grpc.enable_http_proxy", 0),  # the server is ours: photos go nowhere else
    # A peer that vanished without a word is noticed. Servers take pings without calls amiss.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 0),
    # After an outage try again soon: by default gRPC may wait for two minutes.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2_000),
]
_ERRORS: dict[str, type[InferenceError]] = {
    "StatusCode.UNAVAILABLE": InferenceUnavailable,
    "StatusCode.CANCELLED": InferenceUnavailable,  # the server shuts down
    "StatusCode.DEADLINE_EXCEEDED": InferenceTimeout,
    "StatusCode.RESOURCE_EXHAUSTED": InferenceOverloaded,
    "StatusCode.NOT_FOUND": InferenceNotReady,
    "StatusCode.INVALID_ARGUMENT": InferenceRejected,
}
# A full queue has the status of a server that is away; only its words tell.
_OVERLOAD = ("Exceeds maximum queue size", "Request timeout expired")
# The process of a model has ended: it stays "ready", and never answers again.
_DEATH = "is not healthy"
# Where the words of gRPC would tell callers our addresses.
_SENTENCES: dict[type[InferenceError], str] = {
    InferenceUnavailable: "the model server cannot be reached",
    InferenceTimeout: "the model server did not answer in time",
}


class Inference(Protocol):
    """What runs a model."""

    def infer(self, model: ModelSpec, **arrays: Array) -> dict[str, Array]: ...

    def identity(self, model: ModelSpec) -> ModelIdentity: ...


class Keeper(Protocol):
    """Has models loaded while they are needed."""

    def using(self, model: str) -> None:
        """Note that the model of this name is used now. Before each call, so nearly free."""
        ...

    def have(self, model: str) -> None:
        """Have it loaded when this returns.

        Raises:
            InferenceError: it can't be, or not in time.
        """
        ...

    def renew(self, model: str) -> None:
        """Have it loaded anew, as it has died: it would never answer again.

        Raises:
            InferenceError: as have().
        """
        ...


class TritonClient:
    """A connection to the server at `url` (host:port of its gRPC), to be shared by threads.

    With a `keeper`, a model that is not loaded is loaded by the call that needs it. If we
    `share_memory`, large inputs need not travel: for a server on this machine.

    Not to be carried over a fork: gRPC's threads do not come along, and calls hang. A process
    that forks workers opens none before; each worker opens its own.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float,
        keeper: Keeper | None = None,
        share_memory: bool = False,
    ) -> None:
        self._timeout_s = timeout_s
        self._keeper = keeper
        self._grpc: Any = grpc.InferenceServerClient(url, channel_args=OPTIONS)
        self._inputs = SharedInputs(self._grpc, url, enabled=share_memory)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        self._inputs.close()
        self._grpc.close()

    def infer(self, model: ModelSpec, **arrays: Array) -> dict[str, Array]:
        """Run `model` once. Arrays go in, and come back (read-only), under their tensor names.

        Raises:
            InferenceUnavailable, InferenceTimeout, InferenceOverloaded, InferenceNotReady,
                InferenceFailed: try again later.
            InferenceRejected: an array does not fit `model`, here or on the server.
            InferenceCorrupt: what came back does not fit it.
        """
        batch = _batch(model, arrays)
        wanted = [grpc.InferRequestedOutput(spec.name) for spec in model.outputs]
        call = partial(self._inputs.infer, arrays=arrays, outputs=wanted)
        with measured(model.name, batch), span(f"infer {model.name}", items=batch):
            result = self._ask(model.name, call)
            return {spec.name: _output(model, spec, result, batch) for spec in model.outputs}

    def live(self) -> bool:
        """Whether the server answers at all."""
        try:
            with errors_of("Triton"):
                return bool(self._grpc.is_server_live(client_timeout=self._timeout_s))
        except (InferenceUnavailable, InferenceTimeout):
            return False

    def ready(self, model: ModelSpec) -> bool:
        """Whether the server can run `model` now.

        Raises:
            InferenceUnavailable, InferenceTimeout: it does not answer.
        """
        try:
            with errors_of(model.name):
                return bool(self._grpc.is_model_ready(model.name, client_timeout=self._timeout_s))
        except InferenceNotReady:
            return False

    def identity(self, model: ModelSpec) -> ModelIdentity:
        """Which weights the server serves as `model`.

        Raises:
            InferenceError: as infer(); InferenceCorrupt: the model does not say which.
        """
        config = self._ask(model.name, self._grpc.get_model_config).config
        parameters = {name: value.string_value for name, value in config.parameters.items()}
        shapes = {tensor.name: tuple(tensor.dims) for tensor in config.input}
        try:
            return ModelIdentity.from_config(parameters, shapes)
        except (KeyError, ValueError) as exc:
            raise InferenceCorrupt(
                f"{model.name}: its configuration does not say which weights it has ({exc})"
            ) from exc

    def _ask(self, model: str, call: Callable[..., Any]) -> Any:
        """What `call` says of `model`. One not loaded, or dead, is loaded and asked once more."""
        if self._keeper is None:
            return self._call(model, call)
        self._keeper.using(model)
        try:
            return self._call(model, call)
        except InferenceNotReady:
            self._keeper.have(model)
        except InferenceModelDied:
            self._keeper.renew(model)
        return self._call(model, call)

    def _call(self, model: str, call: Callable[..., Any]) -> Any:
        with errors_of(model):
            return call(model, client_timeout=self._timeout_s)


def _batch(model: ModelSpec, arrays: Mapping[str, Array]) -> int:
    """How many items `arrays` hold."""
    try:
        return model.batch_of(arrays)
    except TensorMismatch as exc:
        raise InferenceRejected(f"{model.name}: {exc}") from exc


def _output(model: ModelSpec, spec: TensorSpec, result: Any, batch: int) -> Array:
    try:
        array = result.as_numpy(spec.name)
        if array is None:
            raise TensorMismatch(f"{spec.name} did not come back")
        return spec.check(array, batch=batch)
    except ValueError as exc:  # also numpy's, when there are fewer bytes than the shape says
        raise InferenceCorrupt(f"{model.name}: {exc}") from exc


@contextmanager
def errors_of(model: str) -> Iterator[None]:
    """Calls to the server within raise our errors, about the model of this name."""
    try:
        yield
    except InferenceServerException as exc:
        raise translated(model, exc) from exc


def translated(model: str, exc: InferenceServerException) -> InferenceError:
    """Our error for the server's, about the model of this name."""
    error = _ERRORS.get(str(exc.status()), InferenceFailed)
    words = str(exc.message())
    if error is InferenceFailed and _DEATH in words:
        error = InferenceModelDied
    if error is InferenceUnavailable and any(sign in words for sign in _OVERLOAD):
        error = InferenceOverloaded
    return error(f"{model}: {_SENTENCES.get(error, words)}")
