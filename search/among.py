"""Photos that pass the filters of a question: looked up once while they are not too many."""

from collections.abc import Sequence

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, Q, QuerySet, Value

from photos.models import Photo

MOST_KEYS = 20_000  # of more, a list is no faster than to filter again

Photos = QuerySet[Photo] | Sequence[int]  # or their keys


def resolved(photos: QuerySet[Photo]) -> Photos:
    """The keys of `photos`, if these are not too many: each use of a query looks them up again."""
    keys = list(photos.order_by().values_list("pk", flat=True)[: MOST_KEYS + 1])
    return keys if len(keys) <= MOST_KEYS else photos


def is_among(column: str, photos: Photos) -> Func | Q:
    """That what `column` names, the key of a photo, is one of `photos`."""
    if isinstance(photos, QuerySet):
        return Q(**{f"{column}__in": photos.order_by().values("pk")})
    return _is_one_of(column, photos)


def _is_one_of(column: str, photos: Sequence[int]) -> Func:
    """As `__in`, which takes ten times as long to be written down for a thousand."""
    keys = Value(list(photos), output_field=ArrayField(BigIntegerField()))
    return Func(
        F(column),
        Func(keys, function="ANY"),
        template="(%(expressions)s)",
        arg_joiner=" = ",
        output_field=BooleanField(),
    )
