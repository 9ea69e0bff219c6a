"""What was asked for, and how far it is: the rows are the queue."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Prefetch, Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from faces.models import Face
from jobs.models.claims import ItemQuerySet
from jobs.models.states import DEFAULT_PRIORITY, FINAL, HIGHEST_PRIORITY, UNFINISHED, State
from jobs.models.sync import with_sync
from photos.models import Analysis, Owner, Photo
from search import results

FIRST = 100  # items that a job is shown with
MAX_ATTEMPTS = 3


def with_findings(items: ItemQuerySet, recipes: Mapping[str, str]) -> ItemQuerySet:
    """Each of `items` with its photo, what `recipes` have found in it, and its `sync`."""
    faces = Face.objects.with_people().order_by("pk")
    analyses = Analysis.objects.order_by("pk")
    return with_sync(items.select_related("photo__place")).prefetch_related(
        Prefetch("photo__faces", faces),
        Prefetch("photo__analyses", analyses),
        *results.prefetches(recipes, "photo__"),
    )


class JobQuerySet(models.QuerySet["Job"]):
    def with_progress(self) -> Self:
        """Each with the number of its items, all and by state, when the first one began, and steps.

        Steps are those of a job that is not about photos, from when it has begun.
        """
        count = {
            f"{state}_count": Count("items", filter=Q(items__state=state)) for state in State.values
        }
        return self.annotate(
            item_count=Count("items"),
            started_at=Min("items__started_at"),
            steps_done=Max("items__done"),
            steps_total=Max("items__total"),
            **count,
        )

    def in_state(self, state: State) -> Self:
        """Those whose `state` that is. In SQL what `Job.state` derives."""

        def some(*states: State) -> Q:
            return Q(Exists(Item.objects.filter(job=OuterRef("pk"), state__in=states)))

        queued, succeeded, failed = map(some, (State.QUEUED, State.SUCCEEDED, State.FAILED))
        conditions = {
            State.QUEUED: queued & ~some(State.PROCESSING, *FINAL),
            State.PAUSED: some(State.PAUSED) & ~some(State.QUEUED, State.PROCESSING),
            State.PROCESSING: some(State.PROCESSING) | queued & some(*FINAL),
            State.CANCELLED: some(State.CANCELLED) & ~some(*UNFINISHED),
            State.FAILED: failed & ~some(*UNFINISHED, State.SUCCEEDED, State.CANCELLED),
            State.SUCCEEDED: (succeeded | ~failed) & ~some(*UNFINISHED, State.CANCELLED),
        }
        return self.filter(conditions[state])

    def with_results(self, recipes: Mapping[str, str]) -> Self:
        """Each with its `first_items`, and what `recipes` have found in their photos."""
        items = with_findings(Item.objects.order_by("pk"), recipes)
        return self.prefetch_related(Prefetch("items", items[:FIRST], to_attr="first_items"))


class Job(models.Model):
    """A request: an owner wants operations done on some photos, or something kept in order.

    Finished when nothing of it is left to do; begun anew when something of it is tried again.
    """

    class Kind(models.TextChoices):
        PHOTOS = "photos", _("photos")
        REINDEX = "reindex", _("looking at photos again")
        CLUSTER = "cluster", _("grouping faces")
        DUAL = "cluster_dual", _("matching faces with people, and grouping the rest")
        ASSIGN = "assign", _("matching faces with people")
        RECLUSTER = "recluster", _("clustering all faces anew")
        REDETECT = "redetect", _("finding faces again")
        LOOK = "look", _("looking at faces without a vector")
        REEMBED = "reembed", _("embedding photos by a new model")
        READ_NAMES = "read_names", _("reading names in the files of photos")
        TRAIN = "train", _("training a matcher")
        MERGE = "merge", _("merging clusters")
        WORDS = "index_words", _("making the words to find photos by")
        THUMBNAILS = "backfill_thumbnails", _("making missing thumbnails")
        DUPLICATES = "near_duplicates", _("finding near-duplicates")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.PHOTOS)
    operations = ArrayField(models.CharField(max_length=20))
    arguments = models.JSONField(default=dict, blank=True, help_text="Of tasks, and of doors.")
    result_files = models.BooleanField(default=False, help_text="Results are written to files too.")
    idempotency_key = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001  # unique
    fingerprint = models.CharField(
        max_length=64, blank=True, help_text="Of what was asked for with the idempotency key."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    # Set by with_progress().
    item_count: int
    queued_count: int
    paused_count: int
    processing_count: int
    succeeded_count: int
    failed_count: int
    cancelled_count: int
    started_at: datetime | None
    steps_done: int
    steps_total: int | None
    first_items: list["Item"]  # set by with_results()

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "idempotency_key"], name="job_once_per_idempotency_key"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="job_newest_of_owner"),
            models.Index(
                fields=["created_at"], name="job_unfinished", condition=Q(finished_at=None)
            ),
            models.Index(
                fields=["finished_at"],
                name="job_finished",
                condition=Q(finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def state(self) -> State:
        """Derived from the items. Needs with_progress()."""
        done = self.succeeded_count + self.failed_count + self.cancelled_count
        if done == self.item_count:
            return self._end()
        if self.processing_count or (self.queued_count and done):
            return State.PROCESSING
        return State.QUEUED if self.queued_count else State.PAUSED

    def _end(self) -> State:
        if self.cancelled_count:
            return State.CANCELLED
        all_failed = self.failed_count and self.failed_count == self.item_count
        return State.FAILED if all_failed else State.SUCCEEDED


class Item(models.Model):
    """One photo of a job, and the state of its work. Its state changes through the queue alone."""

    class Source(models.TextChoices):
        URL = "url", _("fetched from a URL")
        UPLOAD = "upload", _("uploaded")
        STORAGE = "storage", _("in the owner's folder of the intake storage")
        KEPT = "kept", _("the original of a photo that is in the catalogue")
        MEDIA_STORE = "media_store", _("an id of the media store")
        NONE = "none", _("no photo: the job itself says what to do")

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="items", db_index=False)
    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="+", db_index=False)
    external_id = models.CharField(max_length=255, blank=True)
    source = models.CharField(max_length=12, choices=Source)
    location = models.TextField(
        blank=True, help_text="A URL, a key of the intake storage, or an id of the media store."
    )
    file_name = models.CharField(max_length=255, blank=True, help_text="As the caller named it.")
    priority = models.PositiveSmallIntegerField(default=DEFAULT_PRIORITY, help_text="10 is first.")
    rank = models.PositiveSmallIntegerField(
        default=DEFAULT_PRIORITY, help_text="Its priority; more when it has waited long."
    )
    ranked_at = models.DateTimeField(db_default=Now())
    turn = models.BigIntegerField(default=0, help_text="Its place in line among its rank.")

    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    leases = models.PositiveIntegerField(
        default=0, help_text="How often it was given to a worker: the number of its lease."
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=MAX_ATTEMPTS)
    deaths = models.PositiveSmallIntegerField(
        default=0, help_text="Attempts that ended with the worker, not with an answer."
    )
    run_after = models.DateTimeField(db_default=Now())
    worker = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    cancelling = models.BooleanField(default=False, help_text="To be cancelled by its worker.")

    pausing = models.BooleanField(default=False, help_text="To wait if its worker puts it back.")

    photo = models.ForeignKey(
        Photo, on_delete=models.SET_NULL, null=True, blank=True, db_index=False
    )
    error_code = models.CharField(max_length=40, blank=True)
    error_detail = models.TextField(blank=True)
    stage_ms = models.JSONField(default=dict, help_text="Milliseconds of each stage.")
    done = models.PositiveIntegerField(default=0, help_text="Steps, of what is no photo.")
    total = models.PositiveIntegerField(null=True, blank=True, help_text="Of those steps.")
    outcome = models.JSONField(null=True, blank=True, help_text="What came of what is no photo.")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    sync: dict[str, Any] | None  # set by with_sync()

    objects = ItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state=State.PROCESSING, lease_until__isnull=False)
                | (~Q(state=State.PROCESSING) & Q(lease_until=None)),
                name="item_lease_iff_processing",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.SUCCEEDED, State.CANCELLED]) | Q(error_code=""),
                name="item_success_has_no_error",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.FAILED) | ~Q(error_code=""),
                name="item_failure_has_an_error",
            ),
            models.CheckConstraint(
                condition=Q(priority__lte=HIGHEST_PRIORITY)
                & Q(rank__lte=HIGHEST_PRIORITY, rank__gte=F("priority")),
                name="item_priority_0_to_10",
            ),
            models.CheckConstraint(
                condition=Q(cancelling=False) | Q(state=State.PROCESSING),
                name="item_cancelling_while_processing",
            ),
            models.CheckConstraint(
                condition=Q(state__in=FINAL, finished_at__isnull=False)
                | Q(state__in=UNFINISHED, finished_at=None),
                name="item_finished_iff_final",
            ),
        ]
        # Partial, and few: each end of an item writes to all that it is in.
        indexes = [
            models.Index(
                F("rank").desc(),
                F("turn"),
                F("id"),
                name="item_next",
                condition=Q(state=State.QUEUED, deaths=0),
            ),
            models.Index(
                F("rank").desc(),
                F("turn"),
                F("id"),
                name="item_next_suspect",
                condition=Q(state=State.QUEUED, deaths__gt=0),
            ),
            models.Index(
                fields=["owner", "rank", "turn"],
                name="item_waiting_of_owner",
                condition=Q(state__in=[State.QUEUED, State.PAUSED]),
            ),
            models.Index(
                fields=["ranked_at"],
                name="item_ages",
                condition=Q(state=State.QUEUED, rank__lt=HIGHEST_PRIORITY),
            ),
            models.Index(
                fields=["lease_until"], name="item_leased", condition=Q(state=State.PROCESSING)
            ),
            models.Index(fields=["job"], name="item_unfinished", condition=Q(state__in=UNFINISHED)),
            models.Index(fields=["job", "id"], name="item_of_job"),
            models.Index(fields=["photo"], name="item_of_photo", condition=Q(photo__isnull=False)),
            models.Index(
                fields=["-finished_at"], name="item_failed", condition=Q(state=State.FAILED)
            ),
            models.Index(fields=["job"], name="item_paused", condition=Q(state=State.PAUSED)),
            models.Index(
                fields=["location"],
                name="item_of_upload",
                condition=Q(source="upload", state__in=[*UNFINISHED, State.FAILED]),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Item %(pk)s") % {"pk": self.pk}
