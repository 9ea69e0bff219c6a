"""Counting requests, and how long they take."""

import time
from collections.abc import Callable

from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import Counter, Gauge, Histogram

from inference.tracing import span

REQUESTS = Counter(
    "kindred_http_requests_total",
    "Requests that were answered.",
    ["route", "method", "status"],
)
SECONDS = Histogram(
    "kindred_http_request_seconds",
    "Until the answer begins; streams, which go on, are not in it.",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
POOL = Gauge(
    "kindred_database_pool",
    "Connections of the pools of web processes: open, idle, and requests that wait for one.",
    ["state"],
    multiprocess_mode="livesum",
)
_POOL_STATES = {"open": "pool_size", "idle": "pool_available", "waited_for": "requests_waiting"}
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_LOOK_S = 1.0  # between looks at the pool
_looked_at = 0.0


def counted(
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """A middleware. A route is the name of an address, of which we have some hundred."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        start = time.perf_counter()
        with span(f"{request.method}", request.headers):
            response = answer(request)
        match = request.resolver_match
        route = (match.view_name if match else "") or "none"
        method = request.method if request.method in _METHODS else "other"
        REQUESTS.labels(route, method, str(response.status_code)).inc()
        if not response.streaming:
            SECONDS.labels(route).observe(time.perf_counter() - start)
        _look_at_pool()
        return response

    return answered


def _look_at_pool() -> None:
    global _looked_at  # noqa: PLW0603  # one clock a process; who is late by a race looks once more
    if time.monotonic() - _looked_at < _LOOK_S:
        return
    _looked_at = time.monotonic()
    pool = getattr(connections[DEFAULT_DB_ALIAS], "pool", None)
    if pool is not None:
        stats = pool.get_stats()
        for state, name in _POOL_STATES.items():
            POOL.labels(state).set(stats.get(name, 0))
