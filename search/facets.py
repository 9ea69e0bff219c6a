"""What the photos that were found have in common: who is in how many, where, when, with what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import ExtractYear

from faces.models import Membership
from photos.models import Owner, Photo
from photos.operations import OBJECTS
from search.among import Keys, is_among
from search.models import DetectedObject
from search.results import of_recipe

MOST = 20  # values of each facet


@dataclass(frozen=True)
class Value:
    """A value, and how many of the photos have it."""

    value: str
    photos: int


@dataclass(frozen=True)
class Facets:
    """The most frequent values first; years, the latest first."""

    people: Sequence[Value] = ()
    places: Sequence[Value] = ()
    countries: Sequence[Value] = ()
    objects: Sequence[Value] = ()
    years: Sequence[Value] = ()


def of(owner: Owner, photos: Sequence[int], recipes: Mapping[str, str]) -> Facets:
    """Of these photos of the owner. Five queries, however many."""
    keys = Keys(photos)
    found = Photo.objects.of(owner).filter(is_among("pk", keys))
    members = Membership.objects.filter(
        is_among("face__photo_id", keys), part__cluster__person__owner=owner
    ).exclude(part__cluster__person__hidden=True)
    objects = of_recipe(DetectedObject.objects.filter(is_among("photo_id", keys)), recipes, OBJECTS)
    years = found.values_list(ExtractYear("dated_at")).annotate(n=Count("pk"))
    return Facets(
        people=_top(members, "part__cluster__person__name", "photo"),
        places=_top(found.exclude(place=None), "place__name", "pk"),
        countries=_top(found.exclude(place=None), "place__country", "pk"),
        objects=_top(objects, "label", "photo"),
        years=[Value(str(year), n) for year, n in years.order_by("-dated_at__year")],
    )


def _top(rows: QuerySet[Any], name: str, photo: str) -> list[Value]:
    counted = rows.order_by().values_list(name).annotate(n=Count(photo, distinct=True))
    return [Value(value, n) for value, n in counted.order_by("-n", name)[:MOST]]
