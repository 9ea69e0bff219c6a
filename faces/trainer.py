"""The program that trains, which has an environment of its own: started, heard, and ended."""

import json
import logging
import os
import selectors
import subprocess
import tempfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from faces.errors import TrainerMissing, TrainingFailed, TrainingRefused

log = logging.getLogger(__name__)

Line = Mapping[str, Any]  # what the program says, as JSON
# Gives what it says while it runs, and None where it has said nothing for LOOK_S; closed before
# its end, it ends the program. Returns the last line.
Saying = Generator[Line | None, None, Line]

LOOK_S = 1.0
_REFUSED = 2  # the exit code, after a line with `code` and `detail`
_READ = 65_536  # bytes at once
_LOGGED = 4_000  # characters of what a program that failed has complained of


@dataclass(frozen=True)
class Wanted:
    """How a head is to be trained."""

    epochs: int
    margin: float  # squared distance
    min_faces: int  # of a person


@dataclass(frozen=True)
class Trainer:
    """Starts `program`, such as (python, "-m", "training"), in `folder`."""

    program: tuple[str | Path, ...]
    folder: Path

    def check(self) -> None:
        """
        Raises:
            TrainerMissing: its environment is not installed.
        """
        if not Path(self.program[0]).exists():
            raise TrainerMissing(
                "The environment that trains is not installed: run `make hub`, or set "
                "TRAINER_PYTHON to a Python that has PyTorch."
            )

    def train(self, faces: Path, out: Path, wanted: Wanted, checkpoint: Path) -> Saying:
        """Learn from the npz file `faces`; what comes of it lies in the new folder `out`.

        Says a line an epoch, and last whether the head is kept. Ended after a line, it goes on
        from there with the same words: what is learnt is in the file `checkpoint` by then.

        Raises:
            TrainerMissing: as check().
            TrainingRefused: it does not learn from these faces; there is no `out`.
            TrainingFailed: it ended in another way.
        """
        return self._run(
            *(faces, out),
            *("--epochs", str(wanted.epochs)),
            *("--margin", str(wanted.margin)),
            *("--min-faces", str(wanted.min_faces)),
            *("--checkpoint", checkpoint),
        )

    def publish(self, out: Path, repository: Path) -> Saying:
        """Put the head that lies in `out` into the model repository. Says its `model` last.

        Raises:
            TrainerMissing, TrainingRefused, TrainingFailed: as train().
        """
        return self._run("publish", out, "--repository", repository)

    def _run(self, *words: str | Path) -> Saying:
        self.check()
        last: Line = {}
        with tempfile.TemporaryFile() as complaints:
            child = subprocess.Popen(  # noqa: S603  # our own program
                [*self.program, *words],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
            )
            try:
                for line in _said(child):
                    last = line or last
                    yield line
                child.wait()
            finally:
                child.kill()
                child.communicate()
            _check(child.returncode, last, complaints)
        return last


def _said(child: "subprocess.Popen[bytes]") -> Generator[Line | None, None, None]:
    """The lines of its standard output as they come; None where none came for LOOK_S.

    Raises:
        TrainingFailed: one of them can't be read.
    """
    assert child.stdout  # noqa: S101  # it has a pipe
    rest = b""
    with selectors.DefaultSelector() as ready:
        ready.register(child.stdout, selectors.EVENT_READ)
        while True:
            if not ready.select(LOOK_S):
                yield None
                continue
            part = os.read(child.stdout.fileno(), _READ)
            if not part:
                return
            *lines, rest = (rest + part).split(b"\n")
            yield from map(_read, lines)


def _read(line: bytes) -> Line:
    try:
        said = json.loads(line)
    except ValueError as exc:
        raise TrainingFailed(f"The trainer said what is no JSON: {line[:80]!r}.") from exc
    if not isinstance(said, dict):
        raise TrainingFailed(f"The trainer said what is no JSON object: {line[:80]!r}.")
    return said


def _check(code: int, last: Line, complaints: IO[bytes]) -> None:
    """
    Raises:
        TrainingRefused, TrainingFailed: as `code`, that it ended with, and its `last` line say.
    """
    if code == 0 and last:
        return
    if code == _REFUSED and isinstance(last.get("code"), str):
        raise TrainingRefused(last["code"], str(last.get("detail", "")))
    complaints.seek(0)
    text = complaints.read().decode(errors="replace")
    log.error("The trainer ended with %s: %s", code, text[-_LOGGED:])
    raise TrainingFailed(f"The trainer ended with {code}. The worker's log has its words.")
