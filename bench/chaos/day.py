"""`make chaos`: a fault day, and what came of it."""

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from datetime import timedelta
from os import environ
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from bench.chaos.faults import Happened, faults, happen, rounds
from bench.chaos.stage import Stage, staged
from bench.chaos.timeline import drawn
from bench.figures import Asked, Bar, Bench, Better, Figure
from bench.stage import SETTINGS
from local.photos import packaged_photos
from local.stack import CHECKOUT, Surroundings

MINUTES = 15.0
CALM_S = 20  # at the beginning, and at the end
BETWEEN_S = (2.0, 8.0)  # a photo that is done and the next fault
RECOVERED_S = 120.0  # from the end of a fault to the next photo that is done
TEND_S = 0.2
SEED = 9
FAILED = 500
LOST = Bar("chaos_lost", "H", "photos lost on a fault day", "photos", "of", Better.LOWER, ratio=0.0)
DOUBLED = Bar("chaos_doubled", "H", "photos doubled on it", "photos", "of", Better.LOWER, ratio=0.0)
STRAY = Bar(
    "chaos_stray_5xx", "H", "failures of no stated fault", "answers", "of", Better.LOWER, ratio=0.0
)
RECOVERY = Bar(
    "chaos_recovery", "H", "from the end of a fault to the next photo: the longest",
    "s", "limit", Better.LOWER, RECOVERED_S, 1.0,
)  # fmt: skip
_DONE = "SELECT 1 FROM jobs_item WHERE finished_at > statement_timestamp() - %s LIMIT 1"


def run(asked: Asked, console: Console) -> list[Figure]:
    """With packaged photos, of which it is known that models see the same in them each time."""
    minutes, surroundings = asked.minutes or MINUTES, Surroundings.read()
    kept = surroundings.var / "chaos"
    kept.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="kindred-chaos-")))
        stack.callback(_keep_logs, folder, kept)
        photos = packaged_photos(folder / "photos")
        stack.enter_context(console.status(f"chaos: {minutes:g} minutes"))
        stage = stack.enter_context(staged(surroundings, folder))
        day = Day(stage, minutes * 60)
        told = day.live(folder / "told.json", photos)
        told["audit"] = stage.service.manage("audit").strip().splitlines()
    report = Report(told, day.happened, stage.lacking)
    (kept / "report.json").write_text(json.dumps(report.summary(), indent=1))
    (kept / "timeline.svg").write_text(drawn(told["calls"], report.ends, day.happened))
    report.show(console, kept)
    return report.figures()


def _keep_logs(folder: Path, kept: Path) -> None:
    for log in folder.glob("*.log"):
        (kept / log.name).write_bytes(log.read_bytes())


class Day:
    """Its load in one process, its faults in a thread; we start again what has ended."""

    def __init__(self, stage: Stage, seconds: float) -> None:
        self.happened: list[Happened] = []
        self._stage = stage
        self._seconds = seconds
        self._database = stage.service.settings["DATABASE_URL"]
        self._failed: list[BaseException] = []
        self._over = threading.Event()

    def live(self, told: Path, photos: Sequence[Path]) -> dict[str, Any]:
        """What the load tells at its end."""
        breaking = threading.Thread(target=self._break_all, args=(told.with_suffix(".ready"),))
        with _loading(self._stage, [self._seconds, told, *photos]) as load:
            breaking.start()
            try:
                while load.poll() is None:
                    self._stage.supervisor.tend()
                    time.sleep(TEND_S)
            finally:
                load.kill()
                self._over.set()
                breaking.join()  # what it has broken is mended
        if self._failed:
            raise self._failed[0]
        if load.returncode:
            raise RuntimeError(f"The load ended with status {load.returncode}.")
        result: dict[str, Any] = json.loads(told.read_text())
        return result

    def _break_all(self, ready: Path) -> None:
        try:
            while not ready.exists() and not self._over.wait(TEND_S):
                pass
            self._break_until(time.monotonic() + self._seconds - CALM_S)
        except BaseException as exc:  # noqa: BLE001  # said by the thread that waits for us
            self._failed.append(exc)

    def _break_until(self, end: float) -> None:
        chance = random.Random(SEED)  # noqa: S311  # a random day, the same each time
        self._over.wait(CALM_S)
        for fault in rounds(faults(self._stage.house, chance), chance):
            if time.monotonic() > end or self._over.is_set():
                return
            happened = happen(fault, chance)
            self.happened.append(happened)
            self._await_photo(happened.over)
            self._over.wait(chance.uniform(*BETWEEN_S))

    def _await_photo(self, since: float) -> None:
        """Until one is done that was not at `since`, or it takes too long: the next fault comes."""
        while (passed_s := time.monotonic() - since) < RECOVERED_S and not self._over.wait(1):
            with suppress(psycopg.OperationalError), psycopg.connect(self._database) as database:
                if database.execute(_DONE, [timedelta(seconds=passed_s)]).fetchone():
                    return


def _loading(stage: Stage, words: list[object]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bench.chaos.load", stage.url, stage.key, *map(str, words)]
    return subprocess.Popen(  # noqa: S603  # our own program
        command, env={**environ, **SETTINGS, **stage.service.settings}, cwd=CHECKOUT
    )


class Report:
    """What is to be said of a day."""

    def __init__(
        self, told: dict[str, Any], happened: Sequence[Happened], lacking: Sequence[str]
    ) -> None:
        self._told = told
        self._happened = happened
        self._lacking = lacking
        since = time.time() - time.monotonic()
        self.ends = [(begun - since, ended - since) for begun, ended in told["ends"]]
        self.stray = [call for call in told["calls"] if _failed(call) and not self._excuse(call)]

    def _excuse(self, call: Sequence[Any]) -> Happened | None:
        _what, begun, ended, status, code = call
        return next(
            (each for each in self._happened if each.excuses(begun, ended, (status, code))), None
        )

    def kinds(self) -> dict[str, dict[str, Any]]:
        """Of each fault: how often, how long until photos were done again, what was excused."""
        found: defaultdict[str, list[Happened]] = defaultdict(list)
        for each in self._happened:
            found[each.name].append(each)
        failed = [self._excuse(call) for call in self._told["calls"] if _failed(call)]
        excused = Counter(each.name for each in failed if each)
        return {
            name: {
                "times": len(some),
                "next_s": sorted(round(self._next_s(each), 1) for each in some),
                "in_hand_s": sorted(round(self._in_hand_s(each), 1) for each in some),
                "excused": excused[name],
            }
            for name, some in sorted(found.items())
        }

    def _next_s(self, fault: Happened) -> float:
        """From its end to that of the next photo."""
        return min(
            (end - fault.over for _, end in self.ends if end > fault.over), default=RECOVERED_S
        )

    def _in_hand_s(self, fault: Happened) -> float:
        """From its end to that of the last photo which was there already."""
        ended = [
            end - fault.over for begun, end in self.ends if begun < fault.over and end > fault.begun
        ]
        return max(0.0, *ended) if ended else 0.0

    def summary(self) -> dict[str, Any]:
        names = ("photos", "lost", "doubled", "wrong", "repeated", "merges", "audit")
        calls = Counter(f"{call[0]} {call[3]} {call[4]}".strip() for call in self._told["calls"])
        return {name: self._told[name] for name in names} | {
            "stray": self.stray,
            "kinds": self.kinds(),
            "calls": dict(sorted(calls.items())),
            "lacking": list(self._lacking),
        }

    def show(self, console: Console, kept: Path) -> None:
        table = Table(title="A fault day")
        for column in (
            "fault",
            "times",
            "next photo after, s",
            "those in hand after, s",
            "excused",
        ):
            table.add_column(column, justify="left" if column == "fault" else "right")
        for name, row in self.kinds().items():
            cells = (row["times"], _span(row["next_s"]), _span(row["in_hand_s"]), row["excused"])
            table.add_row(name, *map(str, cells))
        console.print(table)
        told = self._told
        console.print(
            f"{told['photos']} photos, {told['merges']} merges, {len(told['calls'])} answers; "
            f"{told['repeated']} webhooks were told again, with the same id."
        )
        for line in [*self._lacking, *told["audit"]]:
            console.print(line, markup=False)
        for line in [*told["lost"], *told["doubled"], *told["wrong"], *map(str, self.stray[:40])]:
            console.print(line, style="red", markup=False)
        console.print(f"The day as a picture: {kept / 'timeline.svg'}", markup=False)

    def figures(self) -> list[Figure]:
        told, n = self._told, len(self._told["calls"])
        lost, doubled = len(told["lost"]) + bool(told["wrong"]), len(told["doubled"])
        photos, stray = told["photos"], len(self.stray)
        longest = max((row["next_s"][-1] for row in self.kinds().values()), default=0.0)
        return [
            LOST.of(lost, photos, beside=photos),
            DOUBLED.of(doubled, photos, beside=photos),
            STRAY.of(stray, n, beside=n),
            RECOVERY.of(longest, len(self._happened)),
        ]


def _failed(call: Sequence[Any]) -> bool:
    """Of the service, or of the way to it."""
    status: int = call[3]
    return status == 0 or status >= FAILED


def _span(seconds: Sequence[float]) -> str:
    return f"{median(seconds):.1f} ({seconds[-1]:.1f} at most)"


BENCH = Bench("chaos", "A fault day", run, (LOST, DOUBLED, STRAY, RECOVERY), alone=True)
