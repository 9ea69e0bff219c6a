"""What is done around each call: errors are said, connections given back, and a line is logged."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from django.core.signals import request_finished, request_started
from prometheus_client import Counter, Histogram
from rest_framework import status

from config.api import error_response
from config.requests import new_id
from inference.tracing import span
from jobs.logged import about

log = logging.getLogger(__name__)

CALLS = Counter("kindred_grpc_calls_total", "gRPC calls that have ended.", ["method", "code"])
SECONDS = Histogram("kindred_grpc_call_seconds", "Of a gRPC call, to its end.", ["method"])

CODE, RETRY = "error-code", "retry-after"  # in the trailing metadata
_INTERNAL = "Something went wrong here. Try again; if it stays so, tell the operator."
_STATUS = {
    status.HTTP_400_BAD_REQUEST: grpc.StatusCode.INVALID_ARGUMENT,
    status.HTTP_401_UNAUTHORIZED: grpc.StatusCode.UNAUTHENTICATED,
    status.HTTP_403_FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    status.HTTP_404_NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    status.HTTP_409_CONFLICT: grpc.StatusCode.FAILED_PRECONDITION,
    status.HTTP_413_REQUEST_ENTITY_TOO_LARGE: grpc.StatusCode.INVALID_ARGUMENT,
    status.HTTP_422_UNPROCESSABLE_ENTITY: grpc.StatusCode.INVALID_ARGUMENT,
    status.HTTP_429_TOO_MANY_REQUESTS: grpc.StatusCode.RESOURCE_EXHAUSTED,
    status.HTTP_503_SERVICE_UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    status.HTTP_507_INSUFFICIENT_STORAGE: grpc.StatusCode.UNAVAILABLE,
}


class Failure(Exception):
    """What a caller is told of what went wrong."""

    def __init__(self, status: grpc.StatusCode, code: str, detail: str, retry: str = "") -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.retry = status, code, detail, retry

    @classmethod
    def of(cls, exc: Exception) -> "Failure":
        """As the API would say it over HTTP. What nobody expected is logged, and not told."""
        if isinstance(exc, cls):
            return exc
        answer = error_response(exc, {})
        if answer is None:
            log.error("A call has failed", exc_info=exc)
            return cls(grpc.StatusCode.INTERNAL, "internal_error", _INTERNAL)
        code = _STATUS.get(answer.status_code, grpc.StatusCode.UNKNOWN)
        retry = answer.headers.get("Retry-After", "")
        return cls(code, answer.data["code"], answer.data["detail"], retry)


@contextmanager
def unit_of_work() -> Iterator[None]:
    """As a request is one for Django: connections of this thread are given back after it."""
    request_started.send(sender=None, environ={})
    try:
        yield
    finally:
        request_finished.send(sender=None)


class Around(grpc.ServerInterceptor):
    """Every call of every service: in a unit of work, with its errors said and its time logged."""

    def intercept_service(self, continuation: Any, details: grpc.HandlerCallDetails) -> Any:
        handler = continuation(details)
        if handler is None:
            return None
        kind = "stream" if handler.response_streaming else "unary"
        given = "stream" if handler.request_streaming else "unary"
        behaviour = getattr(handler, f"{given}_{kind}")
        around = _streaming if handler.response_streaming else _answering
        make = getattr(grpc, f"{given}_{kind}_rpc_method_handler")
        return make(
            around(behaviour, details.method),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )


Behaviour = Callable[[Any, grpc.ServicerContext], Any]


def _answering(behaviour: Behaviour, method: str) -> Behaviour:
    def answer(request: Any, context: grpc.ServicerContext) -> Any:
        with _told(context, method), unit_of_work():
            return behaviour(request, context)

    return answer


def _streaming(behaviour: Behaviour, method: str) -> Behaviour:
    def answer(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        with _told(context, method), unit_of_work():
            yield from behaviour(request, context)

    return answer


@contextmanager
def _told(context: grpc.ServicerContext, method: str) -> Iterator[None]:
    """Ends the call with what went wrong, if something did."""
    start, said = time.perf_counter(), "OK"
    given = {name: str(value) for name, value in context.invocation_metadata() or ()}
    try:
        with about(request_id=new_id()), span(method, given):
            yield
    except Exception as exc:  # noqa: BLE001  # whatever it is, the caller is told
        failure = Failure.of(exc)
        said = f"{failure.status.name} {failure.code}"
        trailing = {CODE: failure.code, RETRY: failure.retry}
        context.set_trailing_metadata(tuple((k, v) for k, v in trailing.items() if v))
        context.abort(failure.status, failure.detail)
    finally:
        took_s = time.perf_counter() - start
        CALLS.labels(method, said.partition(" ")[0]).inc()
        SECONDS.labels(method).observe(took_s)
        log.info("%s: %s in %.0f ms", method, said, took_s * 1000)
