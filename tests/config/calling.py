"""A gRPC server of our own process, and a client of it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc

from config.rpc import recognition_pb2 as pb
from config.rpc.server import SERVICE, serving
from local.triton import LOOPBACK
from photos.models import Owner
from tests.factories import make_key

LIMIT_S = 20
Metadata = tuple[tuple[str, str], ...]


def key_of(owner: Owner) -> Metadata:
    return (("authorization", f"Bearer {make_key(user=owner.user)[1]}"),)


@dataclass
class Caller:
    channel: grpc.Channel
    metadata: Metadata = ()

    def process(self, *, deadline_s: float = LIMIT_S, **asked: Any) -> Any:
        """What becomes of it, as a future."""
        call = self.channel.unary_unary(
            f"/{SERVICE}/ProcessPhoto",
            pb.ProcessPhotoRequest.SerializeToString,
            pb.ProcessPhotoResponse.FromString,
        )
        request = pb.ProcessPhotoRequest(**asked)
        return call.future(request, timeout=deadline_s, metadata=self.metadata)

    def get(self, **asked: Any) -> pb.ProcessPhotoResponse:
        call = self.channel.unary_unary(
            f"/{SERVICE}/GetPhoto",
            pb.GetPhotoRequest.SerializeToString,
            pb.ProcessPhotoResponse.FromString,
        )
        answer: pb.ProcessPhotoResponse = call(
            pb.GetPhotoRequest(**asked), timeout=LIMIT_S, metadata=self.metadata
        )
        return answer

    def stream(self, asked: Iterable[pb.ProcessPhotoRequest]) -> Any:
        call = self.channel.stream_stream(
            f"/{SERVICE}/ProcessPhotos",
            pb.ProcessPhotoRequest.SerializeToString,
            pb.ProcessPhotosResponse.FromString,
        )
        return call(iter(asked), timeout=LIMIT_S, metadata=self.metadata)


@contextmanager
def calling(metadata: Metadata = ()) -> Iterator[Caller]:
    with (
        serving(f"{LOOPBACK}:0") as port,
        grpc.insecure_channel(f"{LOOPBACK}:{port}") as channel,
    ):
        yield Caller(channel, metadata)


def error(call: Any) -> tuple[grpc.StatusCode, str, str]:
    """The status, code and detail with which a call has ended."""
    failure = call.exception() if hasattr(call, "exception") else call
    code = dict(failure.trailing_metadata() or ()).get("error-code", "")
    return failure.code(), code, failure.details()
