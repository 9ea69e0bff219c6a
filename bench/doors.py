"""What authentication, permission and isolation cost; and many who listen while some upload."""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.console import Console

from bench.figures import Figure
from bench.stage import READY_S, python, staged
from local.accounts import Admin
from local.api import Api
from local.processes import Supervisor, wait_until
from local.stack import Service, Surroundings
from local.triton import LOOPBACK, free_ports

DATABASE = "kindred_bench_doors"
OVERHEAD_MS = 2.0  # of a request: the middle
STREAMS, UPLOADS = 500, 50
_REQUESTS, _CROWD = "bench.door_requests", "bench.crowd"


def run(_data: Path | None, console: Console) -> list[Figure]:
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
    allowed = ("allowed", OVERHEAD_MS, asked["n"])
    return [
        Figure("doors_overhead_p50", clock, "ms more", *allowed, 1.0, is_limit=True),
        Figure("doors_overhead_cpu", cpu, "ms more", *allowed),
    ]


def _more(locked: list[float], opened: list[float]) -> float:
    return float(np.median(locked) - np.median(opened))


def _figures(told: dict[str, Any]) -> list[Figure]:
    """Everybody must be let in, and hear all."""
    accepted = told["uploads"].get("202", 0)
    names = ("upload_ms", "alone_ms", "unheard_ms")
    slow, alone, unheard = (float(np.percentile(told[name], 95)) for name in names)
    return [
        Figure("doors_streams", told["heard_all"], "heard all", "listen", STREAMS, STREAMS, 1.0),
        Figure("doors_uploads", accepted, "accepted", "sent at once", UPLOADS, UPLOADS, 1.0),
        Figure("doors_upload_p95", slow, "ms", "one by one", alone, UPLOADS),
        Figure("doors_upload_crowd", slow, "ms", "nobody listens", unheard, UPLOADS),
    ]
