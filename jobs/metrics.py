"""What is measured of jobs, searches and of what is told outside: docs/monitoring.md.

Labels have few values, all of them ours: no owner, no id, no address, nothing that anybody wrote.
What happens in a transaction is counted when that is committed.
"""

from collections.abc import Mapping
from functools import partial

from django.db import transaction
from prometheus_client import Counter, Gauge, Histogram

from jobs.models import Item, Job, State
from photos.operations import OPERATIONS

OTHER = "other"
_STAGES = {"fetch", "decode", "store", "files", *OPERATIONS}
_SLOW = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)  # seconds

ITEMS_ENDED = Counter(
    "kindred_items_ended_total",
    "Tries of a photo, or of a task, that ended: `queued` ones are tried again.",
    ["what", "outcome"],
)
ITEM_ERRORS = Counter(
    "kindred_item_errors_total", "Tries that ended with an error, by its code.", ["code"]
)
JOBS_FINISHED = Counter(
    "kindred_jobs_finished_total", "Jobs of which nothing is left to do.", ["kind", "outcome"]
)
STAGE_SECONDS = Histogram(
    "kindred_stage_seconds", "Of a stage of a photo's way.", ["stage"], buckets=_SLOW
)
SWEPT = Counter(
    "kindred_items_swept_total", "Photos and tasks that were taken back from dead workers."
)
SEARCH_SECONDS = Histogram("kindred_search_seconds", "Of a question that was answered.")
DELIVERIES = Counter(
    "kindred_deliveries_total",
    "Tries to tell a webhook, the broker or the media store.",
    ["channel", "outcome"],
)
DELIVERY_SECONDS = Histogram(
    "kindred_delivery_seconds", "Of one such try.", ["channel"], buckets=_SLOW
)
STREAMS = Gauge("kindred_streams", "Requests that listen or wait.", multiprocess_mode="livesum")
LOOKS = Counter("kindred_event_looks_total", "Looks for new events, which streams share.")
_CODES: set[str] = set()  # of errors that were counted
_MOST_CODES = 200  # more than there are: a remote worker might make them up


def note_end(item: Item, state: State, code: str) -> None:
    """Count the end of a try, when the caller's transaction is committed."""
    transaction.on_commit(partial(_count_end, item, state, code))


def _count_end(item: Item, state: State, code: str) -> None:
    what = "task" if item.source == Item.Source.NONE else "photo"
    ITEMS_ENDED.labels(what, state.value).inc()
    if code:
        ITEM_ERRORS.labels(_bounded(code)).inc()
    if state != State.QUEUED:
        note_stages(item.stage_ms)


def note_stages(stage_ms: Mapping[str, float]) -> None:
    for stage, ms in stage_ms.items():
        STAGE_SECONDS.labels(stage if stage in _STAGES else OTHER).observe(ms / 1000)


def note_finished(job: Job) -> None:
    """Needs with_progress()."""
    transaction.on_commit(JOBS_FINISHED.labels(job.kind, job.state.value).inc)


def _bounded(code: str) -> str:
    if code in _CODES or len(_CODES) < _MOST_CODES:
        _CODES.add(code)
        return code
    return OTHER
