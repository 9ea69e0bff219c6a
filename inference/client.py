"""The one client of the model server: gRPC, with a deadline on every call."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from tritonclient import grpc
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from inference.arrays import Array
from inference.errors import (
    InferenceCorrupt,
    InferenceError,
    InferenceFailed,
    InferenceNotReady,
    InferenceOverloaded,
    InferenceRejected,
    InferenceTimeout,
    InferenceUnavailable,
)
from inference.spec import ModelSpec, TensorMismatch, TensorSpec

_MESSAGE_BYTES = 64 * 2**20  # a full batch of photos for the detector has 40 MB
_OPTIONS = [
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
# Where the words of gRPC would tell callers our addresses.
_SENTENCES: dict[type[InferenceError], str] = {
    InferenceUnavailable: "the model server cannot be reached",
    InferenceTimeout: "the model server did not answer in time",
}


@dataclass(frozen=True)
class ModelIdentity:
    """Which weights a model has: written into its configuration when it was built."""

    role: str
    space: str  # names the space of its embeddings: role, weights and version
    weights_sha256: str
    version: str  # of the model, at the server
    dimension: int  # numbers of an embedding
    same_person_cosine: float  # two faces at least so similar are taken for one person, -1 to 1

    @classmethod
    def from_parameters(cls, role: str, parameters: Mapping[str, str]) -> Self:
        """From what the model's `config.pbtxt` says.

        Raises:
            KeyError, ValueError: it does not say everything.
        """
        space = parameters["space"]
        return cls(
            role=role,
            space=space,
            weights_sha256=parameters["weights_sha256"],
            version=space.rpartition(":")[2],
            dimension=int(parameters["dimension"]),
            same_person_cosine=float(parameters["same_person_cosine"]),
        )


class Inference(Protocol):
    """What runs a model."""

    def infer(self, model: ModelSpec, **arrays: Array) -> dict[str, Array]: ...

    def identity(self, model: ModelSpec) -> ModelIdentity: ...


class TritonClient:
    """A connection to the server at `url` (host:port of its gRPC), to be shared by threads.

    Not to be carried over a fork: gRPC's threads do not come along, and calls hang. A process
    that forks workers opens none before; each worker opens its own.
    """

    def __init__(self, url: str, *, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._grpc: Any = grpc.InferenceServerClient(url, channel_args=_OPTIONS)

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

    def infer(self, model: ModelSpec, **arrays: Array) -> dict[str, Array]:
        """Run `model` once. Arrays go in, and come back (read-only), under their tensor names.

        Raises:
            InferenceUnavailable, InferenceTimeout, InferenceOverloaded, InferenceNotReady,
                InferenceFailed: try again later.
            InferenceRejected: an array does not fit `model`, here or on the server.
            InferenceCorrupt: what came back does not fit it.
        """
        batch, inputs = _inputs(model, arrays)
        with _errors_of(model):
            result = self._grpc.infer(
                model.name,
                inputs,
                model_version=model.version,
                outputs=[grpc.InferRequestedOutput(spec.name) for spec in model.outputs],
                client_timeout=self._timeout_s,
            )
        return {spec.name: _output(model, spec, result, batch) for spec in model.outputs}

    def ready(self, model: ModelSpec) -> bool:
        """Whether the server can run `model` now.

        Raises:
            InferenceUnavailable, InferenceTimeout: it does not answer.
        """
        try:
            with _errors_of(model):
                return bool(
                    self._grpc.is_model_ready(
                        model.name, model.version, client_timeout=self._timeout_s
                    )
                )
        except InferenceNotReady:
            return False

    def identity(self, model: ModelSpec) -> ModelIdentity:
        """Which weights the server serves as `model`.

        Raises:
            InferenceError: as infer(); InferenceCorrupt: the model does not say which.
        """
        with _errors_of(model):
            config = self._grpc.get_model_config(
                model.name, model.version, client_timeout=self._timeout_s
            ).config
        parameters = {name: value.string_value for name, value in config.parameters.items()}
        try:
            return ModelIdentity.from_parameters(model.name, parameters)
        except (KeyError, ValueError) as exc:
            raise InferenceCorrupt(
                f"{model.name}: its configuration does not say which weights it has ({exc})"
            ) from exc


def _inputs(model: ModelSpec, arrays: Mapping[str, Array]) -> tuple[int, list[Any]]:
    """How many items `arrays` hold, and the inputs of a request."""
    try:
        batch = model.batch_of(arrays)
    except TensorMismatch as exc:
        raise InferenceRejected(f"{model.name}: {exc}") from exc
    return batch, [_input(spec, arrays[spec.name]) for spec in model.inputs]


def _input(spec: TensorSpec, array: Array) -> Any:
    tensor = grpc.InferInput(spec.name, list(array.shape), np_to_triton_dtype(array.dtype))
    return tensor.set_data_from_numpy(array)


def _output(model: ModelSpec, spec: TensorSpec, result: Any, batch: int) -> Array:
    try:
        array = result.as_numpy(spec.name)
        if array is None:
            raise TensorMismatch(f"{spec.name} did not come back")
        return spec.check(array, batch=batch)
    except ValueError as exc:  # also numpy's, when there are fewer bytes than the shape says
        raise InferenceCorrupt(f"{model.name}: {exc}") from exc


@contextmanager
def _errors_of(model: ModelSpec) -> Iterator[None]:
    """Calls to the server within raise our errors."""
    try:
        yield
    except InferenceServerException as exc:
        raise translated(model.name, exc) from exc


def translated(model: str, exc: InferenceServerException) -> InferenceError:
    """Our error for the server's, about the model of this name."""
    error = _ERRORS.get(str(exc.status()), InferenceFailed)
    words = str(exc.message())
    if error is InferenceUnavailable and any(sign in words for sign in _OVERLOAD):
        error = InferenceOverloaded
    return error(f"{model}: {_SENTENCES.get(error, words)}")
