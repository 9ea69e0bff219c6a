"""Arrays through a pipe, between two Pythons that may have different libraries."""

import struct
from collections.abc import Mapping
from io import BytesIO
from typing import IO

import numpy as np
from numpy.typing import NDArray

LENGTH = struct.Struct("<Q")


def send(stream: IO[bytes], arrays: Mapping[str, NDArray[np.generic]]) -> None:
    content = BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    stream.write(LENGTH.pack(content.tell()))
    stream.write(content.getbuffer())
    stream.flush()


def receive(stream: IO[bytes]) -> dict[str, NDArray[np.generic]] | None:
    """What the other side sent; None when it has gone."""
    header = stream.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    content = stream.read(*LENGTH.unpack(header))
    with np.load(BytesIO(content), allow_pickle=False) as arrays:
        return dict(arrays)
