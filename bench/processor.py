"""Processor time that processes have taken, with all that they have started."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

Kinds = Mapping[str, str]  # name -> what is in the command line of a process, or of one above it
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PARENT, _TIMES = 1, slice(11, 15)  # in /proc/PID/stat, behind the name


def spent(kinds: Kinds, pids: Iterable[int] | None = None) -> dict[str, float]:
    """Seconds of each kind: of `pids`, or of the processes below this one."""
    if pids is not None:
        [name] = kinds
        return {name: sum(_seconds(pid) for pid in pids)}
    found = dict.fromkeys(kinds, 0.0)
    for pid, words in _below():
        for name, mark in kinds.items():
            if mark in words:
                found[name] += _seconds(pid)
    return found


def _below() -> Iterator[tuple[int, str]]:
    """The processes that come from this one, with the command lines down to theirs."""
    parents = {pid: parent for pid in _all() if (parent := _parent(pid))}
    for pid in parents:
        line, words = pid, ""
        while line in parents and line != os.getpid():
            words = f"{_words(line)} / {words}"
            line = parents[line]
        if line == os.getpid():
            yield pid, words


def _all() -> list[int]:
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]


def _words(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return []


def _parent(pid: int) -> int:
    found = _stat(pid)
    return int(found[_PARENT]) if found else 0


def _seconds(pid: int) -> float:
    """Its own, and that of children which have ended: their parent has it then."""
    return sum(map(int, _stat(pid)[_TIMES])) * _TICK_S
