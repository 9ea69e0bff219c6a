"""The gRPC server: the service of recognition.proto, health and reflection."""

import queue
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import close_old_connections
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from config.rpc import recognition
from config.rpc import recognition_pb2 as pb
from config.rpc.callers import owner_of
from config.rpc.calls import Around, Failure, unit_of_work
from photos.models import Owner

SERVICE = pb.DESCRIPTOR.services_by_name["FaceRecognition"].full_name
AT_ONCE = 4  # photos of one stream
_LARGEST = 2**20  # bytes of a message: none has a photo in it
_GRACE_S = 5.0  # in which calls may end when the server is to stop
_SERVING = health_pb2.HealthCheckResponse.SERVING
_END = object()


def process_photo(
    asked: pb.ProcessPhotoRequest, context: grpc.ServicerContext
) -> pb.ProcessPhotoResponse:
    return recognition.process(owner_of(context, "process_photo"), asked, context)


def get_photo(asked: pb.GetPhotoRequest, context: grpc.ServicerContext) -> pb.ProcessPhotoResponse:
    return recognition.known(owner_of(context, "get_photo"), asked)


def process_photos(
    asked: Iterator[pb.ProcessPhotoRequest], context: grpc.ServicerContext
) -> Iterator[pb.ProcessPhotosResponse]:
    """AT_ONCE photos at a time; no more are read before one of them is answered."""
    owner = owner_of(context, "process_photos")
    close_old_connections()  # this thread waits from now on: others ask
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
    room = threading.BoundedSemaphore(AT_ONCE)

    def answer(one: pb.ProcessPhotoRequest) -> None:
        try:
            answers.put(_outcome(owner, one, context))
        finally:
            room.release()

    def read() -> None:
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                for one in asked:
                    room.acquire()
                    pool.submit(answer, one)
        except grpc.RpcError:  # the caller has gone
            pass
        finally:
            answers.put(_END)

    threading.Thread(target=read, name="stream").start()
    while (each := answers.get()) is not _END:
        yield each


def _outcome(
    owner: Owner, asked: pb.ProcessPhotoRequest, context: grpc.ServicerContext
) -> pb.ProcessPhotosResponse:
    try:
        with unit_of_work():
            found = recognition.process(owner, asked, context)
        return pb.ProcessPhotosResponse(photo_id=asked.photo_id, photo=found)
    except Exception as exc:  # noqa: BLE001  # the others go on
        failure = Failure.of(exc)
        error = pb.PhotoError(code=failure.code, detail=failure.detail)
        return pb.ProcessPhotosResponse(photo_id=asked.photo_id, error=error)


_HANDLERS: "dict[str, grpc.RpcMethodHandler[Any, Any]]" = {
    "ProcessPhoto": grpc.unary_unary_rpc_method_handler(
        process_photo, pb.ProcessPhotoRequest.FromString, pb.ProcessPhotoResponse.SerializeToString
    ),
    "GetPhoto": grpc.unary_unary_rpc_method_handler(
        get_photo, pb.GetPhotoRequest.FromString, pb.ProcessPhotoResponse.SerializeToString
    ),
    "ProcessPhotos": grpc.stream_stream_rpc_method_handler(
        process_photos,
        pb.ProcessPhotoRequest.FromString,
        pb.ProcessPhotosResponse.SerializeToString,
    ),
}


@contextmanager
def serving(address: str) -> Iterator[int]:
    """Serve at `address`, such as 127.0.0.1:50051, inside the block. Gives the port.

    Raises:
        ImproperlyConfigured: the address is taken, or the certificate can't be read.
    """
    server = grpc.server(
        ThreadPoolExecutor(settings.GRPC_THREADS, thread_name_prefix="grpc"),
        interceptors=[Around()],
        maximum_concurrent_rpcs=settings.GRPC_THREADS,
        options=[("grpc.max_receive_message_length", _LARGEST), ("grpc.so_reuseport", 0)],
    )
    told = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(told, server)
    names = (SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME)
    reflection.enable_server_reflection(names, server)
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, _HANDLERS)])
    port = _bind(server, address)
    server.start()
    for name in ("", SERVICE):
        told.set(name, _SERVING)
    try:
        yield port
    finally:
        told.enter_graceful_shutdown()
        server.stop(_GRACE_S).wait()


def _bind(server: grpc.Server, address: str) -> int:
    try:
        if not settings.GRPC_TLS_CERTIFICATE:
            return server.add_insecure_port(address)
        files = (settings.GRPC_TLS_KEY, settings.GRPC_TLS_CERTIFICATE)
        key, chain = (Path(file).read_bytes() for file in files)
        return server.add_secure_port(address, grpc.ssl_server_credentials([(key, chain)]))
    except (OSError, RuntimeError) as exc:
        raise ImproperlyConfigured(f"gRPC can't be served at {address}: {exc}") from exc
