"""How much of everything there is: numbers for monitoring, cheap at any size."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage, storages
from django.db import connection
from django.db.models import Avg, Count, QuerySet

from faces.models import Face
from jobs import statistics
from jobs.models import STATUS, Delivery, Item, Job, Pause, State
from jobs.standing import IN_STATE
from jobs.statistics import Depth, Worker
from photos.models import Photo

FEW = 100_000  # rows: so many are counted, more are estimated
_SIZED = 10_000  # photos, the newest ones, that the mean size is taken of
_STORAGES = ("default", "intake", "results")

# What the last VACUUM or ANALYZE saw. Negative: there was none yet.
_ROWS = "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass"
_SHARES = """
SELECT unnest(most_common_vals::text::text[]), unnest(most_common_freqs) FROM pg_stats
WHERE schemaname = current_schema() AND tablename = %s AND attname = %s
"""


class Census:
    """Counts rows, or estimates how many there are, and knows which it did."""

    def __init__(self) -> None:
        self.estimated: set[str] = set()

    def count(self, what: str, rows: QuerySet[Any], table: str) -> int:
        about = _estimate(table)
        if about <= FEW:
            return rows.count()
        self.estimated.add(what)
        return about

    def by_state(
        self, what: str, rows: QuerySet[Any], table: str, states: Iterable[str]
    ) -> dict[str, int]:
        counts = self.by_value(what, rows, table, "state")
        return {state: counts.get(state, 0) for state in states}

    def by_value(self, what: str, rows: QuerySet[Any], table: str, column: str) -> dict[str, int]:
        """How many rows have each value of a column of text. Of many rows: each frequent value."""
        about = _estimate(table)
        if about <= FEW:
            return dict(rows.order_by().values_list(column).annotate(Count("pk")))
        self.estimated.add(what)
        with connection.cursor() as cursor:
            cursor.execute(_SHARES, [table, column])
            return {value: round(about * share) for value, share in cursor.fetchall()}


def _estimate(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [table])
        return int(cursor.fetchone()[0])


def totals() -> dict[str, Any]:
    """All numbers, as JSON. `estimated` names those that are no exact counts."""
    census = Census()
    photos = census.count("photos", Photo.objects.all(), "photos_photo")
    return {
        "paused": Pause.objects.exists(),
        "jobs": _jobs(census),
        "items": _items(census),
        "queue": _queue(statistics.depths()),
        "last_hour": _last_hour(),
        "failures": {each.code: each.count for each in statistics.failures()},
        "workers": [_worker(each) for each in statistics.workers()],
        "deliveries": census.by_state(
            "deliveries", Delivery.objects.all(), "jobs_delivery", Delivery.State.values
        ),
        "photos": photos,
        "faces": census.count("faces", Face.objects.all(), "faces_face"),
        "original_bytes": _original_bytes(photos, census),
        "disks": {name: found for name in _STORAGES if (found := _disk(name))},
        "estimated": sorted(census.estimated),
    }


def _jobs(census: Census) -> dict[str, int]:
    """A job's state is that of its items: only of those that are not finished it is looked up."""
    left = (State.QUEUED, State.PROCESSING, State.PAUSED)
    counts = {f"{state}": Count("pk", filter=IN_STATE[state]) for state in left}
    unfinished = Job.objects.filter(finished_at=None)
    known = unfinished.aggregate(total=Count("pk"), **counts)
    every = census.count("jobs", Job.objects.all(), "jobs_job")
    finished = max(0, every - known.pop("total"))
    return {STATUS[State(state)]: count for state, count in known.items()} | {"finished": finished}


def _items(census: Census) -> dict[str, int]:
    counts = census.by_state("items", Item.objects.all(), "jobs_item", State.values)
    return {STATUS[State(state)]: count for state, count in counts.items()}


def _queue(depths: Sequence[Depth]) -> dict[str, Any]:
    waits = [each for each in depths if each.waiting]
    return {
        "waiting": sum(each.waiting for each in waits),
        "oldest_s": max((each.oldest_s for each in waits if each.oldest_s), default=None),
        "by_priority": {
            str(each.priority): {"waiting": each.waiting, "oldest_s": each.oldest_s}
            for each in waits
        },
        "is_bounded": any(each.is_bounded for each in waits),
    }


def _last_hour() -> dict[str, Any]:
    minutes = statistics.throughput()
    return {
        "completed": sum(each.completed for each in minutes),
        "failed": sum(each.failed for each in minutes),
        "stages_ms": {
            each.stage: {"p50": each.p50_ms, "p95": each.p95_ms}
            for each in statistics.stage_times()
        },
    }


def _worker(worker: Worker) -> dict[str, Any]:
    return {
        "name": worker.shown,
        "items": len(worker.items),
        "lease_s": worker.lease_s,
        "longest_s": worker.longest_s,
        "remote": worker.remote is not None,
        "seen_at": worker.remote.seen_at.isoformat() if worker.remote else None,
    }


def _original_bytes(photos: int, census: Census) -> int:
    """Of all originals; of many photos, by the mean of the newest."""
    newest = Photo.objects.order_by("-pk")[:_SIZED]
    mean = newest.aggregate(mean=Avg("size_bytes"))["mean"] or 0
    if photos > _SIZED:
        census.estimated.add("original_bytes")
    return round(float(mean) * photos)


def _disk(name: str) -> Mapping[str, int] | None:
    """Of the disk that a storage writes to."""
    storage = storages[name]
    if not isinstance(storage, FileSystemStorage):
        return None
    root = Path(storage.location)
    usage = shutil.disk_usage(next(each for each in (root, *root.parents) if each.exists()))
    return {"free_bytes": usage.free, "total_bytes": usage.total}
