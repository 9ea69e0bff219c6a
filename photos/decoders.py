"""Photos decoded in processes of their own: what a photo breaks there, breaks nothing here.

The other side, and what both say to each other, is `photos.decoder`.
"""

import fcntl
import json
import logging
import mmap
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import LifoQueue
from typing import Any, Self

import numpy as np

from photos.budget import PixelBudget
from photos.decoder import CHANNELS, Limits, exif_from_json, receive, send
from photos.errors import (
    DecoderDied,
    DecoderUnavailable,
    DecodeTimeout,
    EmptyFile,
    FetchTooLarge,
    ImageTooLarge,
    ImageTruncated,
    PhotoError,
    UnsupportedFormat,
)
from photos.images import MEDIA_TYPES, Decoded

log = logging.getLogger(__name__)

PROGRAM = "photos.decoder"
ROOT = Path(__file__).resolve().parents[1]
# All there is: no secret of ours. One thread, and few stores of memory, as address space is short.
ENVIRONMENT = {
    "PYTHONPATH": str(ROOT),
    "MALLOC_ARENA_MAX": "2",
    "OPENBLAS_NUM_THREADS": "1",
}
UNAVAILABLE = "The photo can't be decoded at the moment."
START_S = 60.0  # on a machine that is busy
MAX_PHOTOS = 1000  # of one process; native code may leak
KEPT_BYTES = 64 * 2**20  # of a window, between photos: 22 million pixels
# Nobody shortens a window under our feet: reading beyond its end would kill this process.
SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
REFUSALS: dict[str, type[PhotoError]] = {
    each.code: each for each in (EmptyFile, UnsupportedFormat, ImageTruncated, ImageTooLarge)
}
# What an answer leads to that no decoder gives which is still sane.
NONSENSE = (LookupError, OverflowError, RecursionError, TypeError, ValueError)


class Decoders:
    """Up to `count` processes, each with one photo at a time, for many threads.

    They start when they are needed, and end with the `with` block, or with this process however
    that ends. A process must not be forked while it has some.
    """

    def __init__(
        self, count: int, limits: Limits, budget: PixelBudget, *, program: str = PROGRAM
    ) -> None:
        if count < 1:
            raise ValueError(f"{count} decoders decode nothing: have 1 at least.")
        self._count, self._limits, self._budget = count, limits, budget
        self._program = program
        # The last one used is the next: others need not start while it does.
        self._free: LifoQueue[_Child | None] = LifoQueue()
        for _ in range(count):
            self._free.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Waits for photos that are being decoded."""
        for child in [self._free.get() for _ in range(self._count)]:
            if child:
                child.end()
            self._free.put(None)

    @contextmanager
    def decoded(self, data: bytes) -> Iterator[Decoded]:
        """`data` as `images.decode` has it. Its pixels count as in flight until the block ends.

        A process that dies with a photo may have been killed for another's sake. So the photo
        has a second one.

        Raises:
            EmptyFile, UnsupportedFormat, ImageTooLarge, ImageTruncated: as `images.decode`; or it
                takes more memory than it is given.
            DecodeTimeout, DecoderDied: it takes too long, or has killed two processes.
            DecoderUnavailable: there is no process; try again later.
        """
        if len(data) > self._limits.max_bytes:
            raise FetchTooLarge(f"The photo has more than {self._limits.max_bytes} bytes.")
        with ExitStack() as held:
            try:
                decoded = self._decode(data, held)
            except DecoderDied:
                held.close()
                decoded = self._decode(data, held)
            yield decoded

    def _decode(self, data: bytes, held: ExitStack) -> Decoded:
        with self._child() as child:
            pixels = child.measure(data)
            held.enter_context(self._budget.hold(pixels))
            return child.decode()

    @contextmanager
    def _child(self) -> Iterator["_Child"]:
        """One that has no photo; waits for it."""
        child = self._free.get()
        try:
            if child and child.is_dead:
                child.end()
                child = None
            child = child or _Child.start(self._program, self._limits)
            yield child
        finally:
            if child and not child.is_reusable:
                child.end()
                child = None
            self._free.put(child)


@dataclass
class _Child:
    """One process, our side of its socket, and the window that it shares with us."""

    process: subprocess.Popen[bytes]
    channel: socket.socket
    window: mmap.mmap
    limits: Limits
    photos: int = 0
    is_idle: bool = False

    @classmethod
    def start(cls, program: str, limits: Limits) -> "_Child":
        """
        Raises:
            DecoderUnavailable: it does not start.
        """
        try:
            child = cls(*_spawn(program, limits), limits)
        except OSError as exc:
            log.warning("No decoder of photos can be started: %s", exc)
            raise DecoderUnavailable(UNAVAILABLE) from exc
        child._await_start()
        return child

    def _await_start(self) -> None:
        self.channel.settimeout(START_S)
        try:
            receive(self.channel)
        except (OSError, EOFError, *NONSENSE) as exc:
            log.warning("A decoder of photos does not start: exit status %d", self.end())
            raise DecoderUnavailable(UNAVAILABLE) from exc
        self.channel.settimeout(self.limits.timeout_s)
        self.is_idle = True

    @property
    def is_dead(self) -> bool:
        return self.process.poll() is not None

    @property
    def is_reusable(self) -> bool:
        return self.is_idle and self.photos < MAX_PHOTOS

    def measure(self, data: bytes) -> int:
        """Give it the photo; returns how many pixels it will have. decode() comes next.

        Raises:
            PhotoError: as Decoders.decoded().
        """
        self.is_idle = False
        self.photos += 1
        self.window[: len(data)] = data
        with self._talk():
            answer = self._ask({"bytes": len(data)})
            return _whole(answer["pixels"], range(self.limits.max_pixels + 1))

    def decode(self) -> Decoded:
        """
        Raises:
            PhotoError: as Decoders.decoded().
        """
        with self._talk():
            decoded = self._decoded(self._ask({}))
        self._rest()
        return decoded

    def end(self) -> int:
        """Returns its exit status, negative for the signal that killed it. May be done twice."""
        self.channel.close()
        self.process.kill()
        return self.process.wait()

    @contextmanager
    def _talk(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError as exc:
            raise DecodeTimeout(
                f"The photo was not decoded within {self.limits.timeout_s:g} s."
            ) from exc
        except (EOFError, ConnectionError, *NONSENSE) as exc:
            log.warning("A decoder of photos has died: exit status %d", self.end())
            raise DecoderDied("The photo breaks the decoder of photos.") from exc

    def _ask(self, message: dict[str, int]) -> dict[str, Any]:
        send(self.channel, message)
        answer = receive(self.channel)
        if "code" in answer:
            refusal = REFUSALS[answer["code"]](answer["message"])
            self._rest()
            raise refusal
        return answer

    def _rest(self) -> None:
        self.is_idle = True
        if len(self.window) > KEPT_BYTES:
            self.window.madvise(mmap.MADV_REMOVE, KEPT_BYTES)

    def _decoded(self, answer: dict[str, Any]) -> Decoded:
        """What the answer and the window say: a copy, as the window is for the next photo."""
        sides = range(1, self.limits.max_pixels + 1)
        height, width = (_whole(answer[side], sides) for side in ("height", "width"))
        seen = np.frombuffer(self.window, np.uint8, CHANNELS * height * width)
        pixels = seen.reshape(height, width, CHANNELS).copy()
        pixels.flags.writeable = False
        name = answer["format"]
        if name not in MEDIA_TYPES:
            raise ValueError("no format of photos")
        return Decoded(pixels, name, exif_from_json(answer["exif"]))


def _spawn(
    program: str, limits: Limits
) -> tuple[subprocess.Popen[bytes], socket.socket, mmap.mmap]:
    """A process with an environment and a search path of its own, our side of its socket, and
    the window. Of our files it has but its side of these, and stderr.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ExitStack() as broken, theirs, _memory(limits.window_bytes) as memory:
        broken.enter_context(ours)
        files = (theirs.fileno(), memory)
        words = [sys.executable, "-s", "-P", "-X", "faulthandler", "-m", program]
        process = subprocess.Popen(  # noqa: S603  # our own program
            [*words, *map(str, files), json.dumps(asdict(limits))],
            pass_fds=files,
            env=ENVIRONMENT,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        window = mmap.mmap(memory, limits.window_bytes)
        broken.pop_all()
    return process, ours, window


@contextmanager
def _memory(size: int) -> Iterator[int]:
    """A file without a name, of `size` bytes for good; only those that are used take memory."""
    memory = os.memfd_create("window", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(memory, size)
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, SEALS)
        yield memory
    finally:
        os.close(memory)


def _whole(value: object, allowed: range) -> int:
    """
    Raises:
        ValueError: that is no number of `allowed`.
    """
    if not isinstance(value, int) or value not in allowed:
        raise ValueError(f"{value!r} is not in {allowed}")
    return value
