"""What a cluster looks like on the whole: the mean of the faces that somebody can vouch for."""

from django.db import models
from pgvector.django import HalfVectorField

from faces.models.people import Cluster
from photos.models import Space


class Centroid(models.Model):
    """The mean vector of a cluster's faces in a space, but for those that were only matched.

    Made when it is first needed, and gone when an edit changes the cluster.
    """

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="centroids")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    vector = HalfVectorField(help_text="Not of unit length: the mean of vectors that are.")
    size = models.PositiveIntegerField(help_text="Faces.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cluster", "space"], name="centroid_once_per_space"),
        ]

    def __str__(self) -> str:
        return f"Centroid of {self.cluster_id}"
