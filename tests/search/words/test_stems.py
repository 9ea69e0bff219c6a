"""What forms of a word have in common."""

import pytest
from pytest_django import DjangoAssertNumQueries

from search.words.stems import stems_of

pytestmark = pytest.mark.django_db


class TestStemsOf:
    def test_are_those_of_both_languages(self) -> None:
        assert stems_of(["dogs", "berlari", "the", "yang"]) == {
            "dogs": {"en": "dog", "id": "dogs"},
            "berlari": {"en": "berlari", "id": "lari"},
            "the": {"id": "the"},
            "yang": {"en": "yang"},
        }

    def test_are_asked_for_once(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        stems_of(["dogs", "cats"])

        with django_assert_num_queries(0):
            assert stems_of(["cats"]) == {"cats": {"en": "cat", "id": "cats"}}
        with django_assert_num_queries(1):
            assert list(stems_of(["cats", "mice", "cats"])) == ["cats", "mice"]

    def test_of_nothing_are_not_asked_for(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(0):
            assert stems_of([]) == {}
