"""A model server whose answers a test decides, on a real port: the client speaks real gRPC."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import numpy as np
from tritonclient.grpc import service_pb2
from tritonclient.utils import np_to_triton_dtype

from inference.arrays import Array

Answer = Callable[[Any, Any], Any]  # request, context -> response
_SERVICE = "inference.GRPCInferenceService"
_REQUESTS = {
    "ModelInfer": service_pb2.ModelInferRequest,
    "ModelReady": service_pb2.ModelReadyRequest,
    "ModelConfig": service_pb2.ModelConfigRequest,
}


@contextmanager
def serving(answers: Mapping[str, Answer], *, port: int = 0) -> Iterator[str]:
    """Answers calls by their names, such as ModelInfer; gives its host:port."""
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    methods = {name: _handler(name, answer) for name, answer in answers.items()}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, methods),))
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(grace=None).wait()


def outputs(**arrays: Array) -> Answer:
    """Answers every request for a result with `arrays`."""
    tensors = [
        service_pb2.ModelInferResponse.InferOutputTensor(
            name=name, shape=array.shape, datatype=np_to_triton_dtype(array.dtype)
        )
        for name, array in arrays.items()
    ]
    contents = [np.ascontiguousarray(array).tobytes() for array in arrays.values()]
    response = service_pb2.ModelInferResponse(outputs=tensors, raw_output_contents=contents)
    return lambda request, context: response


def configuration(parameters: Mapping[str, str]) -> Answer:
    response = service_pb2.ModelConfigResponse()
    response.config.input.add(name="given", dims=[2])
    for name, value in parameters.items():
        response.config.parameters[name].string_value = value
    return lambda request, context: response


def readiness(*, ready: bool) -> Answer:
    response = service_pb2.ModelReadyResponse(ready=ready)
    return lambda request, context: response


def refusal(status: str, words: str = "some words") -> Answer:
    """Answers with an error."""
    return lambda request, context: context.abort(getattr(grpc.StatusCode, status), words)


def _handler(name: str, answer: Answer) -> Any:
    return grpc.unary_unary_rpc_method_handler(
        answer,
        request_deserializer=_REQUESTS[name].FromString,
        response_serializer=lambda response: response.SerializeToString(),
    )
