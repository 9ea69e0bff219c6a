"""What goes wrong on a fault day, and which answers are honest meanwhile."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.chaos.clock import Clock
from bench.chaos.network import Way
from bench.memory import processes
from local.api import Api
from local.postgres import DATABASE, Postgres
from local.processes import wait_until
from local.triton import Triton

BACK_S = 90  # for a part that was killed to answer again
_DAY_S = 24 * 3600
AHEAD_S, BEHIND_S = 40 * _DAY_S, -2 * _DAY_S  # than jobs are kept; than any work waits
NO_ANSWER = (0, "")

Answer = tuple[int, str]  # a status, and the code of its problem


@dataclass(frozen=True)
class Fault:
    """`break_it` makes it, `mend` has it over; between lie some seconds of `lasts_s`.

    `honest`: which answers of the kind 5xx may be given from its beginning until `grace_s` after
    its end.
    """

    name: str
    break_it: Callable[[], object]
    mend: Callable[[], object] = lambda: None
    lasts_s: tuple[float, float] = (0, 0)
    honest: frozenset[Answer] = frozenset()
    grace_s: float = 0


@dataclass(frozen=True)
class Happened:
    """A fault as it was, by the clock that only counts up."""

    name: str
    begun: float
    over: float
    until: float  # answers of `honest` are excused
    honest: frozenset[Answer]

    def excuses(self, begun: float, ended: float, answer: Answer) -> bool:
        return answer in self.honest and begun <= self.until and ended >= self.begun


@dataclass(frozen=True)
class House:
    """The parts that are broken."""

    postgres: Postgres
    triton: Triton
    web: str  # its address
    mark: str  # what the environment of our own processes has, and no other's
    disk: Path | None  # a small one; None: it could not be mounted
    clock: Clock | None  # of web and workers; None: it could not be built
    way: Way  # to the store


def faults(house: House, chance: random.Random) -> list[Fault]:
    """All that can be done here."""
    return [
        *_killed(house, chance),
        *_cut(house.way),
        *(_filled(house.disk) if house.disk else []),
        *(_turned(house.clock) if house.clock else []),
    ]


def rounds(found: list[Fault], chance: random.Random) -> Iterator[Fault]:
    """For ever: each of them once in another order, then again."""
    while True:
        yield from chance.sample(found, len(found))


def happen(fault: Fault, chance: random.Random) -> Happened:
    """Break it, wait, mend it."""
    begun = time.monotonic()
    fault.break_it()
    time.sleep(chance.uniform(*fault.lasts_s))
    fault.mend()
    over = time.monotonic()
    return Happened(fault.name, begun, over, over + fault.grace_s, fault.honest)


def _killed(house: House, chance: random.Random) -> list[Fault]:
    def web() -> list[int]:
        return _pids(house.mark, "gunicorn")

    def workers() -> list[int]:
        return _pids(house.mark, "manage.py", "worker")

    def answers() -> None:
        _await(Api(house.web).answers, "The web server")

    none, cut = (0, 0), frozenset({NO_ANSWER})
    return [
        *_killed_servers(house, chance),
        Fault("one process of a worker", lambda: _kill_one(workers(), chance)),
        Fault("all processes of the worker", lambda: _kill(workers())),
        Fault("the web server", lambda: _kill(web()), answers, none, cut, 2),
        Fault(
            "one process of the web server", lambda: _kill_one(web(), chance), answers, none, cut, 2
        ),
    ]


def _killed_servers(house: House, chance: random.Random) -> list[Fault]:
    """What the service asks: the database, the models."""
    database = frozenset({(503, "database_unavailable")})
    models = {(503, f"inference_{what}") for what in ("unavailable", "timeout", "not_ready")}
    postgres, triton = house.postgres.server, house.triton
    return [
        Fault("PostgreSQL", lambda: _kill(postgres.pids()), postgres.start, (1, 6), database, 10),
        Fault(
            "a connection's process in PostgreSQL",
            lambda: _kill_one(_backends(postgres.pids()), chance),
            lambda: _await(postgres.ready, "PostgreSQL"),
            (0, 0),
            database,
            10,
        ),
        Fault(
            "Triton",
            lambda: _kill(_pids(f"--grpc-port={triton.url.split(':')[1]}", "tritonserver")),
            lambda: _again(triton),
            (1, 6),
            frozenset(models),
            60,
        ),
    ]


def _cut(way: Way) -> list[Fault]:
    away = frozenset({(503, "store_unavailable")})

    def turn(name: str, *, on: bool) -> Callable[[], None]:
        return lambda: setattr(way, name, on)

    return [
        Fault("the store refuses", turn("refusing", on=True), turn("refusing", on=False),
              (4, 10), away, 5),
        Fault("the store says nothing", turn("silent", on=True), turn("silent", on=False),
              (8, 20), away, 60),
    ]  # fmt: skip


def _filled(disk: Path) -> list[Fault]:
    filler, full = disk / "filler", frozenset({(507, "storage_full")})
    return [Fault("the disk is full", lambda: _fill(filler), filler.unlink, (4, 10), full, 2)]


def _turned(clock: Clock) -> list[Fault]:
    def turn(seconds: int) -> Callable[[], object]:
        return lambda: clock.turn(seconds)

    return [
        Fault("clocks are 40 days ahead", turn(AHEAD_S), turn(0), (8, 20)),
        Fault("clocks are 2 days behind", turn(BEHIND_S), turn(0), (8, 20)),
    ]


def _fill(file: Path) -> None:
    """Until there is no room for one more byte."""
    with file.open("wb", buffering=0) as filler:
        for size in (2**26, 2**20, 2**12, 1):
            with suppress(OSError):
                while True:
                    filler.write(bytes(size))


def _again(triton: Triton) -> None:
    triton.stop()  # what its guard has left
    triton.start()


def _await(holds: Callable[[], bool], what: str) -> None:
    time.sleep(0.5)  # who was killed may answer once more
    wait_until(holds, timeout_s=BACK_S, what=what)


def _pids(*marks: str) -> list[int]:
    """Not of the guard, who starts nothing again."""
    return [int(process.name) for process in processes(*marks, without="guard.py")]


def _backends(pids: list[int]) -> list[int]:
    """Those that somebody is connected to."""
    return [pid for pid in pids if DATABASE.encode() in _title(pid)]


def _title(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _kill_one(pids: list[int], chance: random.Random) -> None:
    _kill([chance.choice(pids)] if pids else [])


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
