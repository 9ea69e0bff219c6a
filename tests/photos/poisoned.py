"""A decoder that obeys a word at the end of a photo: `python -m tests.photos.poisoned`.

Stands in for libraries that a photo breaks, which the good ones of today do not let us show.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from inference.arrays import RGB
from photos import decoder, images
from photos.errors import UnsupportedFormat
from photos.exif import PhotoExif
from photos.images import Decoded

WORD = b"#poison:"


def poison(photo: bytes, word: str, *details: object) -> bytes:
    """`photo` with a word at its end, that no good decoder reads."""
    return photo + WORD + ":".join([word, *map(str, details)]).encode()


def decode(data: bytes, *, max_pixels: int) -> Decoded:
    photo, _, words = data.partition(WORD)
    word, *details = words.decode().split(":")
    obey = WORDS.get(word)
    return obey(*details) if obey else images.decode(photo, max_pixels=max_pixels)


def _kill(number: str) -> NoReturn:
    os.kill(os.getpid(), int(number))
    raise AssertionError("unreachable")


def _kill_once(marker: str) -> Decoded:
    """Of all processes the first one that gets here dies."""
    if not Path(marker).exists():
        Path(marker).touch()
        _kill(str(int(signal.SIGKILL)))
    return Decoded(*_picture(b"alive!"))


def _loop() -> NoReturn:
    sys.stderr.write("loop\n")
    while True:
        pass


def _stall() -> NoReturn:
    sys.stderr.write("stall\n")
    while True:
        signal.pause()


def _hoard() -> NoReturn:
    hoard = []
    while True:
        hoard.append(bytes(2**24))


def _leave(status: str) -> NoReturn:
    sys.exit(int(status))


def _fail() -> NoReturn:
    raise AttributeError("a fault of the decoder")


def _tell(what: str) -> Decoded:
    """Six bytes about this process, as the two pixels of a picture."""
    facts: dict[str, Callable[[], int]] = {
        "pid": os.getpid,
        "files": lambda: len(list(Path("/proc/self/fd").iterdir())) - 1,
        "django": lambda: "django" in sys.modules,
    }
    return Decoded(*_picture(int(facts[what]()).to_bytes(6)))


def _tell_environment() -> NoReturn:
    raise UnsupportedFormat(" ".join(sorted(os.environ)))


def _lie(height: str, width: str) -> Decoded:
    """A picture that says of itself that it has another size."""

    class Lie(Decoded):
        @property
        def height(self) -> int:
            return int(height)

        @property
        def width(self) -> int:
            return int(width)

    return Lie(*_picture(bytes(6)))


def _shorten() -> Decoded:
    """A picture that takes the window away once it is in it. Whoever looks then would die."""

    class Last(Decoded):
        @property
        def height(self) -> int:
            os.ftruncate(int(sys.argv[2]), 0)
            return 1

    return Last(*_picture(bytes(6)))


def _picture(six: bytes) -> tuple[RGB, str, PhotoExif]:
    return np.frombuffer(six, np.uint8).reshape(1, 2, 3), "PNG", PhotoExif()


WORDS: dict[str, Callable[..., Any]] = {
    "kill": _kill,
    "kill once": _kill_once,
    "loop": _loop,
    "stall": _stall,
    "hoard": _hoard,
    "shorten": _shorten,
    "leave": _leave,
    "fail": _fail,
    "tell": _tell,
    "environment": _tell_environment,
    "lie": _lie,
}

if __name__ == "__main__":
    decoder.run(decode)
