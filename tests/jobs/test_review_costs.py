"""What the review page and its answers cost, however much there is."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from faces.models import Edit
from photos.models import Owner, Space
from tests.factories import make_owner, make_space
from tests.jobs.review_desk import arrange, keys, to

pytestmark = pytest.mark.django_db
QUERIES = {"same": 20, "merges": 20, "assignments": 21, "mixed": 21}
ANSWERED = {"yes": 64, "no": 46, "skip": 27}  # all that a request costs, with the next question


@pytest.fixture
def space() -> Space:
    return make_space(same_person_cosine=0.5)


@pytest.fixture
def whose() -> Owner:
    return make_owner()


class TestTheReviewPage:
    @pytest.mark.parametrize("kind", ["same", "merges", "assignments", "mixed"])
    @pytest.mark.parametrize("count", [3, 4])
    def test_costs_a_fixed_number_of_queries(
        self,
        admin_client: Client,
        whose: Owner,
        space: Space,
        kind: str,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for number in range(count):
            arrange(kind, whose, space, number)
        asked = keys(admin_client.get(to(whose, kind)))

        with django_assert_num_queries(QUERIES[kind]):
            admin_client.get(to(whose, kind))
        assert len(asked) == 2

    @pytest.mark.parametrize("said", list(ANSWERED))
    @pytest.mark.parametrize("others", [1, 3])
    def test_costs_as_little_to_answer(
        self,
        admin_client: Client,
        whose: Owner,
        space: Space,
        said: str,
        others: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for number in range(others + 1):
            arrange("same", whose, space, number)
        [key, _] = keys(admin_client.get(to(whose, "same")))
        where = to(whose, "same", "decide/")
        ContentType.objects.get_for_model(Edit)  # is remembered

        with django_assert_num_queries(ANSWERED[said]):
            admin_client.post(
                where, {"question": key, "answer": said}, headers={"X-Requested-With": "review"}
            )
