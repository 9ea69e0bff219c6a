"""The tables of the queue, of what is told about it, and of those outside who take part in it."""

from jobs.models.outbox import Delivery, Event, Webhook
from jobs.models.outside import RemoteWorker, StorageSource, WorkerToken
from jobs.models.pause import Pause
from jobs.models.states import (
    DEFAULT_PRIORITY,
    FINAL,
    HIGHEST_PRIORITY,
    LOWEST_PRIORITY,
    STATUS,
    UNFINISHED,
    State,
)
from jobs.models.work import FIRST, MAX_ATTEMPTS, Item, Job

__all__ = [
    "DEFAULT_PRIORITY",
    "FINAL",
    "FIRST",
    "HIGHEST_PRIORITY",
    "LOWEST_PRIORITY",
    "MAX_ATTEMPTS",
    "STATUS",
    "UNFINISHED",
    "Delivery",
    "Event",
    "Item",
    "Job",
    "Pause",
    "RemoteWorker",
    "State",
    "StorageSource",
    "Webhook",
    "WorkerToken",
]
