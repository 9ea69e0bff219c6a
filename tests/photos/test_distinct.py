"""The values that a column has."""

from typing import Any

import pytest

from photos.operations import OBJECTS
from photos import distinct
from search.models import DetectedObject
from tests.factories import make_photo
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
