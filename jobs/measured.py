"""What several processes count, together: each writes to files of its own, and all can be read.

A program is a folder, and a label: what begins anew when its program does is a series of its own,
so that it is seen to.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIServer

from django.conf import settings
from prometheus_client import REGISTRY, CollectorRegistry, Metric, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.samples import Sample

from inference import tracing
from inference.sharing import is_over

OURS = "kindred_"
PROGRAM = "program"
LOOPBACK = "127.0.0.1"
_ALONE = "alone"  # a program whose processes share nothing


def metrics() -> Iterator[Metric]:
    """All of this machine's programs, or of this process alone, where it shares nothing."""
    found: dict[str, Metric] = {}
    if not settings.METRICS_PROGRAM:
        _add(found, REGISTRY.collect(), _ALONE)
    folders = settings.METRICS_DIR.iterdir() if settings.METRICS_DIR.is_dir() else ()
    for folder in sorted(folders):
        files = [str(file) for file in _files(folder) if not _tells_of_the_dead(file)]
        _add(found, MultiProcessCollector.merge(files), folder.name)  # type: ignore[no-untyped-call]  # its own
    yield from (found[name] for name in sorted(found))


def _add(found: dict[str, Metric], more: Any, program: str) -> None:
    for metric in more:
        if not metric.name.startswith(OURS):
            continue
        known = found.setdefault(
            metric.name, Metric(metric.name, metric.documentation, metric.type)
        )
        known.samples += [
            Sample(each.name, {**each.labels, PROGRAM: program}, each.value)
            for each in metric.samples
            if not each.name.endswith("_created")
        ]


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.db"))


def _tells_of_the_dead(file: Path) -> bool:
    """A gauge is of those that live."""
    return file.name.startswith("gauge_live") and is_over(file)


class _Counted:
    """What a registry asks for."""

    def collect(self) -> Iterator[Metric]:
        return metrics()


def serve() -> WSGIServer | None:
    """At METRICS_ADDRESS, if there is one: of a program whose machine has no web server of ours."""
    if not settings.METRICS_ADDRESS:
        return None
    host, _, port = settings.METRICS_ADDRESS.rpartition(":")
    registry = CollectorRegistry()
    registry.register(_Counted())
    server, _thread = start_http_server(int(port), host or LOOPBACK, registry)
    return server


def trace(**_signal: Any) -> None:
    """Have this process tell its traces, if somebody wants them. After the fork, once."""
    if settings.TRACES_URL:
        service = f"kindred-{settings.METRICS_PROGRAM or _ALONE}"
        tracing.begin(settings.TRACES_URL, service=service, share=settings.TRACES_SHARE)
