"""The demo, once everything is set up: how long somebody waits who has just seen it.

With a PostgreSQL and files of its own, so that the results of your last demo stay; the first of its
two runs makes them, the second is measured.
"""

import secrets
import shutil
import subprocess
import sys
import time
from os import environ

from rich.console import Console

from bench.figures import Asked, Bar, Bench, Better, Figure
from local.postgres import Postgres
from local.stack import CHECKOUT, Surroundings

AGAIN = Bar(
    "demo", "A", "the demo on a machine that has run it before", "s", "limit",
    Better.LOWER, 60.0, 1.0,
)  # fmt: skip


def run(_asked: Asked, console: Console) -> list[Figure]:
    surroundings = Surroundings.read()
    place = surroundings.var / "bench" / "demo"
    place.mkdir(parents=True, exist_ok=True)
    ours = {"VAR_DIR": str(place), "DATABASE_URL": "", "TRITON_URL": ""}
    settings = {**environ, **ours, "SECRET_KEY": secrets.token_hex(32)}
    try:
        with console.status("demo: the first time"):
            _demo(settings)
        with console.status("demo: the second time"):
            seconds = _demo(settings)
    finally:
        Postgres(place / "postgres").remove()
        shutil.rmtree(place)
    return [AGAIN.of(seconds, 1)]


def _demo(settings: dict[str, str]) -> float:
    """How many seconds it took.

    Raises:
        CalledProcessError: it ended with an error; what it said is on stderr.
    """
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "local.demo"],
        cwd=CHECKOUT,
        env=settings,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


BENCH = Bench("demo", "The demo, the second time", run, (AGAIN,))
