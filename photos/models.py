"""The catalogue: owners, their photos, the models, and what has been looked at with which."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Greatest, Now
from django.utils import timezone


class OwnerQuerySet(models.QuerySet["Owner"]):
    def of(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """The owner that `user` acts for: one or none."""
        return self.filter(user=user.pk)


class Owner(models.Model):
    """The tenant: an end user, known by the `subject` that callers use for them.

    Staff are Django users. A Django user may be linked to an owner, and then acts for it.
    """

    subject = models.CharField(max_length=255, unique=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="owner",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OwnerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.subject


class PhotoQuerySet(models.QuerySet["Photo"]):
    def of(self, owner: Owner) -> Self:
        return self.filter(owner=owner)

    def lacking(self, recipes: Mapping[str, str]) -> Self:
        """Those on which one of the operations was not done as `recipes` has them, by name."""
        done = Analysis.objects.filter(photo=OuterRef("pk"))
        lacks = [
            Q(~Exists(done.filter(operation=name, recipe=recipe)))
            for name, recipe in recipes.items()
        ]
        return self.filter(reduce(or_, lacks)) if lacks else self.none()

    def with_counts(self) -> Self:
        return self.annotate(face_count=models.Count("faces", distinct=True))


class Photo(models.Model):
    """A photo's content, once per owner however often it is sent.

    Width, height, and all boxes on it, are pixels of the upright photo: the EXIF
    orientation has been applied.
    """

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="photos")
    sha256 = models.CharField(max_length=64, help_text="of the original file, in hex")
    original = models.FileField(max_length=200)
    thumbnail = models.FileField(max_length=200)
    media_type = models.CharField(max_length=40)
    size_bytes = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    orientation = models.PositiveSmallIntegerField(
        default=1, help_text="The EXIF one that the original is stored in, 1 to 8."
    )
    taken_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="From EXIF. Where it names no offset, the camera's clock read as UTC.",
    )
    taken_offset_minutes = models.SmallIntegerField(
        null=True, blank=True, help_text="The camera's offset from UTC, if EXIF names it."
    )
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    face_count: int  # set by with_counts()

    objects = PhotoQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "sha256"], name="photo_content_once_per_owner"
            ),
            models.CheckConstraint(
                condition=Q(width__gt=0) & Q(height__gt=0), name="photo_has_pixels"
            ),
            models.CheckConstraint(
                condition=Q(orientation__range=(1, 8)), name="photo_orientation_is_of_exif"
            ),
            models.CheckConstraint(
                condition=Q(latitude=None) | Q(latitude__range=(-90, 90)), name="photo_latitude"
            ),
            models.CheckConstraint(
                condition=Q(longitude=None) | Q(longitude__range=(-180, 180)),
                name="photo_longitude",
            ),
        ]

    def __str__(self) -> str:
        return f"Photo {self.pk}"


class Reference(models.Model):
    """A caller's own id for a photo. The same bytes under two ids are one photo, twice named."""

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="references")
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="references")
    external_id = models.CharField(max_length=255)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "external_id"], name="reference_once_per_owner"
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


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


class Analysis(models.Model):
    """That an operation was done on a photo with certain models, whatever it found."""

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="analyses")
    operation = models.CharField(max_length=20)
    recipe = models.CharField(max_length=300, help_text="The models that had a part in it.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "analyses"
        constraints = [
            models.UniqueConstraint(
                fields=["photo", "operation", "recipe"], name="analysis_once_per_recipe"
            ),
        ]
        indexes = [
            models.Index(
                fields=["operation", "recipe"],
                opclasses=["varchar_pattern_ops"] * 2,  # for recipes that begin alike
                name="analysis_by_recipe",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} of {self.photo_id}"


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
