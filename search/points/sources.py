"""Vectors that were made here, as points: with their numbers, and what is told of them."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Self

from django.db import connection
from django.db.models import (
    BigIntegerField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import JSONObject

from faces.models import Membership
from photos.models import Reference
from photos.nearest_sql import listed
from photos.statements import prepared
from search.points.numbers import MOST_FACES, OURS, PER_PHOTO

Rows = QuerySet[Any]
LANDMARKS = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
# Whose faces are not to be found by likeness, or not to be seen.
_LEFT_OUT = (
    Q(part__cluster__ignored=True)
    | Q(part__cluster__hidden=True)
    | Q(part__cluster__person__ignored=True)
    | Q(part__cluster__person__hidden=True)
    | Q(part__cluster__person__unrecognised=True)
)


@dataclass(frozen=True)
class Source:
    """Vectors of one table, each with the `number` and the `payload` of its point.

    `number` is `(key + base) * per`, and what is less than `per`. Keys have an index.
    """

    rows: Rows
    base: int = 0
    per: int = 1

    def within(self, **conditions: Any) -> Self:
        return replace(self, rows=self.rows.filter(**conditions))

    def of(self, numbers: Collection[int]) -> Rows:
        keys = {number // self.per - self.base for number in numbers}
        return self.rows.filter(key__in=keys, number__in=numbers)

    def since(self, number: int) -> Rows:
        """From that one on, in order."""
        first = number // self.per - self.base
        return self.rows.filter(key__gte=first, number__gte=number).order_by("key", "number")


@dataclass(frozen=True)
class Shown:
    """What is told of vectors of one table, whosever they are; `thing` says what they are of.

    Its statement is written once, and planned once for each connection: Django takes longer for
    the one, and the database for the other, than either for ten points.
    """

    thing: str
    sources: tuple[Source, ...]
    _written_once: dict[tuple[str, ...], str] = field(default_factory=dict)

    def of(
        self,
        keys: Sequence[int],
        wanted: Q,
        told: Collection[str],
        *,
        owner_id: int,
        space_id: int,
    ) -> list[dict[str, Any]]:
        """Of these `keys`: `thing`, `number`, and what of `payload` and `vector` is to be `told`.

        One query.
        """
        read = sorted(told)
        sql, of = self._statement(wanted, *read), [owner_id, space_id, listed(keys)]
        with prepared() as cursor:
            found = cursor.execute(sql, of, prepare=not wanted).fetchall()
        columns = [self.thing, "number", *read]
        rows = [dict(zip(columns, row, strict=True)) for row in found]
        for row, each in product(rows, read):  # both come as JSON is written
            row[each] = json.loads(row[each])
        return rows

    def _statement(self, wanted: Q, *told: str) -> str:
        if wanted:
            return self._written(wanted, *told)
        if told not in self._written_once:
            self._written_once[told] = self._written(Q(), *told)
        return self._written_once[told]

    def _written(self, wanted: Q, *told: str) -> str:
        """With all values in it but those that each request has: %s."""
        columns = [self.thing, "owner_id", "space_id", "number", *told]
        each = [source.rows.filter(wanted).values_list(*columns) for source in self.sources]
        with connection.cursor() as cursor:
            written = [cursor.mogrify(*rows.query.sql_with_params()) for rows in each]
        shown = " UNION ALL ".join(written).replace("%", "%%")
        return (
            f"SELECT {', '.join([self.thing, 'number', *told])} FROM ({shown}) AS shown "  # noqa: S608  # Django's own
            f"WHERE owner_id = %s AND space_id = %s AND {self.thing} = ANY(%s::bigint[])"
        )


def of_photos(vectors: Rows, job: Combinable) -> tuple[Source, ...]:
    """`job`: the id of the job that looked last at the photo which is a row's `seen`."""
    return tuple(
        Source(
            source.rows.annotate(
                seen=F("photo"),
                number=_big(F("key") + source.base),
                payload=JSONObject(
                    job_id=job, media_store_id=F("media"), task_type=Value("image_embedding")
                ),
            ),
            base=source.base,
        )
        for source in _by_photo(vectors, "photo")
    )


def of_faces(vectors: Rows, job: Combinable) -> tuple[Source, ...]:
    """As of_photos(). Of a photo with very many, not all have a number."""
    left_out = Membership.objects.filter(_LEFT_OUT, face=OuterRef("face"))
    shown = vectors.filter(
        ~Exists(left_out), face__ignored=False, face__numbered__number__lt=MOST_FACES
    )
    box = {name: f"face__{name}" for name in ("x", "y", "width", "height")}
    marks = {name: KeyTransform(place, "face__landmarks") for place, name in enumerate(LANDMARKS)}
    return tuple(
        Source(
            source.rows.annotate(
                seen=F("face__photo"),
                number=_big((F("key") + source.base) * PER_PHOTO + F("face__numbered__number")),
                payload=JSONObject(
                    job_id=job,
                    media_store_id=F("media"),
                    task_type=Value("face_embedding"),
                    face_index=F("face__numbered__number"),
                    bbox=JSONObject(**box),
                    landmarks=JSONObject(**marks),
                    confidence=F("face__confidence"),
                ),
            ),
            base=source.base,
            per=PER_PHOTO,
        )
        for source in _by_photo(shown, "face__photo")
    )


def _by_photo(vectors: Rows, photo: str) -> tuple[Source, Source]:
    """Those of photos that callers have numbers for, once for each, and the others.

    `media`: what the caller calls the photo.
    """
    numbers = Reference.objects.filter(photo=OuterRef(photo), number__isnull=False)
    named = vectors.annotate(
        key=F(f"{photo}__references__number"), named_by=F(f"{photo}__references__owner")
    ).filter(key__isnull=False, named_by=F("owner"))
    names = Reference.objects.filter(photo=OuterRef(photo)).order_by("pk")
    unnamed = vectors.filter(~Exists(numbers)).annotate(
        key=F(photo), media=Subquery(names.values("external_id")[:1])
    )
    return Source(named.annotate(media=F("key"))), Source(unnamed, base=OURS)


def _big(number: Combinable) -> Combinable:
    """Django takes the sum of a key and a number for one that needs 4 bytes."""
    return ExpressionWrapper(number, BigIntegerField())
