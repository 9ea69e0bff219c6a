"""The catalogue: owners, their photos, and what has been looked at with which model."""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import Q


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
        help_text="Two faces at least this similar are taken for one person: cosine, -1 to 1."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Analysis(models.Model):
    """That an operation was done on a photo with the model of a space, whatever it found."""

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="analyses")
    operation = models.CharField(max_length=20)
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "analyses"
        constraints = [
            models.UniqueConstraint(
                fields=["photo", "operation", "space"], name="analysis_once_per_space"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} of {self.photo_id}"
