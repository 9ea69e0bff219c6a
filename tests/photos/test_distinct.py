"""The values that a column has."""

from typing import Any

import pytest

from photos import distinct
from photos.operations import OBJECTS
from search.models import DetectedObject
from tests.factories import make_owner, make_photo, make_place
from tests.search.findings import make_analysis, make_object

pytestmark = pytest.mark.django_db


class TestValues:
    def test_are_each_one_once_and_sorted(self, django_assert_num_queries: Any) -> None:
        photo = make_photo()
        for label in ("dog", "cat", "dog", "ant", "cat"):
            make_object(photo=photo, label=label)

        with django_assert_num_queries(1):
            found = distinct.values(DetectedObject, "label", limit=10)

        assert found == ["ant", "cat", "dog"]

    def test_are_the_first_ones_where_there_are_many(self) -> None:
        photo = make_photo()
        for label in ("dog", "cat", "ant"):
            make_object(photo=photo, label=label)

        assert distinct.values(DetectedObject, "label", limit=2) == ["ant", "cat"]

    def test_of_an_empty_table_are_none(self) -> None:
        assert distinct.values(DetectedObject, "label", limit=2) == []


class TestRecipes:
    def test_are_those_of_the_operation(self) -> None:
        for recipe in ("b.1", "a.1", "b.1"):
            make_analysis(operation="objects", recipe=recipe)
        make_analysis(operation="ocr", recipe="c.1")

        assert distinct.recipes(OBJECTS, limit=10) == ["a.1", "b.1"]
        assert distinct.recipes(OBJECTS, limit=1) == ["a.1"]

    def test_of_an_operation_that_was_never_done_are_none(self) -> None:
        assert distinct.recipes("describe", limit=10) == []


class TestPlaces:
    def test_are_those_of_the_owners_photos(self, django_assert_num_queries: Any) -> None:
        mine, others = make_owner(), make_owner()
        for key in (3, 5, 7):
            make_place(id=key)
        for owner, place in ((mine, 7), (mine, 7), (mine, 3), (others, 5)):
            make_photo(owner=owner, place_id=place)
        make_photo(owner=mine)

        with django_assert_num_queries(1):
            found = distinct.places(mine, limit=10)

        assert found == [3, 7]
        assert distinct.places(mine, limit=1) == [3]
        assert distinct.places(make_owner(), limit=10) == []
