"""What requests about points are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from rest_framework import serializers

from search.points import filters
from search.points.plain import MOST_IDS, point_id


@dataclass(frozen=True)
class Fields:
    """Which fields of a payload are wanted: these, or all but these."""

    names: frozenset[str] = frozenset()
    others: bool = False

    @property
    def wants_any(self) -> bool:
        return bool(self.names) or self.others

    def of(self, payload: Mapping[str, Any]) -> dict[str, Any] | None:
        """None where nothing is wanted."""
        if not self.wants_any:
            return None
        return {
            name: value
            for name, value in payload.items()
            if (name in self.names) is not self.others
        }


class AnyField(serializers.Field[Any, Any, Any, Any]):
    """JSON that somebody else reads."""

    def to_internal_value(self, data: Any) -> Any:
        return data


class IdsField(AnyField):
    def to_internal_value(self, data: Any) -> list[int]:
        if not isinstance(data, list) or len(data) > MOST_IDS:
            raise serializers.ValidationError(f"Give a list of {MOST_IDS} ids at most.")
        return [point_id(each, f"id {place}") for place, each in enumerate(data)]


class FilterField(AnyField):
    """A filter, as the condition on rows that it is."""

    def to_internal_value(self, data: Any) -> Q:
        return filters.condition(data)


class FieldsField(AnyField):
    def to_internal_value(self, data: Any) -> Fields:
        match data:
            case bool():
                return Fields(others=data)
            case list():
                return Fields(self._names(data))
            case {"include": names, **rest} if not rest:
                return Fields(self._names(names))
            case {"exclude": names, **rest} if not rest:
                return Fields(self._names(names), others=True)
        raise serializers.ValidationError('Give true, false, or names as {"include": […]}.')

    def _names(self, names: Any) -> frozenset[str]:
        """Of fields at the top."""
        listed = isinstance(names, list) and len(names) <= MOST_IDS
        if not (listed and all(isinstance(name, str) and "." not in name for name in names)):
            raise serializers.ValidationError("Give a list of names of fields, without dots.")
        return frozenset(names)


class VectorsField(AnyField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError("Give true or false: vectors have no names here.")
        return data
