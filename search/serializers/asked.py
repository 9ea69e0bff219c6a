"""What callers ask of photos: words, and parameters that do the same without words."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from search.questions import Count, Sort, Things

MAX_LIMIT = 200
_MOST_VALUES = 50  # of one parameter
_EACH = "Each is there: `dog`, `dog:2`, `dog:2-4`, `dog:2-`, `dog:0`."
_COUNTED = re.compile(r"(?P<label>[^:]{1,100})(?::(?P<count>[0-9-]{1,9}))?")
_NUMBER = re.compile(r"(?P<least>[0-9]{1,4})(?P<range>-(?P<most>[0-9]{1,4})?)?")
Asked = TypeVar("Asked", bound=serializers.Serializer[Any])


class NamesField(serializers.ListField):
    """Names of what photos are filtered by; in an address, the parameter several times."""

    def __init__(self, **kwargs: Any) -> None:
        child = serializers.CharField(max_length=200)
        super().__init__(child=child, required=False, max_length=_MOST_VALUES, **kwargs)


@extend_schema_field(OpenApiTypes.STR)
class CountField(serializers.Field[Count, str, Any, Any]):
    """How many: `2`, `2-4`, `2-` for at least two, `0` for none."""

    def to_internal_value(self, data: Any) -> Count:
        return count_of(str(data))


@extend_schema_field(OpenApiTypes.STR)
class ThingsField(serializers.Field[Things, str, Any, Any]):
    """A class of objects, and how many: `dog`, `dog:2`, `dog:2-4`, `dog:2-`, `dog:0`."""

    def to_internal_value(self, data: Any) -> Things:
        match = _COUNTED.fullmatch(str(data).strip())
        if match is None:
            raise serializers.ValidationError(
                gettext("Give a class of objects, such as dog or dog:2.")
            )
        if match["count"] is None:
            return Things(match["label"].strip())
        return Things(match["label"].strip(), count_of(match["count"]))


def count_of(text: str) -> Count:
    """
    Raises:
        ValidationError: it is no number and no range.
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        raise serializers.ValidationError(gettext("Give a number, or a range such as 2-4 or 2-."))
    least = int(match["least"])
    if match["range"] is None:
        return Count(least, least)
    most = int(match["most"]) if match["most"] else None
    if most is not None and most < least:
        raise serializers.ValidationError(
            gettext("%(text)s: the range ends before it begins.") % {"text": text}
        )
    return Count(least, most)


class Unprocessable(serializers.ValidationError):
    """What is asked for can't be looked for: 422, with what is wrong with which field."""

    status_code = 422


def valid(asked: Asked) -> Asked:
    """
    Raises:
        Unprocessable: a field is wrong, or there is no such field.
    """
    if not asked.is_valid():
        raise Unprocessable(asked.errors)
    return asked


def checked(
    serializer: type[serializers.Serializer[Any]], data: Any, *, partial: bool = False
) -> dict[str, Any]:
    """
    Raises:
        Unprocessable: as valid().
    """
    return dict(valid(serializer(data=data, partial=partial)).validated_data)


class OnlyKnown(serializers.Serializer[None]):
    """What is not among the fields is refused: a filter that does nothing shows too much."""

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        given = self.initial_data if isinstance(self.initial_data, Mapping) else {}
        if unknown := sorted(map(str, given.keys() - self.fields.keys())):
            raise serializers.ValidationError(
                {unknown[0]: f"There is no such parameter: {', '.join(sorted(self.fields))}."}
            )
        if several := sorted(filter(self._is_several, given)):
            raise serializers.ValidationError({several[0]: "Give it once: it has one value."})
        return dict(super().validate(data))

    def _is_several(self, name: str) -> bool:
        """Whether an address gives it several times, and only one of them would count."""
        given, field = self.initial_data, self.fields[name]
        once = not isinstance(field, serializers.ListField)
        return once and isinstance(given, MultiValueDict) and len(given.getlist(name)) > 1


def _min_confidence() -> serializers.FloatField:
    return serializers.FloatField(
        default=0.0, min_value=0, max_value=1, help_text="Of objects: the detector's score."
    )


class FiltersSerializer(OnlyKnown):
    """Filters: a photo passes all of them."""

    person_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        max_length=_MOST_VALUES,
        help_text="All of them are there.",
    )
    people = NamesField(help_text="All of them are there: names, or other names of theirs.")
    any_people = NamesField(help_text="One of them is there.")
    not_people = NamesField(help_text="None of them is there.")
    only_people = serializers.BooleanField(default=False, help_text="And nobody else.")
    since = serializers.DateField(required=False, help_text="From this day on, where it was taken.")
    until = serializers.DateField(required=False, help_text="Up to this day, all of it.")
    places = NamesField(help_text="In one of these cities, regions or countries.")
    not_places = NamesField(help_text="In none of them.")
    near = NamesField(help_text="In one of these places, or not far from it.")
    objects = serializers.ListField(
        child=ThingsField(),
        required=False,
        max_length=_MOST_VALUES,
        help_text=_EACH,
    )
    min_confidence = _min_confidence()
    faces = CountField(required=False, help_text="How many faces: `2`, `2-4`, `2-`, `0`.")
    text = NamesField(help_text="Each stands in the photo.")
    not_text = NamesField(help_text="None stands in the photo.")

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        data = super().validate(data)
        if data.get("since") and data.get("until") and data["until"] < data["since"]:
            raise serializers.ValidationError({"until": gettext("It is before `since`.")})
        if data["only_people"] and not any(
            data.get(name) for name in ("people", "any_people", "person_ids")
        ):
            raise serializers.ValidationError({"only_people": gettext("Say who, by `people`.")})
        return data


class PageSerializer(OnlyKnown):
    limit = serializers.IntegerField(default=50, min_value=1, max_value=MAX_LIMIT)
    cursor = serializers.CharField(required=False, max_length=1000, help_text="`next` of a page.")


class ByObjectSerializer(PageSerializer):
    """Things that photos show."""

    objects = serializers.ListField(
        child=ThingsField(), min_length=1, max_length=_MOST_VALUES, help_text=_EACH
    )
    min_confidence = _min_confidence()


class SearchSerializer(FiltersSerializer, PageSerializer):
    """A question in words, filters, or both."""

    q = serializers.CharField(
        required=False,
        max_length=100_000,  # what is too long is said where questions are understood
        help_text='Such as "Anna at the beach last summer, not with Ben".',
    )
    without = NamesField(help_text="Parts of the question to leave out: keys of `parts`.")
    sort = serializers.ChoiceField(
        choices=[each.value for each in Sort], default=Sort.RELEVANCE.value
    )
    facets = serializers.BooleanField(default=True, help_text="On the first page.")

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        data = super().validate(data)
        beside = {"limit", "cursor", "sort", "facets", "without", "min_confidence", "only_people"}
        if not any(data.get(name) not in (None, "", []) for name in data.keys() - beside):
            raise serializers.ValidationError({"q": gettext("Ask something, or give a filter.")})
        return data
