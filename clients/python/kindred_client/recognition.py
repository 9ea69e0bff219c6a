"""Who is in a photo, over gRPC. Questions and answers are the messages of recognition.proto."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Self

import grpc

from kindred_client import recognition_pb2 as messages
from kindred_client.errors import KindredError

__all__ = ["FaceRecognition", "messages"]
_SERVICE = messages.DESCRIPTOR.services_by_name["FaceRecognition"].full_name


class FaceRecognition:
    """The service at `address`, such as 127.0.0.1:50051. For any number of threads.

    Without `credentials` the key goes over the network for everybody to read: give
    grpc.ssl_channel_credentials() but on your own machine. Every method raises KindredError.
    """

    def __init__(
        self, address: str, key: str, *, credentials: grpc.ChannelCredentials | None = None
    ) -> None:
        self._metadata = (("x-api-key", key),)
        self._channel = (
            grpc.secure_channel(address, credentials)
            if credentials
            else grpc.insecure_channel(address)
        )
        self._process = self._channel.unary_unary(
            f"/{_SERVICE}/ProcessPhoto",
            messages.ProcessPhotoRequest.SerializeToString,
            messages.ProcessPhotoResponse.FromString,
        )
        self._get = self._channel.unary_unary(
            f"/{_SERVICE}/GetPhoto",
            messages.GetPhotoRequest.SerializeToString,
            messages.ProcessPhotoResponse.FromString,
        )
        self._stream = self._channel.stream_stream(
            f"/{_SERVICE}/ProcessPhotos",
            messages.ProcessPhotoRequest.SerializeToString,
            messages.ProcessPhotosResponse.FromString,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        self._channel.close()

    def process(
        self,
        photo_id: str,
        url: str,
        *,
        options: messages.AnswerOptions | None = None,
        timeout_s: float = 30.0,
    ) -> messages.ProcessPhotoResponse:
        """Whose faces a photo shows; PROCESSING, with its job, if that takes longer."""
        asked = messages.ProcessPhotoRequest(photo_id=photo_id, url=url, options=options)
        with _errors():
            return self._process(asked, timeout=timeout_s, metadata=self._metadata)

    def process_many(
        self, photos: Iterable[messages.ProcessPhotoRequest], *, timeout_s: float | None = None
    ) -> Iterator[messages.ProcessPhotosResponse]:
        """Each photo, or its error, as soon as it is done. `timeout_s`: for all of them."""
        with _errors():
            yield from self._stream(iter(photos), timeout=timeout_s, metadata=self._metadata)

    def photo(
        self,
        job_id: str,
        *,
        options: messages.AnswerOptions | None = None,
        timeout_s: float = 30.0,
    ) -> messages.ProcessPhotoResponse:
        """What has become of a photo that was PROCESSING."""
        asked = messages.GetPhotoRequest(job_id=job_id, options=options)
        with _errors():
            return self._get(asked, timeout=timeout_s, metadata=self._metadata)


@contextmanager
def _errors() -> Iterator[None]:
    """
    Raises:
        KindredError: the service says no, or gives no answer.
    """
    try:
        yield
    except grpc.RpcError as exc:
        raise _error(exc) from exc


def _error(exc: grpc.RpcError) -> KindredError:
    status = exc.code().name
    told = {each.key: str(each.value) for each in exc.trailing_metadata() or ()}
    nobody = "unreachable" if status == "UNAVAILABLE" else status.lower()
    code, again = told.get("error-code", nobody), told.get("retry-after", "")
    again_s = float(again) if again.isdecimal() else None
    return KindredError(code, exc.details() or status, status=status, retry_after_s=again_s)
