"""Faces, the groups they form, and the people they belong to."""

import secrets
from collections.abc import Iterable
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, F, Prefetch, Q
from pgvector.django import HalfVectorField

from faces.quality import Reason
from photos.models import Owner, Photo, Space

MAX_NAME = 200  # letters
SAMPLE = 12  # faces that stand for a cluster in lists


def new_cluster_id() -> str:
    """An opaque id that stays with a cluster, such as `clu_3f9a0c71d2be`."""
    return f"clu_{secrets.token_hex(6)}"


class Person(models.Model):
    """Somebody whom staff know by name."""

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="people")
    name = models.CharField(max_length=MAX_NAME)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "people"
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="person_name_once_per_owner"),
            models.CheckConstraint(condition=~Q(name=""), name="person_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ClusterQuerySet(models.QuerySet["Cluster"]):
    def with_faces(self) -> Self:
        """Each with its `face_count`, its person, and a `sample` of its best faces."""
        best = Membership.objects.select_related("face").order_by("-face__quality", "pk")
        return (
            self.select_related("person", "owner")
            .annotate(face_count=Count("memberships"))
            .prefetch_related(Prefetch("memberships", best[:SAMPLE], to_attr="sample"))
        )


class Cluster(models.Model):
    """Faces that look like one person, named or not. Its public id never changes."""

    public_id = models.CharField(max_length=20, unique=True, default=new_cluster_id, editable=False)
    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="clusters")
    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="clusters"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    face_count: int  # set by with_faces()
    sample: list["Membership"]  # set by with_faces()

    objects = ClusterQuerySet.as_manager()

    def __str__(self) -> str:
        return self.public_id

    @property
    def label(self) -> str:
        """`person_…` once somebody has named it, `unknown_cluster_…` before."""
        if self.person_id is None:
            return f"unknown_cluster_{self.public_id.removeprefix('clu_')}"
        return f"person_{self.person_id}"


class FaceQuerySet(models.QuerySet["Face"]):
    def alone(self) -> Self:
        """Faces of no cluster."""
        return self.filter(membership=None)

    def with_people(self) -> Self:
        return self.select_related("membership__cluster__person")


class Face(models.Model):
    """A face found in a photo. The box and the landmarks are pixels of the upright photo."""

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="faces")
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
    created_at = models.DateTimeField(auto_now_add=True)

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

    def __str__(self) -> str:
        return f"Face {self.pk}"

    @property
    def cluster(self) -> Cluster | None:
        membership = getattr(self, "membership", None)
        return membership.cluster if membership else None

    @property
    def person(self) -> Person | None:
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


class MembershipQuerySet(models.QuerySet["Membership"]):
    def add(self, memberships: Iterable["Membership"]) -> None:
        """Store `memberships`; a face that has one already keeps it."""
        self.bulk_create(memberships, ignore_conflicts=True)


class Membership(models.Model):
    """That a face is of a cluster: how it came there, and how sure that is."""

    class How(models.TextChoices):
        MANUAL = "manual", "a person said so"
        MATCHED = "matched", "it looks like the cluster"
        CLUSTERED = "clustered", "the cluster began with it"

    face = models.OneToOneField(Face, on_delete=models.CASCADE, related_name="membership")
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="memberships")
    how = models.CharField(max_length=10, choices=How)
    similarity = models.FloatField(
        null=True, help_text="Mean cosine to the cluster's other faces, -1 to 1."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(how="manual") | Q(similarity__isnull=False),
                name="membership_knows_how_sure",
            ),
        ]
        indexes = [models.Index(F("cluster"), F("face"), name="membership_of_cluster")]

    def __str__(self) -> str:
        return f"face {self.face_id} in {self.cluster_id}"


class GroupingDue(models.Model):
    """That an owner has faces which wait to be grouped. Gone when that is done."""

    owner = models.OneToOneField(Owner, on_delete=models.CASCADE, related_name="+")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(help_text="Last; what comes while it is done asks again.")

    def __str__(self) -> str:
        return f"Grouping of {self.owner_id}"
