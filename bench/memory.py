"""How much memory processes have taken, and how many files they have open, as the kernel counts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PEAK = re.compile(rb"^VmHWM:\s+(\d+) kB", re.MULTILINE)
_NOW = re.compile(rb"^VmRSS:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True)
class Kept:
    """What some processes have together. Memory that they share counts for each of them."""

    mb: float
    largest_mb: float  # of one of them
    files: int  # open ones: sockets and pipes are among them


def peaks_mb(*marks: str) -> list[float]:
    """The most that each process had at once: those with all `marks` in command or environment."""
    return [_mb(process, _PEAK) for process in processes(*marks)]


def now_mb(*marks: str) -> float:
    """What such processes have now, together."""
    return sum(_mb(process, _NOW) for process in processes(*marks))


def kept(*marks: str, without: str = "") -> Kept:
    """What such processes have now."""
    found = list(processes(*marks, without=without))
    sizes = [_mb(each, _NOW) for each in found]
    return Kept(sum(sizes), max(sizes, default=0.0), sum(_files(each) for each in found))


def processes(*marks: str, without: str = "") -> Iterator[Path]:
    """Folders in /proc of those with all `marks` in command or environment, and not `without`."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            unwanted = without and without.encode() in words
            if not unwanted and all(mark.encode() in words for mark in marks):
                yield process
        except OSError:  # it has ended, or is not ours
            continue


def _mb(process: Path, line: re.Pattern[bytes]) -> float:
    try:
        found = line.search((process / "status").read_bytes())
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def _files(process: Path) -> int:
    try:
        return sum(1 for _ in (process / "fd").iterdir())
    except OSError:
        return 0
