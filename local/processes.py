"""Starting several commands, tending them, and stopping all of them, whatever happens to us."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from os import environ
from pathlib import Path
from signal import SIG_IGN, SIGHUP, SIGINT, SIGTERM, signal
from types import FrameType
from typing import IO, Self, TextIO

from local import LocalError

GUARD = Path(__file__).with_name("guard.py")
GUARD_MARGIN_S = 10  # for a guard to be gone after its command's grace
POLL_S = 0.02
TEND_S = 0.2
LONGEST_PAUSE_S = 30.0  # before a command is started again
STEADY_S = 60.0  # one that ran so long is again given its first pause
TAIL_LINES = 20


class Interruption(BaseException):
    """A signal asked us to stop; raised inside `interruptible()` so that every `with` closes."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Leave the block in order at the first SIGINT, SIGTERM or SIGHUP; later ones are ignored."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        for each in before:
            signal(each, SIG_IGN)
        raise Interruption(number)

    before = {number: signal(number, interrupt) for number in (SIGINT, SIGTERM, SIGHUP)}
    try:
        with suppress(Interruption):  # the block has ended in order: that is what was asked for
            yield
    finally:
        for number, handler in before.items():
            signal(number, handler)


def wait_until(
    check: Callable[[], bool],
    *,
    timeout_s: float,
    alive: Callable[[], bool] = lambda: True,
    what: str = "It",
) -> None:
    """Return as soon as `check` holds.

    Raises:
        LocalError: `alive` ceased to hold, or it took longer than `timeout_s`.
    """
    deadline = time.monotonic() + timeout_s
    while not check():
        if not alive():
            raise LocalError(f"{what} ended before it was ready.")
        if time.monotonic() > deadline:
            raise LocalError(f"{what} was not ready after {timeout_s:g} s.")
        time.sleep(POLL_S)


def last_lines(path: Path, count: int = TAIL_LINES) -> str:
    """The end of a log, or nothing when there is no such file."""
    if not path.exists():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-count:])


@dataclass(frozen=True)
class Command:
    """What to run, and what to do with it.

    `environment` is added to ours. `grace_s` lies between SIGTERM and SIGKILL. When it ends it is
    started again after `restart_after_s`, then twice that, and so on; None: not at all.
    `shared_memory` begins the names of its regions in /dev/shm, which go when it has gone.
    """

    name: str
    arguments: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    grace_s: float = 10
    restart_after_s: float | None = None
    shared_memory: str = ""


class Child:
    """A command that runs in a session of its own, and ends when we do, even by SIGKILL."""

    def __init__(self, command: Command, output: int | IO[bytes] = subprocess.DEVNULL) -> None:
        guard = [sys.executable, "-I", "-S", str(GUARD)]
        orders = [str(command.grace_s), command.shared_memory, *map(str, command.arguments)]
        self.command = command
        self._guard = subprocess.Popen(  # noqa: S603  # its caller chose it
            [*guard, *orders],
            stdin=subprocess.PIPE,  # the lifeline: see guard.py
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=command.folder,
            env={**environ, **command.environment},
            start_new_session=True,
        )

    @property
    def status(self) -> int | None:
        """Its exit status, 128 + n after signal n, or None while it runs."""
        return self._guard.poll()

    @property
    def alive(self) -> bool:
        return self.status is None

    @property
    def lines(self) -> IO[bytes] | None:
        """What it writes, when `output` was a pipe."""
        return self._guard.stdout

    def stop(self) -> int:
        """End it if it runs: SIGTERM, its grace, SIGKILL. Gives its exit status."""
        if self._guard.stdin:
            self._guard.stdin.close()
        return self._guard.wait(self.command.grace_s + GUARD_MARGIN_S)


class _Tended:
    """One command of a supervisor: its present run, and when to try again."""

    def __init__(self, command: Command, output: TextIO, log: Path | None) -> None:
        self.command = command
        self._output = output
        self._log = log
        self._pause_s: float | None = None
        self._retry_at: float | None = None
        self.start()

    def start(self) -> None:
        self._retry_at = None
        self._started_at = time.monotonic()
        if self._log:
            with self._log.open("ab") as log:
                self._child, self._reader = Child(self.command, log), None
        else:
            self._child = Child(self.command, subprocess.PIPE)
            lines = (self._child.lines,)
            self._reader = threading.Thread(target=self._copy_lines, args=lines, daemon=True)
            self._reader.start()

    def tend(self) -> None:
        """Start it again when that is due.

        Raises:
            LocalError: it ended, and is not one that restarts.
        """
        if self._child.alive:
            return
        if self.command.restart_after_s is None:
            raise LocalError(self._obituary())
        if self._retry_at is None:
            self._plan_retry(self.command.restart_after_s)
        elif time.monotonic() >= self._retry_at:
            self._close()
            self.start()

    def stop(self) -> None:
        self._close()

    def _plan_retry(self, first_pause_s: float) -> None:
        now = time.monotonic()
        if self._pause_s is None or now - self._started_at > STEADY_S:
            self._pause_s = first_pause_s
        self._retry_at = now + self._pause_s
        self._output.write(f"{self._obituary()}\nIt is started again in {self._pause_s:g} s.\n")
        self._output.flush()
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def _obituary(self) -> str:
        tail = f"\n{last_lines(self._log)}" if self._log else ""
        return f"{self.command.name} ended with status {self._child.status}.{tail}"

    def _copy_lines(self, lines: IO[bytes]) -> None:
        with lines:
            for line in lines:
                text = line.decode(errors="replace").rstrip("\n")
                self._output.write(f"{self.command.name:<8} | {text}\n")
                self._output.flush()

    def _close(self) -> None:
        self._child.stop()
        if self._reader:
            self._reader.join(timeout=1)  # an orphan may still hold the pipe


class Supervisor:
    """Commands that run together: started in order, stopped in reverse, none left behind.

    Lines they write go to `output` behind their name, or to `<name>.log` in `log_folder`.
    """

    def __init__(
        self,
        commands: Sequence[Command],
        *,
        output: TextIO = sys.stdout,
        log_folder: Path | None = None,
    ) -> None:
        self._commands = commands
        self._output = output
        self._log_folder = log_folder
        self._tended: list[_Tended] = []

    def __enter__(self) -> Self:
        try:
            for command in self._commands:
                self._tended.append(_Tended(command, self._output, self._log(command)))
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def tend(self) -> None:
        """Start those again that may restart and are due.

        Raises:
            LocalError: one that may not has ended.
        """
        for tended in self._tended:
            tended.tend()

    def watch(self) -> None:
        """Tend them for ever: until a signal (`interruptible`), or until `tend` raises."""
        while True:
            self.tend()
            time.sleep(TEND_S)

    def stop(self) -> None:
        with ExitStack() as stack:  # closes the last first, and all of them
            for tended in self._tended:
                stack.callback(tended.stop)
        self._tended.clear()

    def _log(self, command: Command) -> Path | None:
        if self._log_folder is None:
            return None
        self._log_folder.mkdir(parents=True, exist_ok=True)
        return self._log_folder / f"{command.name}.log"
