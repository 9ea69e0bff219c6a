"""Points of services that bring their own vectors, and numbers for the points of faces."""

from django.db import models
from pgvector.django import HalfVectorField

from faces.models import Face
from photos.models import Owner, Photo, Space


class Point(models.Model):
    """What a service has put into one of its owner's collections, under a number of its choice."""

    class Collection(models.TextChoices):
        IMAGES = "image_embeddings", "whole photos"
        FACES = "faces", "faces"

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="+", db_index=False)
    collection = models.CharField(max_length=20, choices=Collection)
    number = models.PositiveBigIntegerField()
    payload = models.JSONField(default=dict, help_text="An object of the service's own.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "collection", "number"], name="point_once_per_number"
            ),
        ]

    def __str__(self) -> str:
        return f"Point {self.number} of {self.collection}"


class PointVector(models.Model):
    """The vector of a point: of length 1. Replaced, and never changed, as it is indexed."""

    point = models.OneToOneField(Point, on_delete=models.CASCADE, related_name="vector")
    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="+", db_index=False)
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    vector = HalfVectorField()

    class Meta:
        indexes = [models.Index(fields=["owner", "space"], name="point_vector_of_owner")]

    def __str__(self) -> str:
        return f"Vector of point {self.point_id}"


class FaceNumber(models.Model):
    """The place of a face among all that its photo has ever had, from 0: `face_index`.

    A trigger of the database gives it to each new face. It stays when the face goes, so that
    it is given to no other, and is the face's again when its deletion is undone.
    """

    face = models.OneToOneField(
        Face,
        on_delete=models.DO_NOTHING,
        primary_key=True,
        db_constraint=False,
        related_name="numbered",
    )
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["photo", "number"], name="face_number_once_per_photo"),
        ]

    def __str__(self) -> str:
        return f"{self.number} of photo {self.photo_id}"
