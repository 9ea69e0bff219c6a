"""The things that are in an owner's photos."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count

from photos.models import Owner
from photos.operations import OBJECTS
from search.models import DetectedObject
from search.results import of_recipe


@dataclass(frozen=True)
class InPhotos:
    """A class of things."""

    label: str
    photos: int  # that show one or more
    objects: int


def in_photos(owner: Owner, recipes: Mapping[str, str]) -> list[InPhotos]:
    """The classes of things in the owner's photos, the most frequent first. One query."""
    objects = of_recipe(DetectedObject.objects.filter(photo__owner=owner), recipes, OBJECTS)
    counted = objects.values_list("label").annotate(
        shown_in=Count("photo", distinct=True), seen=Count("pk")
    )
    return [InPhotos(*row) for row in counted.order_by("-shown_in", "label")]
