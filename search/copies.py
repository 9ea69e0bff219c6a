"""Groups of near-duplicates, as lists show them."""

from typing import Any, TypeVar, cast

from django.db.models import Count, Exists, IntegerField, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce

from photos.models import Photo
from search.models import PhotoLook

P = TypeVar("P", bound=Photo)

SHOWN = 20  # copies of each photo of a list
MOST_SHOWN = 200  # of one photo


def led(photos: QuerySet[P], *, shown: int = SHOWN) -> QuerySet[P]:
    """Those of `photos` that stand for others: see with_copies()."""
    return with_copies(photos.filter(Exists(_copies())), shown=shown)


def with_copies(photos: QuerySet[P], *, shown: int = SHOWN) -> QuerySet[P]:
    """`photos` with their `copy_count`, and the nearest of their `copies_shown`. Two queries."""
    counts = _copies().order_by().values("leader").annotate(count=Count("pk")).values("count")
    nearest = PhotoLook.objects.copies().select_related("photo").order_by("distance", "photo")
    count = Coalesce(Subquery(counts, output_field=IntegerField()), 0)
    shown_of_each = Prefetch("copies", nearest[:shown], "copies_shown")
    counted: Any = photos.annotate(copy_count=count).prefetch_related(shown_of_each)
    return cast(QuerySet[P], counted)


def best_of(photo: Photo) -> int:
    """The photo that stands for `photo`: itself, where that is alone, or waits to be compared."""
    looks = PhotoLook.objects.filter(photo=photo, leader__isnull=False)
    return looks.values_list("leader", flat=True).first() or photo.pk


def _copies() -> QuerySet[PhotoLook]:
    """Of the photo that the query is about."""
    return PhotoLook.objects.copies().filter(owner=OuterRef("owner"), leader=OuterRef("pk"))
