"""What is measured of calls to the model server, on our side of the wire: docs/monitoring.md."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Histogram

from inference.errors import InferenceError

SECONDS = Histogram(
    "kindred_inference_seconds",
    "Of a call to the model server that was answered, with its way there and back.",
    ["model"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)
ITEMS = Histogram(
    "kindred_inference_batch_items",
    "Photos, crops or texts of one call; Triton puts calls together, and tells of that itself.",
    ["model"],
    buckets=(1, 2, 4, 8, 16, 32, 64),
)
ERRORS = Counter(
    "kindred_inference_errors_total",
    "Calls to the model server that failed, by the code of the error.",
    ["model", "code"],
)


@contextmanager
def measured(model: str, items: int) -> Iterator[None]:
    """One call. `model`: its name at the server, of which a repository has few."""
    start = time.perf_counter()
    try:
        yield
    except InferenceError as exc:
        ERRORS.labels(model, exc.code).inc()
        raise
    SECONDS.labels(model).observe(time.perf_counter() - start)
    ITEMS.labels(model).observe(items)
