"""Runs one command that must not outlive whoever asked for it.

    python guard.py GRACE_S SHARED_MEMORY COMMAND [ARGUMENT ...]

Standard input is the lifeline. When it ends, because the other end was closed or because its
holder was killed, the command gets SIGTERM, then GRACE_S seconds, then its process group SIGKILL.
Whatever way it ends: nothing of its group stays, nor a region in /dev/shm whose name begins with
SHARED_MEMORY. The exit status is the command's, or 128 + n when signal n ended it.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

PR_SET_PDEATHSIG = 1
NOT_RUN = 127  # as shells say it
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # where the kernel has it, not a temporary folder

_LIBC = ctypes.CDLL(None)


def main(grace_s: float, shared_memory: str, command: list[str]) -> int:
    try:
        child = _start(command)
    except OSError as exc:
        sys.stderr.write(f"{command[0]} cannot be run: {exc.strerror}\n")
        return NOT_RUN
    signal.signal(signal.SIGTERM, lambda *_: _end(child, grace_s))
    threading.Thread(target=_follow_lifeline, args=(child, grace_s), daemon=True).start()
    status = child.wait()
    _kill_group(child)
    _sweep(shared_memory)
    return status if status >= 0 else 128 - status


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  # its caller chose it
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_end_with_parent,  # noqa: PLW1509  # no thread runs yet
    )


def _end_with_parent() -> None:
    """For the case that the guard itself is killed."""
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _follow_lifeline(child: subprocess.Popen[bytes], grace_s: float) -> None:
    while os.read(0, 1):
        pass
    _end(child, grace_s)


def _end(child: subprocess.Popen[bytes], grace_s: float) -> None:
    child.send_signal(signal.SIGTERM)
    threading.Timer(grace_s, _kill_group, [child]).start()


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _sweep(prefix: str) -> None:
    for region in SHARED_MEMORY.glob(f"{prefix}*") if prefix else ():
        region.unlink(missing_ok=True)


if __name__ == "__main__":
    exit_status = main(float(sys.argv[1]), sys.argv[2], sys.argv[3:])
    sys.stdout.flush()
    os._exit(exit_status)  # without waiting for a timer that has nothing left to kill
