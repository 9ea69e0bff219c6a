"""Writing points of services: all that a request asks for, or nothing.

Points of photos and faces that are here are read only: they change and go with these.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import Exists, F, Func, JSONField, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from inference.arrays import Array
from photos.hnsw import create_index
from photos.models import Space
from search.errors import PointInvalid, PointMissing, PointTaken
from search.models import Point, PointVector
from search.points.collections import Place
from search.points.plain import check_size

_KEY = ["owner", "collection", "number"]


@dataclass(frozen=True, eq=False)
class Brought:
    """A point that a service brings."""

    number: int
    vector: Array  # (d,) of length 1
    payload: dict[str, Any]


@dataclass(frozen=True)
class Chosen:
    """Points by their ids, or else by a filter."""

    numbers: Collection[int] | None
    wanted: Q


def upsert(place: Place, brought: Sequence[Brought]) -> None:
    """Put points into `place`; one that has the id already is replaced. Twice is as once.

    Of several with one id, the last one counts.

    Raises:
        PointInvalid: an id is beyond those that services may choose.
        PointTaken: one is that of a photo or a face that is here.
    """
    points = {each.number: each for each in sorted(brought, key=lambda each: each.number)}
    for number in points:
        if number >= place.end:
            raise PointInvalid(f"Point {number}: ids of your own are less than {place.end}.")
    with transaction.atomic():
        _index(place.space)
        rows = Point.objects.bulk_create(
            (
                Point(
                    owner=place.owner,
                    collection=place.collection,
                    number=number,
                    payload=point.payload,
                )
                for number, point in points.items()
            ),
            update_conflicts=True,
            unique_fields=_KEY,
            update_fields=["payload"],
        )
        _refuse_taken(place, rows)
        PointVector.objects.filter(point__in=rows).delete()
        PointVector.objects.bulk_create(
            PointVector(
                point=row,
                owner=place.owner,
                space=place.space,
                vector=points[row.number].vector.tolist(),
            )
            for row in rows
        )


def delete(place: Place, chosen: Chosen) -> None:
    """Take points out; what is not there is gone already.

    Raises:
        PointTaken: one is of a photo or a face that is here.
    """
    with transaction.atomic():
        _points(place, chosen).delete()


def merge_payload(place: Place, chosen: Chosen, values: dict[str, Any]) -> None:
    """Set some fields of payloads, and leave the others. Raises as replace_payload()."""
    _change(place, chosen, _operated("||", Value(values, JSONField())))


def drop_fields(place: Place, chosen: Chosen, names: Sequence[str]) -> None:
    """Take fields out of payloads. Raises as replace_payload()."""
    listed = Value(list(names), ArrayField(TextField()))
    _change(place, chosen, _operated("-", Cast(listed, ArrayField(TextField()))))


def replace_payload(place: Place, chosen: Chosen, values: dict[str, Any]) -> None:
    """
    Raises:
        PointMissing: one of the ids is not there.
        PointTaken: one is of a photo or a face that is here.
        PointInvalid: a payload would be too large.
    """
    _change(place, chosen, Value(values, JSONField()))


def _change(place: Place, chosen: Chosen, payload: Combinable) -> None:
    with transaction.atomic():
        points = _points(place, chosen)
        numbers = list(points.select_for_update().order_by("pk").values_list("number", flat=True))
        if missing := set(chosen.numbers or ()).difference(numbers):
            raise PointMissing(f"Point with id {min(missing)} does not exist.")
        points = _named(place, numbers)
        points.update(payload=payload)
        size = Func(Cast("payload", TextField()), function="octet_length")
        largest = points.annotate(size=size).order_by("-size").values_list("number", "size").first()
        if largest:
            check_size(largest[1], f"Point {largest[0]}: payload")


def _operated(operator: str, value: Combinable) -> Func:
    return Func(
        F("payload"),
        value,
        function="",
        arg_joiner=f" {operator} ",
        output_field=JSONField(),
    )


def _points(place: Place, chosen: Chosen) -> QuerySet[Point]:
    for source in place.ours.sources:
        by_id = chosen.numbers is not None
        rows = source.of(chosen.numbers or ()) if by_id else source.rows.filter(chosen.wanted)
        if row := rows.values("number").first():
            raise _taken(row["number"])
    if chosen.numbers is not None:
        return _named(place, chosen.numbers)
    [theirs] = place.brought.sources
    return Point.objects.filter(pk__in=theirs.rows.filter(chosen.wanted).values("point"))


def _named(place: Place, numbers: Collection[int]) -> QuerySet[Point]:
    mine = Point.objects.filter(owner=place.owner, collection=place.collection)
    return mine.filter(number__in=numbers)


def _refuse_taken(place: Place, rows: Sequence[Point]) -> None:
    stored = Point.objects.filter(pk__in=[row.pk for row in rows])
    taken = stored.filter(Exists(place.taken(OuterRef("number")))).order_by("number").first()
    if taken:
        raise _taken(taken.number)


def _taken(number: int) -> PointTaken:
    return PointTaken(
        f"Point {number} is of a photo or a face that is here. Its vector and payload are made by "
        "this service, and go with the photo. Choose other ids."
    )


def _index(space: Space) -> None:
    """Have the one that vectors of `space` need, from the first on."""
    if not PointVector.objects.filter(space=space).exists():
        Space.objects.select_for_update(no_key=True).get(pk=space.pk)  # one at a time
        create_index(PointVector, space)
