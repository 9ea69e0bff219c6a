"""Where on earth photos were taken."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

_NAME = 200  # letters


def _names() -> ArrayField[list[str], list[str]]:
    return ArrayField(models.CharField(max_length=_NAME), default=list, blank=True)


class Place(models.Model):
    """A city or village that photos were taken at or near. It is of the world, and of no owner.

    Once it is there it stays as it is.
    """

    id = models.PositiveBigIntegerField(primary_key=True, help_text="As GeoNames numbers it.")
    name = models.CharField(max_length=_NAME)
    other_names = _names()
    region = models.CharField(
        max_length=_NAME, blank=True, help_text="State, province or the like, if it is known."
    )
    region_names = _names()
    country = models.CharField(max_length=_NAME, help_text="In English.")
    country_names = _names()
    country_code = models.CharField(max_length=2, help_text="ISO 3166-1")
    within = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="parts",
        help_text="The larger city that it is a part of, or a suburb, by distance and size.",
    )
    latitude = models.FloatField()
    longitude = models.FloatField()
    population = models.PositiveBigIntegerField(help_text="0: unknown")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="place_is_on_earth",
            ),
            models.CheckConstraint(
                condition=Q(within=None) | ~Q(within=F("id")), name="place_is_not_within_itself"
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.name, self.region, self.country)))


class PlaceDue(models.Model):
    """That a photo is new, or has another date: its place, and its neighbours', may follow.

    Rows are only added and taken away, one each time: whoever stores a photo waits for nobody.
    """

    photo = models.ForeignKey("photos.Photo", on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"Place of photo {self.photo_id}"
