"""Runs of benchmarks that nobody ran: what a test does not name does not matter to it."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.figures import Bar, Better, Figure, Plot
from bench.runs import Run

MACHINE = {"processor": "A chip", "cores": "2", "memory": "16.0 GB", "system": "Some Linux"}
VERSIONS = {"revision": "abc123", "Python": "3.11", "PostgreSQL": "18.1", "models": "one, two"}
FASTER = Bar("pipeline", "A", "faces of photos", "photos/s", "plain loop", ratio=0.8)
SLOWER = Bar("queue_latency", "C", "until it starts", "s", "limit", Better.LOWER, 0.3, 1.0)


def make_figure(value: float = 10.0, *, bar: Bar = FASTER, beside: float | None = 10.0) -> Figure:
    return bar.of(value, 1, beside=beside if bar.limit is None else None)


def make_run(
    figures: Sequence[Figure] = (),
    *,
    bench: str = "pipeline",
    began_at: str = "2026-11-20T10:00:00+00:00",
    machine: Mapping[str, str] = MACHINE,
    plots: Sequence[Plot] = (),
    **values: Any,
) -> Run:
    given: dict[str, Any] = {
        "seconds": 12.0,
        "command": f"make bench NAME={bench}",
        "versions": VERSIONS,
        "load": 0.1,
        "remarks": [],
    }
    return Run(
        bench=bench, began_at=began_at, machine=machine, figures=figures or [make_figure()],
        plots=list(plots), **{**given, **values},
    )  # fmt: skip
