"""All metrics as text, as Prometheus reads it."""

import platform
from collections.abc import Iterator
from typing import Any

import django
from prometheus_client import CollectorRegistry, Metric, generate_latest

from config.monitoring import standing
from config.monitoring.looking import READINESS
from config.monitoring.standing import gauge
from config.version import VERSION
from jobs import measured


class _All:
    """What a registry asks for."""

    def collect(self) -> Iterator[Metric]:
        yield from measured.metrics()
        yield from standing.metrics()
        yield from readiness()
        yield built()


def text() -> bytes:
    registry = CollectorRegistry()
    registry.register(_All())
    return generate_latest(registry)


def readiness() -> Iterator[Metric]:
    samples: list[Any] = [
        ({"check": each.name}, float(each.is_well)) for each in READINESS.findings()
    ]
    yield gauge("kindred_check_ok", "Whether what /readyz looks at is well.", samples)


def built() -> Metric:
    versions = {
        "version": VERSION,
        "python": platform.python_version(),
        "django": django.get_version(),
    }
    return gauge("kindred_build_info", "What runs here; always 1.", [(versions, 1.0)])
