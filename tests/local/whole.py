"""The whole service, started by a test in a folder of its own: database, models and files."""

import os
import shutil
import string
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from local.stack import CHECKOUT
from local.triton import ENVIRONMENT

MODELS = ("face_detector.packaged.1", "face_embedder.packaged.1")


@dataclass(frozen=True)
class Place:
    """Where it keeps its things, and by which its processes are known."""

    var: Path

    @classmethod
    def below(cls, folder: Path) -> Self:
        """The same one for all tests: making a database server takes long."""
        var = folder / "whole"
        var.mkdir(mode=0o755, exist_ok=True)
        return cls(var)

    @property
    def environment(self) -> dict[str, str]:
        ours = {"VAR_DIR": str(self.var), "SECRET_KEY": "not a secret, but " + string.ascii_letters}
        theirs = ("DATABASE_URL", "TRITON_URL", "DATABASE_NAME", "MODEL_REPOSITORY")
        return {**os.environ, **ours, **dict.fromkeys(theirs, "")}

    def run(
        self, *words: str | Path, within: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """`python -m` with `words`, to its end; `within`: a command that starts it."""
        return subprocess.run(  # noqa: S603  # our own program
            [*within, sys.executable, "-m", *words],
            cwd=CHECKOUT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        """`python -m` with `words`, in a session of its own; what it writes is to be read."""
        return subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-u", "-m", *words],
            cwd=CHECKOUT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def processes(self) -> list[str]:
        """The command lines of what was started here and still runs."""
        mark = f"VAR_DIR={self.var}\0".encode()
        return [_words(each) for each in Path("/proc").glob("[0-9]*") if mark in _variables(each)]


def without_network() -> list[str]:
    """What starts a program in a network of its own, which has a loopback and no way out.

    Nothing where that takes rights that we don't have.
    """
    begin = ["unshare", "--net", sys.executable, "-c", _LOOPBACK_UP]
    if not shutil.which("unshare"):
        return []
    ended = subprocess.run([*begin, "true"], capture_output=True, check=False)  # noqa: S603  # ours
    return begin if ended.returncode == 0 else []


# SIOCSIFFLAGS of `lo`: up and running.
_LOOPBACK_UP = """
import fcntl, os, socket, struct, sys
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x41))
os.execvp(sys.argv[1], sys.argv[1:])
"""


def _variables(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes() + b"\0"
    except OSError:  # it has ended, or is not ours
        return b""


def _words(process: Path) -> str:
    return (process / "cmdline").read_text().replace("\0", " ")


def need_models() -> None:
    """Skip the test where the models, or the server for them, are not there."""
    repository = CHECKOUT / "model_repository"
    if not all((repository / model / "1" / "model.onnx").exists() for model in MODELS):
        pytest.skip("The models are not built: run `make models`.")
    if not ENVIRONMENT.exists():
        pytest.skip("Triton is not installed: run `make setup`.")
