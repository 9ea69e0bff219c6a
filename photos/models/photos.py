"""Photos, what callers call them, and what was done on them."""

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Self

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Cast, Now, Upper
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from photos.models.owners import Owner
from photos.models.places import Place


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

    def with_place(self) -> Self:
        """As it is shown: its other names are hundreds, and take longer than the rest."""
        unseen = ("place__other_names", "place__region_names", "place__country_names")
        return self.select_related("place").defer(*unseen)

    def with_counts(self) -> Self:
        faces = Photo.objects.filter(pk=OuterRef("pk")).order_by()
        return self.annotate(face_count=Subquery(faces.values(count=Count("faces"))))


class Photo(models.Model):
    """A photo's content, once per owner however often it is sent.

    Width, height, and all boxes on it, are pixels of the upright photo: the EXIF
    orientation has been applied.
    """

    class DatedBy(models.TextChoices):
        EXIF = "exif", _("what its file says")
        FILE_NAME = "file_name", _("the file's name")
        UPLOAD = "upload", _("when it came here")

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
    camera = models.CharField(
        max_length=100, blank=True, db_default="", help_text="Make and model, as the file says."
    )
    taken_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="By its file, or the file's name. Without an offset, the clock read as UTC.",
    )
    taken_offset_minutes = models.SmallIntegerField(
        null=True, blank=True, help_text="The camera's offset from UTC, if it is known."
    )
    dated_at = models.DateTimeField(
        db_default=Now(),
        help_text="What a clock showed where it was taken, as if that were UTC; the best guess.",
    )
    dated_by = models.CharField(max_length=10, choices=DatedBy, db_default=DatedBy.UPLOAD)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    place = models.ForeignKey(
        Place,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="photos",
        db_index=False,
    )
    place_inferred = models.BooleanField(
        db_default=False, help_text="From photos that were taken shortly before and after."
    )
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
            models.CheckConstraint(
                condition=Q(place_inferred=False) | Q(place__isnull=False, latitude=None),
                name="photo_place_inferred_only_without_position",
            ),
        ]
        indexes = [
            models.Index(fields=["dated_at", "id"], name="photo_of_all_by_date"),
            models.Index(F("owner"), F("dated_at").desc(), F("id"), name="photo_by_date"),
            models.Index(  # with all that questions ask of a place: the rows are not read
                fields=["owner", "place", "dated_at", "id"],
                name="photo_of_place",
                condition=Q(place__isnull=False),
            ),
            models.Index(
                fields=["owner", "dated_at"],
                name="photo_with_own_place",
                condition=Q(place__isnull=False, place_inferred=False),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Photo %(pk)s") % {"pk": self.pk}


class Reference(models.Model):
    """A caller's own id for a photo. The same bytes under two ids are one photo, twice named."""

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="references")
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="references")
    external_id = models.CharField(max_length=255)
    number = models.GeneratedField(
        expression=Case(
            When(
                external_id__regex=r"^(0|[1-9][0-9]{0,14})$",
                then=Cast("external_id", models.BigIntegerField()),
            )
        ),
        output_field=models.BigIntegerField(),
        db_persist=True,
        help_text="The external id, where it is a number of 15 digits at most.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "external_id"], name="reference_once_per_owner"
            ),
        ]
        indexes = [
            models.Index(
                fields=["owner", "number"],
                name="reference_by_number",
                condition=Q(number__isnull=False),
            ),
            models.Index(  # staff look for how one begins
                OpClass(Upper("external_id"), name="text_pattern_ops"), name="reference_by_name"
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


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
