"""The program that decodes photos in a process of its own: `python -m photos.decoder`.

The bytes of strangers go through native code here and nowhere else. What they break is a process
that has no secrets and little memory, and that another one replaces: see `photos.decoders`, the
other side. Both share a window, a piece of memory for what is large, and a socket for the rest,
whose packets are JSON:

    here   {}                                           ready
    there  {"bytes": 3735868}                           a photo is in the window
    here   {"pixels": 12000000}                         that many pixels its header promises
    there  {}                                           there is room for them
    here   {"height", "width", "format", "exif"}        the pixels are in the window
    here   {"code", "message"}                          instead of any answer: no, because

The process ends when the other side closes the socket, or is no more.
"""

import json
import mmap
import resource
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image

from inference.geometry import Box
from photos import images
from photos.errors import ImageTooLarge, PhotoError
from photos.exif import ORIENTATIONS, UPRIGHT, PhotoExif, is_camera
from photos.images import Decoded
from photos.regions import MAX_REGIONS, Region

CHANNELS = 3  # bytes a pixel
MEMORY_A_PIXEL = 32  # bytes; the most that was measured are 24, with a WebP that has to be turned
SPARE_BYTES = 2**27  # stacks of threads, stores of memory, plugins
MAX_PACKET = 2**16  # bytes
# Of each library, for one photo. Two of them would take one a core, with memory for each.
THREADS = 4
MAX_FILES = 32  # open ones; the libraries read parts of their own late
GRACE_S = 1.0  # the other side ends us first, unless it is no more
FIRST_TO_GO = "1000"  # where the machine runs out of memory: of -1000 to 1000


@dataclass(frozen=True)
class Limits:
    """What one photo may take."""

    max_pixels: int
    max_bytes: int  # of its file
    timeout_s: float

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value <= 0:
                raise ValueError(f"{name} is {value}: it must be above 0.")

    @property
    def window_bytes(self) -> int:
        return max(CHANNELS * self.max_pixels, self.max_bytes)

    @property
    def memory_bytes(self) -> int:
        """Address space, beyond that of a decoder without a photo: enough for every good one.

        Where it ends, most libraries say that the photo is damaged.
        """
        return self.max_bytes + MEMORY_A_PIXEL * self.max_pixels + SPARE_BYTES


class Decode(Protocol):
    def __call__(self, data: bytes, *, max_pixels: int) -> Decoded: ...


def send(channel: socket.socket, message: Mapping[str, Any]) -> None:
    channel.sendall(json.dumps(message).encode())


def receive(channel: socket.socket) -> dict[str, Any]:
    """One packet, whatever it says: nobody has looked into it.

    Raises:
        EOFError: the other side is gone.
        ValueError, RecursionError: it is no JSON.
    """
    packet = channel.recv(MAX_PACKET)
    if not packet:
        raise EOFError("The other side is gone.")
    message: dict[str, Any] = json.loads(packet)
    return message


def exif_to_json(exif: PhotoExif) -> dict[str, Any]:
    return {
        "taken_local": None if exif.taken_local is None else exif.taken_local.isoformat(),
        "offset_s": None if exif.offset is None else exif.offset.total_seconds(),
        "latitude": exif.latitude,
        "longitude": exif.longitude,
        "orientation": exif.orientation,
        "regions": [_region_to_json(each) for each in exif.regions],
        "camera": exif.camera,
    }


def _region_to_json(region: Region) -> dict[str, Any]:
    box = region.box
    return {"name": region.name, "box": [box.x, box.y, box.width, box.height]}


def exif_from_json(fields: Mapping[str, Any]) -> PhotoExif:
    """The orientation, the regions and the camera may be left out: 1, and none.

    Raises:
        LookupError, TypeError, ValueError, OverflowError: that is none.
    """
    taken, offset_s, *degrees = (
        fields[name] for name in ("taken_local", "offset_s", "latitude", "longitude")
    )
    latitude, longitude = (None if each is None else float(each) for each in degrees)
    return PhotoExif(
        taken_local=None if taken is None else datetime.fromisoformat(taken),
        offset=None if offset_s is None else timedelta(seconds=offset_s),
        latitude=latitude,
        longitude=longitude,
        orientation=ORIENTATIONS[ORIENTATIONS.index(fields.get("orientation", UPRIGHT))],
        regions=_regions_from_json(fields.get("regions", [])),
        camera=_camera_from_json(fields.get("camera", "")),
    )


def _camera_from_json(text: Any) -> str:
    if not is_camera(text):
        raise ValueError("That is no camera: one line of text is.")
    return str(text)


def _regions_from_json(listed: list[Mapping[str, Any]]) -> tuple[Region, ...]:
    if len(listed) > MAX_REGIONS:
        raise ValueError(f"{len(listed)} regions are too many: {MAX_REGIONS} is the most.")
    return tuple(Region(str(each["name"]), Box(*map(float, each["box"]))) for each in listed)


def size_of(data: bytes, *, max_pixels: int) -> int:
    """How many pixels decoding will take, by the header: none where `decode` refuses the photo."""
    try:
        with Image.open(BytesIO(data), formats=[images.sniff(data)]) as image:
            pixels = image.width * image.height
    except (PhotoError, Image.DecompressionBombError, *images.BROKEN):
        return 0
    return pixels if pixels <= max_pixels else 0


@dataclass(frozen=True)
class Decoder:
    """Our side of the socket and of the window, the latter as an array (window_bytes,), uint8."""

    channel: socket.socket
    window: NDArray[np.uint8]
    limits: Limits
    decode: Decode

    def serve(self) -> None:
        """Decode photo after photo, until the other side is gone."""
        with suppress(EOFError, ConnectionError):
            send(self.channel, {})
            while True:
                self._serve_photo()

    def _serve_photo(self) -> None:
        length = receive(self.channel)["bytes"]
        try:
            answer = self._decoded(self.window[:length].tobytes())
        except PhotoError as exc:
            answer = {"code": exc.code, "message": str(exc)}
        except MemoryError:
            message = "The photo takes more memory to be decoded than any photo is given."
            answer = {"code": ImageTooLarge.code, "message": message}
        send(self.channel, answer)

    def _decoded(self, data: bytes) -> dict[str, Any]:
        with _alarm(self.limits.timeout_s + GRACE_S):
            pixels = size_of(data, max_pixels=self.limits.max_pixels)
        send(self.channel, {"pixels": pixels})
        receive(self.channel)
        with _alarm(self.limits.timeout_s + GRACE_S):
            decoded = self.decode(data, max_pixels=self.limits.max_pixels)
        self.window[: decoded.pixels.size] = decoded.pixels.reshape(-1)
        return {
            "height": decoded.height,
            "width": decoded.width,
            "format": decoded.format,
            "exif": exif_to_json(decoded.exif),
        }


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """The kernel ends this process after so long, whatever native code does meanwhile."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def run(decode: Decode = images.decode) -> None:
    """Serve on the socket and the window that the command line names."""
    channel, window, limits = sys.argv[1:]
    taken = Limits(**json.loads(limits))
    shared = np.frombuffer(mmap.mmap(int(window), taken.window_bytes), np.uint8)
    _limit_threads()
    _limit_process(taken)
    with socket.socket(fileno=int(channel)) as ours:
        Decoder(ours, shared, taken, decode).serve()


def _limit_threads() -> None:
    cv2.setNumThreads(THREADS)
    AvifImagePlugin.DEFAULT_MAX_THREADS = THREADS
    pillow_heif.options.DECODE_THREADS = THREADS


def _limit_process(limits: Limits) -> None:
    """Who stops the worker lets it finish its photos: that ends us, and no signal but these."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    address_space = pages * mmap.PAGESIZE + limits.memory_bytes
    for what, most in (
        (resource.RLIMIT_AS, address_space),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, MAX_FILES),
    ):
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    run()
