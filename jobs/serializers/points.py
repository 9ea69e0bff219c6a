"""Requests about points, as Qdrant's clients send them.

What is not supported is refused by its name. Source: Qdrant's OpenAPI description, 1.15.
"""

from collections.abc import Mapping
from copy import copy, deepcopy
from typing import Any

from django.db.models import Q
from rest_framework import serializers

from jobs.serializers.point_fields import (
    AnyField,
    Fields,
    FieldsField,
    FilterField,
    IdsField,
    VectorsField,
)
from search.points import plain
from search.points.collections import Place
from search.points.finding import Search, one
from search.points.plain import MOST_IDS, point_id
from search.points.writing import Brought, Chosen

MOST_FOUND = 1000  # of one answer
_DEEPEST = 10_000  # points before those of an answer
_MOST_SEARCHES = 64  # of one request
_PAGE = 10  # unless another number is asked for
_EF = 200  # as photos.nearest reads the index
_UNSUPPORTED = "This is not supported here."


class AskedSerializer(serializers.Serializer[None]):
    """Refuses what it does not know. What is null is not said. Needs the `place` in its context."""

    def get_fields(self) -> dict[str, Any]:
        """Copies, so that each has a parent of its own. DRF makes each field anew, which takes
        longer than its work; here only those with a child do that, as it knows its parent too."""
        return {
            name: deepcopy(field) if hasattr(field, "child") else copy(field)
            for name, field in self._declared_fields.items()
        }

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            return super().to_internal_value(data)
        said = {name: value for name, value in data.items() if value is not None}
        if unknown := said.keys() - self.fields.keys():
            raise serializers.ValidationError(dict.fromkeys(sorted(unknown), _UNSUPPORTED))
        return super().to_internal_value(said)

    @property
    def place(self) -> Place:
        place: Place = self.context["place"]
        return place


class ShownSerializer(AskedSerializer):
    """What of points is wanted."""

    with_payload = FieldsField(default=Fields())
    with_vector = VectorsField(default=False)


class ParamsSerializer(AskedSerializer):
    """How exact a search is to be. The index is always read for as many as `_EF`."""

    exact = serializers.BooleanField(default=False)
    hnsw_ef = serializers.IntegerField(required=False, min_value=1, max_value=_EF)
    indexed_only = serializers.ChoiceField([False], required=False)


class WantedSerializer(ShownSerializer):
    """A search, but for what is searched for."""

    filter = FilterField(default=Q())
    params = ParamsSerializer(required=False)
    limit = serializers.IntegerField(default=_PAGE, min_value=1, max_value=MOST_FOUND)
    offset = serializers.IntegerField(default=0, min_value=0, max_value=_DEEPEST)
    score_threshold = serializers.FloatField(required=False)

    def near(self, given: Any, wanted: Q, data: Mapping[str, Any]) -> Search:
        """Points near the vector `given` that are `wanted`, as `data` asks for them."""
        return Search(
            vector=plain.vector(given, self.place.space.dimension, "vector"),
            wanted=wanted,
            limit=data["limit"],
            offset=data["offset"],
            least=data.get("score_threshold"),
            exact=data.get("params", {}).get("exact", False),
        )


class SearchSerializer(WantedSerializer):
    vector = AnyField()
    limit = serializers.IntegerField(min_value=1, max_value=MOST_FOUND)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        return data | {"search": self.near(data["vector"], data["filter"], data)}


class QuerySerializer(WantedSerializer):
    """By a vector, or by a point that is there: that one is not among the answers."""

    query = AnyField()

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        given, wanted = data["query"], data["filter"]
        if isinstance(given, dict) and given.keys() == {"nearest"}:
            given = given["nearest"]
        if isinstance(given, dict):
            raise serializers.ValidationError(
                {"query": "Give a vector or the id of a point; nothing else is supported here."}
            )
        if not isinstance(given, list):
            number = point_id(given, "query")
            given = one(self.place, number, vectors=True).vector
            wanted &= ~Q(number=number)
        return data | {"search": self.near(given, wanted, data)}


class SearchesSerializer(AskedSerializer):
    searches = serializers.ListField(child=SearchSerializer(), max_length=_MOST_SEARCHES)


class QueriesSerializer(AskedSerializer):
    searches = serializers.ListField(child=QuerySerializer(), max_length=_MOST_SEARCHES)


class ScrollSerializer(ShownSerializer):
    offset = AnyField(default=0)
    limit = serializers.IntegerField(default=_PAGE, min_value=1, max_value=MOST_FOUND)
    filter = FilterField(default=Q())
    with_payload = FieldsField(default=Fields(others=True))

    def validate_offset(self, given: Any) -> int:
        return point_id(given, "offset")


class RetrieveSerializer(ShownSerializer):
    ids = IdsField()
    with_payload = FieldsField(default=Fields(others=True))


class CountSerializer(AskedSerializer):
    filter = FilterField(default=Q())
    exact = serializers.BooleanField(default=True, help_text="It always is.")


class ChosenSerializer(AskedSerializer):
    """Points by exactly one of their ids and a filter."""

    points = IdsField(required=False)
    filter = FilterField(required=False)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if ("points" in data) is ("filter" in data):
            raise serializers.ValidationError("Give exactly one of points and filter.")
        return data

    @property
    def chosen(self) -> Chosen:
        data = self.validated_data
        return Chosen(data.get("points"), data.get("filter", Q()))


class PayloadSerializer(ChosenSerializer):
    payload = AnyField()

    def validate_payload(self, given: Any) -> dict[str, Any]:
        return plain.payload(given, "payload")


class KeysSerializer(ChosenSerializer):
    keys = serializers.ListField(child=serializers.CharField(), max_length=MOST_IDS)


class BatchSerializer(AskedSerializer):
    """Points by columns."""

    ids = serializers.ListField(child=AnyField())
    vectors = serializers.ListField(child=AnyField())
    payloads = serializers.ListField(child=AnyField(allow_null=True), required=False)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if len({len(column) for column in data.values()}) != 1:
            raise serializers.ValidationError("Give as many vectors and payloads as ids.")
        return data


class PointsSerializer(AskedSerializer):
    """Points to be put in, as rows or as columns."""

    points = serializers.ListField(child=AnyField(), required=False)
    batch = BatchSerializer(required=False)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if len(data) != 1:
            raise serializers.ValidationError("Give exactly one of points and batch.")
        rows = data["points"] if "points" in data else _rows(data["batch"])
        if len(rows) > MOST_IDS:
            raise serializers.ValidationError(
                f"There are {len(rows)} points: send {MOST_IDS} at most at a time."
            )
        return {"brought": [self._brought(row, place) for place, row in enumerate(rows)]}

    def _brought(self, row: Any, place: int) -> Brought:
        if not isinstance(row, dict) or not {"id", "vector"} <= row.keys():
            raise serializers.ValidationError({f"points.{place}": "Give an id and a vector."})
        if unknown := row.keys() - {"id", "vector", "payload"}:
            raise serializers.ValidationError({f"points.{place}.{min(unknown)}": _UNSUPPORTED})
        number = point_id(row["id"], f"points.{place}.id")
        dimension, payload = self.place.space.dimension, row.get("payload")
        return Brought(
            number=number,
            vector=plain.vector(row["vector"], dimension, f"Point {number}: vector"),
            payload=plain.payload({} if payload is None else payload, f"Point {number}: payload"),
        )


def _rows(batch: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    payloads = batch.get("payloads", [None] * len(batch["ids"]))
    columns = zip(batch["ids"], batch["vectors"], payloads, strict=True)
    return [{"id": each, "vector": vector, "payload": of} for each, vector, of in columns]


class LengthSerializer(AskedSerializer):
    size = serializers.IntegerField()
    distance = serializers.CharField()


class CollectionSerializer(AskedSerializer):
    """A collection that somebody wants to have."""

    vectors = LengthSerializer()
