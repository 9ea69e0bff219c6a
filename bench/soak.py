"""Photos all the time while worker processes and database backends are killed: nothing may be lost.

A PostgreSQL of its own, as a backend that is killed takes the whole server through a recovery; a
real model server and real workers. Each photo must end once, with the rows of an undisturbed run.
"""

import json
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from os import environ
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from bench.figures import Asked, Bar, Bench, Better, Figure
from bench.stage import SETTINGS
from local.photos import packaged_photos
from local.postgres import Postgres
from local.processes import Command, Supervisor
from local.stack import CHECKOUT, Service, Surroundings

MINUTES = 10.0
LOST = Bar(
    "soak_lost", "C", "photos lost while all is killed", "photos", "of", Better.LOWER, ratio=0.0
)
DOUBLED = Bar(
    "soak_doubled", "C", "photos doubled meanwhile", "photos", "of", Better.LOWER, ratio=0.0
)
RECOVERY = Bar(
    "soak_recovery", "C", "from a kill to the end of all photos in hand then: the longest",
    "s", "limit", Better.LOWER, 180.0, 1.0,
)  # fmt: skip
TEND_S = 0.2
DATABASE = "kindred"
SHORT = {  # what a dead worker is noticed by
    "LEASE_S": "5",
    "TRITON_TIMEOUT_S": "10",
    "MODEL_LOAD_TIMEOUT_S": "20",
}


def run(asked: Asked, console: Console) -> list[Figure]:
    """On packaged photos, of which it is known that models see the same in them each time."""
    minutes, surroundings = asked.minutes or MINUTES, Surroundings.read()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="kindred-soak-")))
        settings = stack.enter_context(_Setting(surroundings, folder))
        triton = stack.enter_context(surroundings.model_server(folder / "triton"))
        service = Service(settings | {"TRITON_URL": triton.url})
        service.prepare()
        photos = packaged_photos(folder / "photos")
        stack.enter_context(console.status(f"soak: {minutes:g} minutes"))
        result = _soak(service, folder, [minutes * 60, *photos])
    return _figures(result, console)


class _Setting:
    """A PostgreSQL of its own and an empty database: the settings that name them."""

    def __init__(self, surroundings: Surroundings, folder: Path) -> None:
        self._postgres = Postgres(surroundings.var / "bench" / "soak")
        self._folder = folder

    def __enter__(self) -> dict[str, str]:
        self._postgres.up()
        self._postgres.drop_database(DATABASE)
        self._postgres.create_database(DATABASE)
        files = {
            name: str(self._folder / name.lower())
            for name in ("MEDIA_ROOT", "INTAKE_ROOT", "RESULTS_ROOT")
        }
        return {"DATABASE_URL": self._postgres.url(DATABASE), **files, **SHORT}

    def __exit__(self, *_error: object) -> None:
        self._postgres.remove()


def _soak(service: Service, folder: Path, words: list[object]) -> dict[str, Any]:
    """Run `bench.soaking` beside the workers, which are started again as in production."""
    command = [sys.executable, "manage.py", "worker"]
    worker = Command("worker", command, service.settings, CHECKOUT, restart_after_s=1)
    with (
        (folder / "restarts.log").open("w") as restarts,
        Supervisor([worker], log_folder=folder, output=restarts) as tended,
        _soaking(service, words) as soaking,
    ):
        while soaking.poll() is None:
            tended.tend()
            time.sleep(TEND_S)
        out, _ = soaking.communicate()
    if soaking.returncode:
        raise RuntimeError(f"The soak ended with status {soaking.returncode}.")
    result: dict[str, Any] = json.loads(out)
    return result


def _soaking(service: Service, words: list[object]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-m", "bench.soaking", *map(str, words)],
        env={**environ, **SETTINGS, **service.settings},
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
    )


def _figures(result: dict[str, Any], console: Console) -> list[Figure]:
    kills = result["kills"]
    console.print(f"Killed: {dict(Counter(kill['what'] for kill in kills))}")
    for what in sorted({kill["what"] for kill in kills}):
        some = [kill for kill in kills if kill["what"] == what]
        after = ", ".join(_took(some, name) for name in ("next", "all in hand"))
        console.print(f"  {what}: photos ended after {after}")
    for line in result["wrong"]:
        console.print(f"[red]{line}[/]")
    longest = max((kill["all in hand"] for kill in kills), default=0.0)
    n = result["photos"]
    return [
        LOST.of(result["lost"], n, beside=n),
        DOUBLED.of(result["doubled"], n, beside=n),
        RECOVERY.of(longest, len(kills)),
    ]


def _took(kills: list[dict[str, Any]], name: str) -> str:
    seconds = [kill[name] for kill in kills]
    return f"{median(seconds):.1f} s ({name}; {max(seconds):.1f} s at most)"


BENCH = Bench(
    "soak", "Nothing lost while all is killed", run, (LOST, DOUBLED, RECOVERY), alone=True
)
