"""Photos that pass the filters of a question: looked up once while they are not too many."""

from functools import cached_property

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Exists,
    F,
    Func,
    OuterRef,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Cast

from photos.estimates import estimated
from photos.models import Photo
from photos.nearest_sql import listed

MOST_KEYS = 10_000  # of more, a list is no faster than to filter again


class Keys(tuple[int, ...]):
    """Keys of photos."""

    @cached_property
    def written(self) -> str:
        """As PostgreSQL reads an array: once, however often they are asked for."""
        return listed(self)


Photos = QuerySet[Photo] | Keys


def resolved(photos: QuerySet[Photo]) -> Photos:
    """The keys of `photos`, if these are not too many: each use of a query looks them up again."""
    if estimated(photos) > MOST_KEYS:
        return photos
    keys = Keys(photos.order_by().values_list("pk", flat=True)[: MOST_KEYS + 1])
    return keys if len(keys) <= MOST_KEYS else photos


def is_among(column: str, photos: Photos) -> Func | Exists:
    """That what `column` names, the key of a photo, is one of `photos`.

    Many are looked up for a row after the other, of those that are all else that is asked for.
    """
    if isinstance(photos, QuerySet):
        return _EachExists(photos.order_by().filter(pk=OuterRef(column)))
    return _is_one_of(column, photos)


class _EachExists(Exists):
    """`OFFSET 0` keeps the planner from a join of all of them."""

    template = "EXISTS(SELECT FROM (%(subquery)s) AS wanted OFFSET 0)"


def _is_one_of(column: str, photos: Keys) -> Func:
    """As `__in`, which takes ten times as long to be written down for a thousand."""
    keys = Cast(Value(photos.written, TextField()), ArrayField(BigIntegerField()))
    return Func(
        F(column),
        Func(keys, function="ANY"),
        template="(%(expressions)s)",
        arg_joiner=" = ",
        output_field=BooleanField(),
    )
