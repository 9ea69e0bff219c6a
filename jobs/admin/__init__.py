"""Jobs for staff, and all that takes part in them. Importing it registers the pages."""

from jobs.admin import items, jobs, queue_page, storage, webhooks, workers

__all__ = ["items", "jobs", "queue_page", "storage", "webhooks", "workers"]
