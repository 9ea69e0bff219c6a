"""How all of it stands, as the database says: gauges. A fixed number of bounded statements."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.db import DatabaseError, connection
from prometheus_client import Metric

from jobs import statistics
from jobs.models import Delivery, Pause

KEPT_S = 5.0  # however many ask
_MANY = 10_000  # rows of a kind that are counted
_TABLES = {
    "photos_photo": "photos",
    "faces_face": "faces",
    "faces_cluster": "clusters",
    "faces_person": "people",
    "jobs_item": "items",
    "jobs_event": "events",
    "jobs_delivery": "deliveries",
}
_NOW = """
SELECT
    (SELECT count(*) FROM (
        SELECT FROM jobs_item WHERE state = 'processing' LIMIT %(many)s) AS working),
    (SELECT count(*) FROM (
        SELECT FROM jobs_item WHERE state = 'processing' AND lease_until < statement_timestamp()
        LIMIT %(many)s) AS lost),
    (SELECT count(*) FROM (
        SELECT FROM jobs_job WHERE finished_at IS NULL LIMIT %(many)s) AS unfinished),
    (SELECT greatest(extract(epoch FROM statement_timestamp() - min(next_run)), 0)::float
        FROM django_q_schedule WHERE func = 'jobs.tasks.sweep' HAVING count(*) > 0),
    pg_database_size(current_database())
"""
_WAITING = """
SELECT channel, count(*),
    COALESCE(extract(epoch FROM statement_timestamp() - min(created_at)), 0)::float
FROM (
    SELECT channel, created_at FROM jobs_delivery WHERE state = 'pending' LIMIT %(many)s
) AS waiting GROUP BY channel
"""
_CONNECTIONS = """
SELECT COALESCE(state, 'other'), count(*), current_setting('max_connections')::int
FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' GROUP BY state
"""
_ROWS = """
SELECT relname, greatest(reltuples, 0)::bigint FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relname = ANY (%(tables)s)
"""
_STATES = ("active", "idle", "idle in transaction")  # of connections; the rest is `other`


def metrics() -> Iterator[Metric]:
    """Those of a moment ago, where somebody has just asked. A database that is away is said so."""
    try:
        found = [*_remembered(_look)]
    except DatabaseError:
        found = [gauge("kindred_database_up", "Whether the database answers.", [({}, 0.0)])]
    yield from found


def gauge(name: str, says: str, samples: list[tuple[Mapping[str, str], float]]) -> Metric:
    metric = Metric(name, says, "gauge")
    for labels, value in samples:
        metric.add_sample(name, dict(labels), value)
    return metric


def _look() -> list[Metric]:
    """Six statements, whatever there is."""
    return [
        gauge("kindred_database_up", "Whether the database answers.", [({}, 1.0)]),
        *_queue(),
        *_now(),
        *_deliveries(),
        *_connections(),
        gauge(
            "kindred_rows",
            "Rows of a table, as PostgreSQL estimates them.",
            [({"table": _TABLES[name]}, rows) for name, rows in _rows(_ROWS, tables=[*_TABLES])],
        ),
    ]


def _queue() -> Iterator[Metric]:
    depths = statistics.depths()
    paused = float(Pause.objects.exists())
    waiting = [({"priority": str(each.priority)}, float(each.waiting)) for each in depths]
    yield gauge("kindred_queue_waiting", "Photos and tasks that wait, by priority.", [*waiting])
    oldest = max((each.oldest_s or 0.0 for each in depths), default=0.0)
    says = "Since the oldest of those that wait was asked for; 0: none waits."
    yield gauge("kindred_queue_oldest_seconds", says, [({}, oldest)])
    yield gauge("kindred_queue_paused", "Whether somebody has stopped the queue.", [({}, paused)])


def _now() -> Iterator[Metric]:
    [(working, lost, unfinished, overdue_s, size)] = _rows(_NOW)
    for name, says, value in (
        ("kindred_queue_processing", "Photos and tasks that are worked on.", working),
        ("kindred_queue_leases_lost", "Of those, the ones whose worker is silent.", lost),
        ("kindred_jobs_unfinished", "Jobs of which something is left to do.", unfinished),
        (
            "kindred_schedule_overdue_seconds",
            "Since the sweep of each minute was due: nobody does it. Not there: nobody ever did.",
            overdue_s,
        ),
        ("kindred_database_bytes", "Of the database on its disk.", size),
    ):
        yield gauge(name, says, [] if value is None else [({}, float(value))])


def _deliveries() -> Iterator[Metric]:
    none = dict.fromkeys(Delivery.Channel.values, (0, 0.0))
    known = none | {channel: (count, oldest) for channel, count, oldest in _rows(_WAITING)}
    for name, says, part in (
        ("kindred_deliveries_waiting", "What is still to be told outside.", 0),
        ("kindred_deliveries_oldest_seconds", "Since the oldest of that happened.", 1),
    ):
        samples = [({"channel": channel}, float(of[part])) for channel, of in known.items()]
        yield gauge(name, says, [*samples])


def _connections() -> Iterator[Metric]:
    counts, most = dict.fromkeys((*_STATES, "other"), 0), 0
    for state, count, limit in _rows(_CONNECTIONS):
        counts[state if state in _STATES else "other"] += count
        most = limit
    samples = [({"state": state}, float(count)) for state, count in counts.items()]
    yield gauge("kindred_database_connections", "To this database, by their state.", [*samples])
    says = "That the database server takes, of all its databases."
    yield gauge("kindred_database_connections_max", says, [({}, float(most))])


def _rows(sql: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"many": _MANY, **values})
        return list(cursor.fetchall())


_lock = threading.Lock()
_kept: tuple[float, list[Metric]] = (float("-inf"), [])


def _remembered(look: Callable[[], list[Metric]]) -> list[Metric]:
    global _kept  # noqa: PLW0603  # one memory a process, under its lock
    with _lock:
        at, found = _kept
        if time.monotonic() - at > KEPT_S:
            found = look()
            _kept = (time.monotonic(), found)
        return found


def forget() -> None:
    """Look anew: for tests."""
    global _kept  # noqa: PLW0603
    with _lock:
        _kept = (float("-inf"), [])
