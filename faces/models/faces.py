"""Faces in photos, and what they look like to the models."""

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from pgvector.django import HalfVectorField

from faces.quality import Reason
from photos.models import Owner, Photo, Space
from photos.one_of import one_of

if TYPE_CHECKING:
    from faces.models.people import Cluster, Membership, Person

LOOKED_AT, LOOKED_AT_ALONE = 100, 1_000  # faces, to find the best: of each in a list, of one


class FaceQuerySet(models.QuerySet["Face"]):
    def alone(self) -> Self:
        """Faces of no cluster."""
        return self.filter(membership=None)

    def with_people(self) -> Self:
        return self.select_related("membership__part__cluster__person")

    def best_of(self, memberships: "QuerySet[Membership]") -> Self:
        """Those of `memberships`, the clearest first. There may be thousands: slice it."""
        return self.filter(one_of("pk", memberships.values("face"))).clearest_first()

    def clearest_first(self) -> Self:
        """In the order of no index: all faces might be read by that, until some are those meant."""
        return self.order_by((F("quality") + 0).desc(), "pk")


class Face(models.Model):
    """A face found in a photo. The box and the landmarks are pixels of the upright photo."""

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="faces", db_index=False)
    x = models.FloatField()
    y = models.FloatField()
    width = models.FloatField()
    height = models.FloatField()
    landmarks = models.JSONField(help_text="Five [x, y]: eyes, nose, corners of the mouth.")
    confidence = models.FloatField(help_text="The detector's score, 0 to 1.")
    quality = models.FloatField(help_text="How well it can be recognised, 0 to 1.")
    quality_reasons = ArrayField(
        models.CharField(max_length=20, choices=Reason.choices),
        default=list,
        blank=True,
        help_text="Why it can't be recognised well.",
    )
    crop = models.FileField(max_length=200)
    ignored = models.BooleanField(default=False, help_text="Left out of matching and clusters.")
    drawn = models.BooleanField(default=False, help_text="Somebody drew the box.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = FaceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(width__gt=0) & Q(height__gt=0), name="face_box_has_area"
            ),
            models.CheckConstraint(
                condition=Q(confidence__range=(0, 1)) & Q(quality__range=(0, 1)),
                name="face_scores_are_fractions",
            ),
            models.CheckConstraint(
                condition=Q(quality_reasons__contained_by=Reason.values),
                name="face_quality_reasons_are_known",
            ),
            models.UniqueConstraint(
                fields=["photo", "x", "y", "width", "height"], name="face_box_once_per_photo"
            ),
        ]
        indexes = [
            # Who asks for photos without faces does not mean those that are ignored.
            models.Index(fields=["photo"], include=["ignored"], name="face_of_photo"),
            # Lists of a million: by quality, and of the few that are left out.
            models.Index(fields=["quality", "id"], name="faces_by_quality"),
            models.Index(fields=["id"], condition=Q(ignored=True), name="faces_left_out"),
        ]

    def __str__(self) -> str:
        return gettext("Face %(pk)s") % {"pk": self.pk}

    @property
    def cluster(self) -> "Cluster | None":
        membership = getattr(self, "membership", None)
        return membership.cluster if membership else None

    @property
    def person(self) -> "Person | None":
        return self.cluster.person if self.cluster else None


class FaceVector(models.Model):
    """What a face looks like to the model of a space: a unit vector.

    A table of its own, that is only ever inserted into: an update of any column beside a
    vector would insert the vector into its HNSW index again.
    """

    face = models.ForeignKey(Face, on_delete=models.CASCADE, related_name="vectors")
    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="+")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    vector = HalfVectorField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["face", "space"], name="vector_once_per_space"),
        ]
        indexes = [models.Index(fields=["owner", "space"], name="vector_of_owner")]

    def __str__(self) -> str:
        return f"Vector of face {self.face_id}"
