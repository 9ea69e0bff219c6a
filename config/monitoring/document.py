"""The table of all metrics, as docs/reference/metrics.md shows it."""

from collections.abc import Iterator
from importlib import import_module

from prometheus_client import REGISTRY, Metric

from config.monitoring import exposition, standing
from jobs.measured import OURS

# What they count is in the table, whether somebody has used them yet or not.
for name in (
    "config.monitoring.requests",
    "config.rpc.calls",
    "faces.metrics",
    "inference.metrics",
    "jobs.metrics",
):
    import_module(name)
_HEAD = """# Metrics

Written by `manage.py reference`, of what the service counts. How they are read, and by whom, is in
[monitoring.md](../monitoring.md#metrics); `manage.py metrics` shows the numbers. Labels have few
values, all of them ours: no owner, no id, no address, no word that anybody wrote.

| metric | kind | labels | what |
| --- | --- | --- | --- |
"""


def as_markdown() -> str:
    return _HEAD + "".join(f"{row}\n" for row in rows())


def rows() -> list[str]:
    counted = dict(_labels())
    found = {each.name: each for each in (*REGISTRY.collect(), *_gauges())}
    return [
        _row(metric, counted.get(name, _of_samples(metric)))
        for name, metric in sorted(found.items())
        if name.startswith(OURS)
    ]


def names() -> set[str]:
    """Of all series: what a question to Prometheus may name."""
    found = set()
    for each in (*REGISTRY.collect(), *_gauges()):
        if each.name.startswith(OURS):
            endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
            found |= {f"{each.name}{ending}" for ending in endings.get(each.type, ("",))}
    return found


def _gauges() -> Iterator[Metric]:
    yield from standing.metrics()
    yield from exposition.readiness()
    yield exposition.built()


def _labels() -> Iterator[tuple[str, list[str]]]:
    """Of what is counted, also where nothing was yet."""
    for collector in list(REGISTRY._collector_to_names):  # noqa: SLF001  # nothing else names them
        name = getattr(collector, "_name", "")
        yield name, list(getattr(collector, "_labelnames", ()))


def _of_samples(metric: Metric) -> list[str]:
    return sorted({label for each in metric.samples for label in each.labels} - {"le"})


def _row(metric: Metric, labels: list[str]) -> str:
    ending = "_total" if metric.type == "counter" else ""
    shown = ", ".join(f"`{label}`" for label in labels)
    return f"| `{metric.name}{ending}` | {metric.type} | {shown} | {metric.documentation} |"
