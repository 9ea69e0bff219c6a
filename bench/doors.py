"""What authentication, permission and isolation cost; and many who listen while some upload."""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.console import Console

from bench.figures import Asked, Bar, Bench, Better, Figure
from bench.stage import READY_S, python, staged
from local.accounts import Admin
from local.api import Api
from local.processes import Supervisor, wait_until
from local.stack import Service, Surroundings
from local.triton import LOOPBACK, free_ports

DATABASE = "kindred_bench_doors"
STREAMS, UPLOADS = 500, 50
_REQUESTS, _CROWD = "bench.door_requests", "bench.crowd"

OVERHEAD = Bar(
    "doors_overhead_p50", "G", "authentication, permission and isolation of a request: the middle",
    "ms more", "allowed", Better.LOWER, 2.0, 1.0,
)  # fmt: skip
PROCESSOR = Bar(
    "doors_overhead_cpu", "G", "of them, time of the web server's processor", "ms more", "allowed",
    Better.LOWER, 2.0,
)  # fmt: skip
HEARD = Bar(
    "doors_streams", "G", "listeners who hear of all uploads", "heard all", "listen",
    limit=STREAMS, ratio=1.0,
)  # fmt: skip
ACCEPTED = Bar(
    "doors_uploads", "G", "uploads at once, while they listen", "accepted", "sent at once",
    limit=UPLOADS, ratio=1.0,
)  # fmt: skip
ALONE = Bar(
    "doors_upload_p95", "G", "an upload among as many: 95 of 100", "ms", "one by one", Better.LOWER
)
CROWD = Bar(
    "doors_upload_crowd", "G", "an upload while so many listen: 95 of 100", "ms",
    "nobody listens", Better.LOWER,
)  # fmt: skip


def run(_asked: Asked, console: Console) -> list[Figure]:
    """No model is needed: photos wait, and of each it is told that it has come."""
    with ExitStack() as stack, console.status("doors") as status:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="kindred-bench-")))
        settings = stack.enter_context(staged(Surroundings.read(), DATABASE, folder))
        status.update("doors: who asks?")
        asked = python(_REQUESTS, [], settings)
        status.update(f"doors: {STREAMS} listen, {UPLOADS} upload")
        told = _crowd(stack, folder, settings)
    console.print(_said(told))
    return [*_overheads(asked), *_figures(told)]


def _crowd(stack: ExitStack, folder: Path, settings: dict[str, str]) -> dict[str, Any]:
    service = Service({**settings, "EVENT_STREAMS": str(STREAMS)})
    service.prepare()
    admin = Admin(folder / "admin-password")
    admin.ensure(service)
    key = admin.token(service)
    port, *_ = free_ports()
    url = f"http://{LOOPBACK}:{port}"
    web, *_ = service.commands(port, restart_after_s=None)
    stack.enter_context(Supervisor([web], log_folder=folder))
    wait_until(Api(url).answers, timeout_s=READY_S, what="The web server")
    told = python(_CROWD, [url, key, STREAMS, UPLOADS], settings)
    lines = (folder / "web.log").read_text().splitlines()
    complaints = [line for line in lines if " INFO " not in line]
    return told | {"complaints": len(complaints), "first": complaints[:1]}


def _said(told: dict[str, Any]) -> str:
    return (
        f"Answers to listeners: {told['streams']}; to uploads: {told['uploads']}. "
        f"All listened after {told['seated_s']:.1f} s; "
        f"{told['heard']} events were heard {told['told_s']:.1f} s after the first upload. "
        f"The server complained {told['complaints']} times {told['first']}."
    )


def _overheads(asked: dict[str, Any]) -> list[Figure]:
    clock, cpu = (_more(*asked[name]) for name in ("ms", "cpu_ms"))
    return [OVERHEAD.of(clock, asked["n"]), PROCESSOR.of(cpu, asked["n"])]


def _more(locked: list[float], opened: list[float]) -> float:
    return float(np.median(locked) - np.median(opened))


def _figures(told: dict[str, Any]) -> list[Figure]:
    """Everybody must be let in, and hear all."""
    accepted = told["uploads"].get("202", 0)
    names = ("upload_ms", "alone_ms", "unheard_ms")
    slow, alone, unheard = (float(np.percentile(told[name], 95)) for name in names)
    return [
        HEARD.of(told["heard_all"], STREAMS),
        ACCEPTED.of(accepted, UPLOADS),
        ALONE.of(slow, UPLOADS, beside=alone),
        CROWD.of(slow, UPLOADS, beside=unheard),
    ]


BENCH = Bench(
    "doors",
    "What keys and permissions cost, and a crowd at the door",
    run,
    (OVERHEAD, PROCESSOR, HEARD, ACCEPTED, ALONE, CROWD),
)
