"""People, the clusters of faces that show them, and which face is of which cluster."""

import secrets
from collections.abc import Iterable
from typing import Any, Self

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import (
    Aggregate,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from faces.models.faces import LOOKED_AT, Face
from photos.models import Owner, Photo, Space
from photos.one_of import one_of

MAX_NAME = 200  # letters
MAX_CONTACT_ID = 255  # letters
SAMPLE = 12  # faces that stand for a cluster in lists
# What is known of a face that stands for a cluster.
_SHOWN = (
    "id", "photo_id", "x", "y", "width", "height", "confidence", "quality", "quality_reasons",
    "crop",
)  # fmt: skip


def new_cluster_id() -> str:
    """An opaque id that stays with a cluster, such as `clu_3f9a0c71d2be`."""
    return f"clu_{secrets.token_hex(6)}"


class PersonQuerySet(models.QuerySet["Person"]):
    def called(self, name: str) -> Self:
        """Whoever has this name, or goes by it as well."""
        return self.filter(Q(name=name) | Q(aliases__contains=[name]))

    def with_counts(self) -> Self:
        """Each with its `face_count` and its `cluster_count`."""
        theirs = Cluster.objects.filter(person=OuterRef("pk")).order_by().values("person")
        return self.annotate(
            face_count=_number(theirs, Sum("tally__face_count")),
            cluster_count=_number(theirs, Count("pk")),
        )

    def with_pictures(self) -> Self:
        """Each with the key of its `best_crop`: the cover's, or else that of a good face."""
        theirs = Membership.objects.filter(part__cluster__person=OuterRef(OuterRef("pk")))
        best = Face.objects.best_of(theirs[:LOOKED_AT]).values("crop")[:1]
        crop = Coalesce("cover__crop", Subquery(best), output_field=CharField())
        return self.annotate(best_crop=crop)


class Person(models.Model):
    """Somebody whom staff know by name."""

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="people")
    name = models.CharField(max_length=MAX_NAME)
    aliases = ArrayField(
        models.CharField(max_length=MAX_NAME),
        default=list,
        blank=True,
        help_text="Other names that they go by.",
    )
    contact_id = models.CharField(
        max_length=MAX_CONTACT_ID, blank=True, help_text="The caller's own id of this person."
    )
    cover = models.ForeignKey(
        Face,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The face that stands for them.",
    )
    favourite = models.BooleanField(default=False)
    hidden = models.BooleanField(default=False, help_text="Not shown in lists.")
    ignored = models.BooleanField(default=False, help_text="No face is matched with them.")
    unrecognised = models.BooleanField(
        default=False,
        verbose_name="do not recognise",
        help_text="Nothing is kept of what their faces look like, and none is matched with them.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    face_count: int  # set by with_counts()
    cluster_count: int  # set by with_counts()
    best_crop: str | None  # set by with_pictures()

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "people"
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="person_name_once_per_owner"),
            models.UniqueConstraint(
                fields=["owner", "contact_id"],
                name="person_contact_once_per_owner",
                condition=~Q(contact_id=""),
            ),
            models.CheckConstraint(condition=~Q(name=""), name="person_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def photo_count(self) -> int:
        """In how many photos they are. One query."""
        theirs = Membership.objects.filter(part__cluster__person=self)
        count: int = theirs.aggregate(photos=Count("photo", distinct=True))["photos"]
        return count

    @property
    def is_matched(self) -> bool:
        """Whether faces may be found to be theirs, without somebody who says so."""
        return not (self.ignored or self.unrecognised)


class ClusterQuerySet(models.QuerySet["Cluster"]):
    def with_faces(self) -> Self:
        """Each with its `face_count`, its person, and the best of its faces.

        Nothing is counted, and of a large cluster only some faces are looked at for the best ones:
        it costs the same however large they are.
        """
        here = OuterRef(OuterRef(OuterRef("pk")))
        some = Membership.objects.filter(part__cluster=here)[:LOOKED_AT]
        best = Face.objects.best_of(some).values("pk")[:SAMPLE]
        values = JSONObject(**{name: name for name in _SHOWN})  # of the best alone: it takes long
        shown = Face.objects.filter(one_of("pk", best)).clearest_first().values(shown=values)
        return self.select_related("person", "owner").annotate(
            face_count=F("tally__face_count"), best=ArraySubquery(shown)
        )

    def empty(self) -> Self:
        """Those that have no face."""
        return self.exclude(Exists(Membership.objects.filter(part__cluster=OuterRef("pk"))))

    def bulk_create(self, objs: Iterable["Cluster"], *args: Any, **kwargs: Any) -> list["Cluster"]:
        clusters = super().bulk_create(objs, *args, **kwargs)
        Part.objects.bulk_create(Part(pk=each.pk, cluster=each) for each in clusters)
        return clusters


class Cluster(models.Model):
    """Faces that look like one person, named or not. Its public id never changes."""

    public_id = models.CharField(max_length=20, unique=True, default=new_cluster_id, editable=False)
    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="clusters")
    space = models.ForeignKey(
        Space,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose vectors it was formed of; none if somebody put it together.",
    )
    person = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="clusters"
    )
    hidden = models.BooleanField(default=False, help_text="Not shown in lists.")
    ignored = models.BooleanField(default=False, help_text="No face is matched with it.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    face_count: int  # set by with_faces()
    best: list[dict[str, Any]]  # set by with_faces()

    objects = ClusterQuerySet.as_manager()

    def __str__(self) -> str:
        return self.public_id

    def save(self, *args: Any, **kwargs: Any) -> None:
        new = self._state.adding
        super().save(*args, **kwargs)
        if new:  # one that comes back has its part already, in another cluster
            Part.objects.bulk_create([Part(pk=self.pk, cluster=self)], ignore_conflicts=True)

    @property
    def memberships(self) -> "MembershipQuerySet":
        return Membership.objects.filter(part__cluster=self)

    @property
    def sample(self) -> list[Face]:
        """Its best faces, of with_faces()."""
        return [Face(**values) for values in self.best]

    @property
    def label(self) -> str:
        """`person_…` once somebody has named it, `unknown_cluster_…` before."""
        if self.person_id is None:
            return f"unknown_cluster_{self.public_id.removeprefix('clu_')}"
        return f"person_{self.person_id}"


class Part(models.Model):
    """Faces that go together from cluster to cluster: by it a merge of many is one row's change.

    Each cluster begins with one, which has the cluster's key. New faces of the cluster come to that
    one. Merged into another cluster, it is one more part there; the undoing takes it back.
    """

    id = models.BigIntegerField(primary_key=True, help_text="Of the cluster that it began as.")
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="parts")

    def __str__(self) -> str:
        return f"Part {self.pk} of {self.cluster_id}"


class MembershipQuerySet(models.QuerySet["Membership"]):
    def by_itself(self) -> Self:
        """What nobody has said: what matching has made, and clustering without a name since."""
        how = Membership.How
        return self.filter(Q(how=how.MATCHED) | Q(how=how.CLUSTERED, part__cluster__person=None))

    def by_part(self, parts: Iterable[int]) -> dict[int, list[int]]:
        """The faces of each of `parts`."""
        none: dict[int, list[int]] = {part: [] for part in parts}
        found = self.filter(part__in=none).values("part").order_by("part")
        faces = found.annotate(faces=ArrayAgg("face_id", order_by="face_id"))
        return none | dict(faces.values_list("part", "faces"))

    def add(self, memberships: Iterable["Membership"]) -> None:
        """Store `memberships`; a face that has one already keeps it."""
        self.bulk_create(memberships, ignore_conflicts=True)


class Membership(models.Model):
    """That a face is of a part of a cluster: how it came there, and how sure that is."""

    class How(models.TextChoices):
        MANUAL = "manual", _("a person said so")
        MATCHED = "matched", _("it looks like the cluster")
        CLUSTERED = "clustered", _("the cluster began with it")

    face = models.OneToOneField(Face, on_delete=models.CASCADE, related_name="membership")
    part = models.ForeignKey(
        Part, on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    # The face's, by a trigger of the database: photos of somebody are found without their faces.
    photo = models.ForeignKey(
        Photo, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, editable=False,
        related_name="+",
    )  # fmt: skip
    how = models.CharField(max_length=10, choices=How)
    similarity = models.FloatField(
        null=True, help_text="Mean cosine to the cluster's other faces, -1 to 1."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(how="manual") | Q(similarity__isnull=False),
                name="membership_knows_how_sure",
            ),
        ]
        indexes = [
            models.Index(  # with all that is counted: no row is read
                fields=["part", "photo"], include=["face", "how", "similarity"],
                name="members_by_part",
            ),
            models.Index(  # what nobody has said: few of very many, or none
                fields=["part", "similarity"], include=["face"], condition=Q(how="matched"),
                name="matched_members",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"face {self.face_id} in {self.part_id}"

    @property
    def cluster(self) -> Cluster:
        return self.part.cluster


def _number(rows: QuerySet[Any, Any], total: Aggregate) -> Coalesce:
    """What `rows`, which belong to an outer row, come to."""
    counted = rows.annotate(total=total).values("total")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
