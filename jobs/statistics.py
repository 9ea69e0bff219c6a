"""How the queue stands: what staff look at while it runs.

Each question costs one query, and that query is bounded: what is beyond a bound is said to be
more, and not counted. So a page of all of them is quick with a million photos in the queue.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from jobs.models import HIGHEST_PRIORITY, Item, RemoteWorker, State

MANY = 100_000  # waiting photos that are counted in each priority
RECENT_DAYS = 7  # of failures
MINUTES = 60  # of throughput
MANY_A_MINUTE = 10_000  # photos that are counted of each
_FIRST = 1000  # in line, of which the oldest is looked for: owners' first ones stand there
_FAILURES = 10_000  # the newest ones, which are counted, and tried again at once
_TIMED = 1000  # photos, the newest ones, that stage times are taken of
_IN_WORK = 1000  # photos in work that are shown by their workers
_REMOTE = 100
_SEEN_HOURS = 24  # a remote worker that said nothing for longer is not shown

# For each priority an index is read, and at most so much of it.
_DEPTHS = """
SELECT ranks.rank, line.waiting + suspects.waiting, extract(
    epoch FROM statement_timestamp() - LEAST(line.oldest, suspects.oldest)
)::float
FROM generate_series(%(highest)s, 0, -1) AS ranks (rank)
CROSS JOIN LATERAL (
    SELECT count(*) AS waiting, (
        SELECT min(created_at) FROM (
            SELECT created_at FROM jobs_item AS item
            WHERE state = 'queued' AND deaths = 0 AND item.rank = ranks.rank
            ORDER BY turn, id LIMIT %(first)s
        ) AS foremost
    ) AS oldest
    FROM (
        SELECT FROM jobs_item AS item
        WHERE state = 'queued' AND deaths = 0 AND item.rank = ranks.rank
        LIMIT %(many)s
    ) AS waiting
) AS line
CROSS JOIN LATERAL (
    SELECT count(*) AS waiting, min(created_at) AS oldest FROM (
        SELECT created_at FROM jobs_item AS item
        WHERE state = 'queued' AND deaths > 0 AND item.rank = ranks.rank
        LIMIT %(first)s
    ) AS suspects
) AS suspects
ORDER BY ranks.rank DESC
"""

_ENDED = """
SELECT ago, ended.completed, ended.failed
FROM generate_series(%(minutes)s - 1, 0, -1) AS minutes (ago)
CROSS JOIN LATERAL (
    SELECT date_trunc('minute', statement_timestamp()) - ago * interval '1 minute' AS begins
) AS times
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE kind = 'photo.completed') AS completed,
        count(*) FILTER (WHERE kind = 'photo.failed') AS failed
    FROM (
        SELECT kind FROM jobs_event
        WHERE created_at >= begins AND created_at < begins + interval '1 minute'
            AND kind IN ('photo.completed', 'photo.failed')
        LIMIT %(limit)s
    ) AS counted
) AS ended
ORDER BY ago DESC
"""

_STAGES = """
SELECT stage, count(*), percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY ms::float)
FROM (
    SELECT stage_ms FROM jobs_item WHERE id IN (
        SELECT (data ->> 'item_id')::bigint FROM jobs_event
        WHERE kind = 'photo.completed' AND created_at > statement_timestamp() - %(span)s
        ORDER BY created_at DESC LIMIT %(limit)s
    )
) AS timed
CROSS JOIN LATERAL jsonb_each_text(stage_ms) AS stages (stage, ms)
GROUP BY stage
ORDER BY min(array_position(%(order)s, stage)) NULLS LAST, stage
"""
_FIRST_STAGES, _LAST_STAGE = ["fetch", "decode"], "store"

_FAILED = """
SELECT error_code, count(*), max(finished_at), (array_agg(id ORDER BY finished_at DESC))[1]
FROM (
    SELECT id, error_code, finished_at FROM jobs_item
    WHERE state = 'failed' AND finished_at > statement_timestamp() - %(span)s
    ORDER BY finished_at DESC LIMIT %(limit)s
) AS newest
GROUP BY error_code
ORDER BY count(*) DESC, error_code
"""


@dataclass(frozen=True)
class Depth:
    """What waits with one priority. What has waited long counts as more urgent than asked for."""

    priority: int
    waiting: int  # MANY: or more
    oldest_s: float | None  # since the oldest of them was asked for

    @property
    def is_bounded(self) -> bool:
        return self.waiting >= MANY


@dataclass(frozen=True)
class Minute:
    """What ended in one minute."""

    ago: int  # minutes; 0 is the one that runs
    completed: int = 0
    failed: int = 0

    @property
    def is_bounded(self) -> bool:
        return self.completed + self.failed >= MANY_A_MINUTE


@dataclass(frozen=True)
class StageTime:
    """How long a stage takes, in milliseconds: half of the photos, and 95 of 100, are faster."""

    stage: str
    photos: int
    p50_ms: float
    p95_ms: float


@dataclass
class Worker:
    """Somebody who holds items, or a remote worker that was heard of lately."""

    name: str
    shown: str  # to people
    items: list[Item] = field(default_factory=list)  # in work, the first begun first
    remote: RemoteWorker | None = None

    @property
    def lease_s(self) -> float | None:
        """Seconds until the first of its leases ends; negative: it has ended."""
        ends = [item.lease_until for item in self.items if item.lease_until]
        return (min(ends) - timezone.now()).total_seconds() if ends else None

    @property
    def silent_s(self) -> float | None:
        """Seconds since a remote worker was heard of."""
        return (timezone.now() - self.remote.seen_at).total_seconds() if self.remote else None

    @property
    def longest_s(self) -> float | None:
        """Seconds since it began the item that it works on for longest."""
        begun = self.items[0].started_at if self.items else None
        return (timezone.now() - begun).total_seconds() if begun else None


@dataclass(frozen=True)
class Failure:
    """Items that failed lately with one code."""

    code: str
    count: int
    last_at: datetime
    example: Item


def depths() -> list[Depth]:
    """What waits, most urgent first: all priorities, also those of which nothing does."""
    values = {"highest": HIGHEST_PRIORITY, "first": _FIRST, "many": MANY}
    return [
        Depth(rank, min(waiting, MANY), oldest) for rank, waiting, oldest in _rows(_DEPTHS, values)
    ]


def throughput() -> list[Minute]:
    """The last hour, oldest minute first."""
    rows = _rows(_ENDED, {"minutes": MINUTES, "limit": MANY_A_MINUTE})
    return [Minute(ago, completed, failed) for ago, completed, failed in rows]


def stage_times() -> list[StageTime]:
    """Of the last 1,000 photos that were completed in the last hour."""
    values = {
        "span": timedelta(minutes=MINUTES),
        "limit": _TIMED,
        "order": _FIRST_STAGES,
    }
    found = [StageTime(stage, count, *times) for stage, count, times in _rows(_STAGES, values)]
    return sorted(found, key=lambda each: each.stage == _LAST_STAGE)


def workers() -> list[Worker]:
    """Who works on what, the busiest first. Two queries."""
    found: dict[str, Worker] = {}
    for remote in _remote_workers():
        found[remote.worker] = Worker(remote.worker, remote.name, remote=remote)
    for item in Item.objects.filter(state=State.PROCESSING).order_by("started_at")[:_IN_WORK]:
        worker = found.setdefault(item.worker, Worker(item.worker, _short(item.worker)))
        worker.items.append(item)
    return sorted(found.values(), key=lambda each: (-len(each.items), each.shown))


def failures() -> list[Failure]:
    """The last week's, the most frequent first, of the newest 10,000. Two queries."""
    values = {"span": timedelta(days=RECENT_DAYS), "limit": _FAILURES}
    rows = _rows(_FAILED, values)
    examples = Item.objects.in_bulk([pk for *_, pk in rows])
    return [
        Failure(code, count, last_at, examples[pk])
        for code, count, last_at, pk in rows
        if pk in examples
    ]


def recent_failures(code: str) -> list[int]:
    """Keys of items that failed with `code` in the last week: the newest 10,000."""
    recent = Item.objects.filter(
        state=State.FAILED,
        error_code=code,
        finished_at__gt=Now() - timedelta(days=RECENT_DAYS),
    )
    newest = recent.order_by(F("finished_at").desc())
    return list(newest.values_list("pk", flat=True)[:_FAILURES])


def _remote_workers() -> Iterable[RemoteWorker]:
    lately = RemoteWorker.objects.filter(seen_at__gt=Now() - timedelta(hours=_SEEN_HOURS))
    return lately.order_by("-seen_at")[:_REMOTE]


def _short(worker: str) -> str:
    """The machine and the process; what comes after them is for the queue alone."""
    return ":".join(worker.split(":")[:2])


def _rows(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, dict(values))
        return list(cursor.fetchall())
