"""The models that look at photos, what each is for, and the spaces that their vectors live in."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Greatest, Now
from django.utils import timezone


class Space(models.Model):
    """Where embeddings of one model live: vectors of two spaces never meet in one query."""

    name = models.CharField(max_length=100, unique=True, help_text="role, weights and version")
    role = models.CharField(max_length=40)
    weights_sha256 = models.CharField(max_length=64)
    version = models.CharField(max_length=20)
    dimension = models.PositiveIntegerField()
    same_person_cosine = models.FloatField(
        null=True,
        blank=True,
        help_text="Of faces: two at least this similar are taken for one person, cosine, -1 to 1.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    @property
    def threshold(self) -> float:
        """Two faces at least this similar are taken for one person. Of spaces of faces only."""
        assert self.same_person_cosine is not None  # noqa: S101  # their models all say it
        return self.same_person_cosine


class ServedModelQuerySet(models.QuerySet["ServedModel"]):
    def with_active(self) -> Self:
        """With `is_active`: whether its role has it now."""
        return self.annotate(is_active=Exists(Role.objects.filter(active=OuterRef("pk"))))

    def with_touched(self) -> Self:
        """With `touched_at`: when it was last used, or loaded, or found in the repository."""
        return self.annotate(touched_at=Greatest("last_used_at", "loaded_at", "created_at"))

    def untouched(self, seconds: float) -> Self:
        """Those of nobody's interest for so long, least recent first. Pinned ones never are."""
        before = Now() - timedelta(seconds=seconds)
        unpinned = self.with_touched().filter(pinned=False)
        return unpinned.filter(touched_at__lte=before).order_by("touched_at", "pk")


class ServedModel(models.Model):
    """A model of the repository: the server knows it as ROLE.PACK.VERSION.

    Whether it is loaded is not said here: the server knows.
    """

    name = models.CharField(max_length=150, unique=True)
    role = models.CharField(max_length=40)
    pack = models.CharField(max_length=60, help_text="where its weights are from")
    version = models.PositiveIntegerField()
    space = models.CharField(max_length=100, help_text="of its answers: role, weights and version")
    memory_bytes = models.PositiveBigIntegerField(
        help_text="While it is loaded: measured when it was built, or else the size of its files."
    )
    manifest = models.JSONField(default=dict, help_text="What the repository says of it.")
    pinned = models.BooleanField(default=False, help_text="Stays loaded, however idle.")
    device = models.CharField(max_length=10, blank=True, help_text="that it ran on last")
    loaded_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(
        null=True, blank=True, help_text="To some seconds: not each use is noted."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    is_active: bool  # set by with_active()
    touched_at: datetime  # set by with_touched()

    objects = ServedModelQuerySet.as_manager()

    class Meta:
        verbose_name = "model"
        constraints = [
            models.UniqueConstraint(
                fields=["role", "pack", "version"], name="served_model_once_per_version"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def pin(self, *, pinned: bool) -> None:
        """Let it stay loaded, or go when it is idle."""
        self.pinned = pinned
        self.save(update_fields=["pinned"])

    @property
    def licences(self) -> list[str]:
        """Of its weights."""
        weights = self.manifest.get("weights") or []
        known = [each for each in weights if isinstance(each, dict)]
        return sorted({str(each.get("licence", "unknown")) for each in known})

    def is_in_use(self, *, within_s: float) -> bool:
        """Whether a call may be running, as the last one was noted so recently."""
        last = self.last_used_at
        return last is not None and timezone.now() - last < timedelta(seconds=within_s)


class Role(models.Model):
    """What models are for, and which of those that can do it does it now."""

    name = models.CharField(max_length=40, unique=True)
    active = models.ForeignKey(ServedModel, on_delete=models.PROTECT, related_name="active_in")
    previous = models.ForeignKey(
        ServedModel, on_delete=models.SET_NULL, null=True, blank=True, related_name="previous_in"
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(previous=None) | ~Q(previous=F("active")), name="role_can_go_back"
            ),
        ]

    def __str__(self) -> str:
        return self.name
