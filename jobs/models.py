"""What was asked for, and how far it is: the rows are the queue."""

import datetime
import uuid
from collections.abc import Mapping
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, F, Min, Prefetch, Q
from django.db.models.functions import Now

from faces.models import Face
from photos.models import Analysis, Owner, Photo
from search import results

HIGHEST_PRIORITY = 10
DEFAULT_PRIORITY = 5
LOWEST_PRIORITY = 0
FIRST = 100  # items that a job is shown with


class State(models.TextChoices):
    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


FINAL = (State.SUCCEEDED, State.FAILED)


class JobQuerySet(models.QuerySet["Job"]):
    def with_progress(self) -> Self:
        """Each with the number of its items: all, and by state."""
        count = {
            f"{state}_count": Count("items", filter=Q(items__state=state)) for state in State.values
        }
        return self.annotate(item_count=Count("items"), **count)

    def with_results(self, recipes: Mapping[str, str]) -> Self:
        """Each with its `first_items`, and what `recipes` have found in their photos."""
        faces = Face.objects.with_people().order_by("pk")
        analyses = Analysis.objects.order_by("pk")
        items = (
            Item.objects.order_by("pk")
            .select_related("photo")
            .prefetch_related(
                Prefetch("photo__faces", faces),
                Prefetch("photo__analyses", analyses),
                *results.prefetches(recipes, "photo__"),
            )
        )
        return self.prefetch_related(Prefetch("items", items[:FIRST], to_attr="first_items"))


class Job(models.Model):
    """A request: an owner wants operations done on some photos."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="jobs")
    operations = ArrayField(models.CharField(max_length=20))
    created_at = models.DateTimeField(auto_now_add=True)

    # Set by with_progress().
    item_count: int
    queued_count: int
    processing_count: int
    succeeded_count: int
    failed_count: int
    first_items: list["Item"]  # set by with_results()

    objects = JobQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["owner", "-created_at"], name="job_newest_of_owner")]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def state(self) -> State:
        """Derived from the items. Needs with_progress()."""
        if self.succeeded_count + self.failed_count == self.item_count:
            return State.FAILED if self.failed_count == self.item_count else State.SUCCEEDED
        started = self.processing_count or self.succeeded_count or self.failed_count
        return State.PROCESSING if started else State.QUEUED


_CLAIM = """
WITH claimed AS MATERIALIZED (
    SELECT id AS best FROM jobs_item
    WHERE state = 'queued' AND run_after <= statement_timestamp() AND (deaths > 0) = %(suspects)s
    ORDER BY priority DESC, id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE jobs_item SET
    state = 'processing',
    attempts = attempts + 1,
    worker = %(worker)s,
    lease_until = statement_timestamp() + %(lease)s,
    started_at = statement_timestamp()
FROM claimed
WHERE id = best
RETURNING jobs_item.*
"""

_SWEEP = """
UPDATE jobs_item SET
    deaths = deaths + 1,
    state = CASE WHEN deaths + 1 < %(max_deaths)s THEN 'queued' ELSE 'failed' END,
    error_code = CASE WHEN deaths + 1 < %(max_deaths)s THEN '' ELSE 'worker_died' END,
    error_detail = CASE WHEN deaths + 1 < %(max_deaths)s THEN ''
        ELSE 'The worker stopped in the middle of this photo, several times.' END,
    finished_at = CASE WHEN deaths + 1 < %(max_deaths)s THEN NULL
        ELSE statement_timestamp() END,
    worker = '',
    lease_until = NULL
FROM (
    SELECT id AS expired FROM jobs_item
    WHERE state = 'processing' AND lease_until < statement_timestamp()
    FOR UPDATE SKIP LOCKED
) AS lost
WHERE id = expired
RETURNING jobs_item.*
"""


class ItemQuerySet(models.QuerySet["Item"]):
    """The queue. Time is the database's, so that clocks of workers don't matter."""

    def claim(
        self, *, worker: str, limit: int, lease_s: float, suspects: bool = False
    ) -> list["Item"]:
        """Take up to `limit` items for `worker`: best priority first, then the oldest.

        An item is given to one worker only. It is the worker's until its lease ends, and
        each claim counts as an attempt. `suspects` are those that a worker has died with:
        they are only given when they are asked for, to be worked on alone.
        """
        values = {
            "worker": worker,
            "limit": limit,
            "lease": datetime.timedelta(seconds=lease_s),
            "suspects": suspects,
        }
        items = list(self.raw(_CLAIM, values))
        models.prefetch_related_objects(items, "job__owner")
        return items

    def renew(self, *, worker: str, lease_s: float) -> int:
        """Keep what `worker` still holds for another `lease_s`; returns how many that are."""
        mine = self.filter(state=State.PROCESSING, worker=worker)
        return mine.update(lease_until=Now() + datetime.timedelta(seconds=lease_s))

    def sweep(self, *, max_deaths: int) -> list["Item"]:
        """Take items back from workers whose lease has ended; fail those with enough of that."""
        return list(self.raw(_SWEEP, {"max_deaths": max_deaths}))

    def waiting(self) -> Self:
        """Items that a worker could take now."""
        return self.filter(state=State.QUEUED, run_after__lte=Now())

    def next_in_s(self) -> float | None:
        """Seconds until a worker can take an item: 0 is now, None is never."""
        queued = self.filter(state=State.QUEUED)
        wait = queued.aggregate(wait=Min("run_after") - Now())["wait"]
        return None if wait is None else max(0.0, wait.total_seconds())


class Item(models.Model):
    """One photo of a job, and the state of its work. Its state changes through the queue alone."""

    class Source(models.TextChoices):
        URL = "url", "fetched from a URL"
        UPLOAD = "upload", "uploaded"
        STORAGE = "storage", "in the owner's folder of the intake storage"
        KEPT = "kept", "the original of a photo that is in the catalogue"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="items")
    external_id = models.CharField(max_length=255, blank=True)
    source = models.CharField(max_length=10, choices=Source)
    location = models.TextField(help_text="A URL, or a key of the intake storage.")
    file_name = models.CharField(max_length=255, blank=True, help_text="As the caller named it.")
    priority = models.PositiveSmallIntegerField(default=DEFAULT_PRIORITY)

    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    deaths = models.PositiveSmallIntegerField(
        default=0, help_text="Attempts that ended with the worker, not with an answer."
    )
    run_after = models.DateTimeField(db_default=Now())
    worker = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    photo = models.ForeignKey(Photo, on_delete=models.SET_NULL, null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_detail = models.TextField(blank=True)
    stage_ms = models.JSONField(default=dict, help_text="Milliseconds of each stage.")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state=State.PROCESSING, lease_until__isnull=False)
                | (~Q(state=State.PROCESSING) & Q(lease_until=None)),
                name="item_lease_iff_processing",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.SUCCEEDED) | Q(error_code=""),
                name="item_success_has_no_error",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.FAILED) | ~Q(error_code=""),
                name="item_failure_has_an_error",
            ),
            models.CheckConstraint(
                condition=Q(priority__lte=HIGHEST_PRIORITY), name="item_priority_0_to_10"
            ),
        ]
        indexes = [
            models.Index(
                F("priority").desc(),
                F("id"),
                name="item_next",
                condition=Q(state=State.QUEUED),
            ),
            models.Index(
                fields=["lease_until"], name="item_leased", condition=Q(state=State.PROCESSING)
            ),
        ]

    def __str__(self) -> str:
        return f"Item {self.pk}"
