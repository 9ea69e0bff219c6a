"""What photos look like at a glance, and which of them are one picture several times."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext

from photos.models import Owner, Photo


class PhotoLookQuerySet(models.QuerySet["PhotoLook"]):
    def of(self, owner: Owner) -> Self:
        return self.filter(owner=owner)

    def waiting(self) -> Self:
        """Those that were not compared with the owner's others yet."""
        return self.filter(leader=None, hash__isnull=False)

    def copies(self) -> Self:
        """Those of photos that another one stands for."""
        return self.filter(leader__isnull=False, distance__isnull=False)


class PhotoLook(models.Model):
    """A photo's perceptual hash, and which photo stands for it among its near-duplicates.

    A photo goes, and those that it stood for wait to be compared again.
    """

    photo = models.OneToOneField(
        Photo, on_delete=models.CASCADE, primary_key=True, related_name="look"
    )
    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="+", db_index=False)
    recipe = models.PositiveSmallIntegerField(help_text="How the hash was made.")
    hash = models.BinaryField(
        max_length=32, null=True, help_text="256 bits. None: the photo is too plain to be known."
    )
    leader = models.ForeignKey(
        Photo,
        on_delete=models.SET_NULL,
        null=True,
        related_name="copies",
        help_text="The best photo of the group: itself, if it is that, or alone.",
    )
    distance = models.PositiveSmallIntegerField(
        null=True, help_text="Bits that are not as the leader's. None: it is its own."
    )

    objects = PhotoLookQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "photo"], name="look_of_owner"),
            models.Index(
                fields=["owner", "photo"],
                name="look_waits",
                condition=Q(leader__isnull=True, hash__isnull=False),
            ),
            models.Index(
                fields=["owner", "leader"],
                name="look_is_copy",
                condition=Q(leader__isnull=False, distance__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Look of photo {self.photo_id}"


class NearDuplicates(Photo):
    """A photo that stands for others, as staff see it."""

    class Meta:
        proxy = True
        verbose_name = "group of near-duplicates"
        verbose_name_plural = "near-duplicates"

    def __str__(self) -> str:
        return gettext("Photo %(pk)s and its copies") % {"pk": self.pk}


class DifferentPhotosQuerySet(models.QuerySet["DifferentPhotos"]):
    def of(self, owner: Owner) -> Self:
        return self.filter(owner=owner)


class DifferentPhotos(models.Model):
    """That two photos are no duplicates, however alike they look: somebody has said so."""

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="+")
    first = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = DifferentPhotosQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "different photos"
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="different_photos_once"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="different_photos_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ≠ {self.second_id}"
