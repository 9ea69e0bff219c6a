"""The tables of the queue, of what is told about it, and of those outside who take part in it."""

from jobs.models.cleaning import CleanUp
from jobs.models.deliveries import Delivery, Receiver
from jobs.models.outbox import Event, Webhook
from jobs.models.outside import RemoteWorker, StorageSource, WorkerToken
from jobs.models.pause import Pause
from jobs.models.removals import Removal
from jobs.models.states import (
    DEFAULT_PRIORITY,
    FINAL,
    HIGHEST_PRIORITY,
    LOWEST_PRIORITY,
    STATUS,
    UNFINISHED,
    State,
)
from jobs.models.work import FIRST, MAX_ATTEMPTS, Item, Job, with_findings

__all__ = [
    "DEFAULT_PRIORITY",
    "FINAL",
    "FIRST",
    "HIGHEST_PRIORITY",
    "LOWEST_PRIORITY",
    "MAX_ATTEMPTS",
    "STATUS",
    "UNFINISHED",
    "CleanUp",
    "Delivery",
    "Event",
    "Item",
    "Job",
    "Pause",
    "Receiver",
    "RemoteWorker",
    "Removal",
    "State",
    "StorageSource",
    "Webhook",
    "WorkerToken",
    "with_findings",
]
