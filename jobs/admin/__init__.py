"""Jobs for staff, and all that takes part in them. Importing it registers the pages."""

from jobs.admin import (
    items,
    jobs,
    people,
    queue_page,
    removals,
    storage,
    tasks,
    training_page,
    webhooks,
    workers,
)

__all__ = [
    "items",
    "jobs",
    "people",
    "queue_page",
    "removals",
    "storage",
    "tasks",
    "training_page",
    "webhooks",
    "workers",
]
