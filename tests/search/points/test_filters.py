"""What filters of points mean."""

from typing import Any

import pytest

from photos.models import Owner
from search.errors import PointInvalid
from search.points import finding
from search.points.filters import condition
from tests.factories import make_owner, unit
from tests.search.points.arranged import bring, make_named_photo, place_of

pytestmark = pytest.mark.django_db

PAYLOADS: dict[int, dict[str, Any]] = {
    1: {"city": "Bandung", "year": 2023, "tags": ["beach", "sun"]},
    2: {"city": "Bogor", "year": 2024.5, "tags": [], "box": {"x": 5}},
    3: {"city": None, "liked": True, "people": [{"name": "Anna"}, {"name": "Ben"}]},
    4: {'a "quoted" key': "100% [a-z] \\ 'x'", "year": "2023"},
}


def _key(name: str, **how: Any) -> dict[str, Any]:
    return {"must": [{"key": name, **how}]}


MEANT: list[tuple[dict[str, Any], set[int]]] = [
    ({}, {1, 2, 3, 4}),
    ({"must": []}, {1, 2, 3, 4}),
    (_key("city", match={"value": "Bogor"}), {2}),
    (_key("year", match={"value": 2023}), {1}),
    (_key("liked", match={"value": True}), {3}),
    (_key("liked", match={"value": 1}), set()),
    (_key("tags", match={"value": "sun"}), {1}),
    (_key("tags[]", match={"value": "sun"}), {1}),
    (_key("people[].name", match={"value": "Ben"}), {3}),
    (_key("people.name", match={"any": ["Ben", "Cia"]}), {3}),
    (_key("city", match={"any": []}), set()),
    (_key("city", match={"except": ["Bogor", 7]}), {1}),
    (_key("tags", match={"except": ["sun"]}), {1}),
    (_key("city", match={"text": "and"}), {1}),
    (_key("city", match={"text": "AND"}), set()),
    (_key("city", match={"text": "B.*"}), set()),
    (_key("year", range={"gte": 2023, "lt": 2024.5}), {1}),
    (_key("year", range={"gt": 2023}), {2}),
    (_key("box.x", range={"lte": 5, "gt": None}), {2}),
    ({"must": {"is_empty": {"key": "tags"}}}, {2, 3, 4}),
    ({"must_not": [{"is_empty": {"key": "city"}}]}, {1, 2}),
    ({"must": [{"is_null": {"key": "city"}}]}, {3}),
    ({"must": [{"has_id": [1, 3, 77]}]}, {1, 3}),
    ({"must": [{"has_id": []}]}, set()),
    ({"should": [{"has_id": [1]}, {"key": "city", "match": {"value": "Bogor"}}]}, {1, 2}),
    ({"should": [], "must": [{"has_id": [1]}]}, {1}),
    ({"must": [{"has_id": [1, 2]}], "should": [{"has_id": [2, 3]}]}, {2}),
    ({"must_not": [{"must": [{"has_id": [1]}]}, {"has_id": [2]}]}, {3, 4}),
    ({"must": [{"should": [{"has_id": [1]}, {"must_not": [{"has_id": [1, 2]}]}]}]}, {1, 3, 4}),
]
REFUSED: list[tuple[Any, str]] = [
    ([], "filter: give an object with must, must_not, should."),
    ({"min_should": {}}, "filter.min_should is not supported."),
    ({"must": [7]}, "filter.must.0: give an object with key"),
    ({"must": [{}]}, "filter.must.0: nothing is not supported."),
    ({"must": [{"key": "a"}]}, "filter.must.0: key is not supported."),
    ({"must": [{"key": "a", "geo_radius": {}}]}, "filter.must.0: geo_radius, key is not supported"),
    ({"must": [{"nested": {"key": "a"}}]}, "filter.must.0: nested is not supported."),
    ({"must": [{"has_vector": ""}]}, "filter.must.0: has_vector is not supported."),
    (_key("a", match={"phrase": "x"}), "filter.must.0.match.phrase is not supported."),
    (_key("a", match={}), "filter.must.0.match: give exactly one of value, any, except, text."),
    (_key("a", match={"value": 1.5}), "filter.must.0.match.value: give texts, whole numbers"),
    (_key("a", match={"value": {"b": 1}}), "filter.must.0.match.value: give texts"),
    (_key("a", match={"any": "x"}), "filter.must.0.match.any: give a list of 1000 values"),
    (_key("a", match={"any": ["x"] * 1001}), "filter.must.0.match.any: give a list of 1000 values"),
    (_key("a", match={"value": "\0"}), "filter.must.0.match.value: it has a letter"),
    (_key("a", match={"text": ""}), "filter.must.0.match.text: give a text"),
    (_key("a", match={"text": "\ud800"}), "filter.must.0.match.text: it has a number"),
    (_key("a", range={}), "filter.must.0.range: give one of gt, gte, lt, lte."),
    (_key("a", range={"gt": "2023-01-01"}), "filter.must.0.range.gt: give a number."),
    (_key("a", range={"gt": True}), "filter.must.0.range.gt: give a number."),
    (_key("a", range={"gt": float("inf")}), "filter.must.0.range: it has a number without an end"),
    (_key("", match={"value": 1}), "filter.must.0.key: give the name of a payload's field"),
    (_key("a..b", match={"value": 1}), "filter.must.0.key: give the name"),
    (_key('a."b"', match={"value": 1}), "filter.must.0.key: give the name"),
    (_key("a[0]", match={"value": 1}), "filter.must.0.key: give the name"),
    (_key("a" * 201, match={"value": 1}), "filter.must.0.key: give the name"),
    (_key("a\0", match={"value": 1}), "filter.must.0.key: it has a letter"),
    ({"must": [{"is_empty": "a"}]}, "filter.must.0.is_empty: give an object with key."),
    ({"must": [{"has_id": 5}]}, "filter.must.0.has_id: give a list"),
    ({"must": [{"has_id": ["6ba7b810-9dad-11d1-80b4-00c04fd430c8"]}]}, "has_id.0: '6ba7b810"),
    ({"must": [{"has_id": [True]}]}, "filter.must.0.has_id.0: True is no id"),
    ({"must": [{"has_id": [-1]}]}, "filter.must.0.has_id.0: -1 is no id"),
    ({"must": [{"has_id": [2**63]}]}, "filter.must.0.has_id.0: 9223372036854775808 is no id"),
    ({"should": [{"has_id": [1]}] * 1000}, "filter.should.100: a filter may have 100 conditions"),
]


class TestConditions:
    @pytest.mark.parametrize(("filter_", "numbers"), MEANT)
    def test_mean_what_they_mean_to_qdrant(
        self, owner: Owner, filter_: dict[str, Any], numbers: set[int]
    ) -> None:
        make_named_photo(make_owner(), "9", looks=unit(1))
        place = place_of(owner)
        for number, payload in PAYLOADS.items():
            bring(place, number, **payload)

        found, _ = finding.scroll(place, condition(filter_), since=0, limit=10)

        assert {point.number for point in found} == numbers
        assert finding.count(place, condition(filter_)) == len(numbers)

    @pytest.mark.parametrize(("filter_", "said"), REFUSED)
    def test_are_refused_where_they_are_not_understood(self, filter_: Any, said: str) -> None:
        with pytest.raises(PointInvalid) as refused:
            condition(filter_)

        assert said in str(refused.value)

    def test_are_refused_where_they_lie_too_deep_in_each_other(self) -> None:
        filter_: dict[str, Any] = {"has_id": [1]}
        for _ in range(12):
            filter_ = {"must": [filter_]}

        with pytest.raises(PointInvalid, match="filters may lie in each other 8 deep"):
            condition(filter_)

    @pytest.mark.parametrize(
        "text", ["'; DROP TABLE search_point; --", '") || (1 == 1', "%s", "$values", "\\", 'ü\n"x"']
    )
    def test_take_any_text_as_text(self, owner: Owner, text: str) -> None:
        make_named_photo(make_owner(), looks=unit(1))
        place = place_of(owner)
        bring(place, 1, said=text)
        bring(place, 2, said="else")

        for how in ({"value": text}, {"any": [text]}, {"text": text}):
            assert finding.count(place, condition(_key("said", match=how))) == 1
