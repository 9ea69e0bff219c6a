"""Photos that look like a photo, page by page."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from photos.models import Owner, Photo
from photos.services import space_of
from search import duplicates
from search.models import ImageVector
from tests.factories import make_photo, unit
from tests.search.alike import make_look
from tests.search.factories import IMAGES, make_image_vector

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _space(db: None) -> None:
    """An index is not made in a transaction that has written vectors."""
    space_of(IMAGES, ImageVector)


def seen(owner: Owner, angle: float) -> Photo:
    """A photo with a vector; the smaller the `angle`, the more it looks like one of 0."""
    photo = make_photo(owner=owner)
    make_image_vector(photo, unit(1, angle))
    return photo


def url(photo: Photo) -> str:
    return f"/api/v1/search/similar/{photo.pk}/"


class TestSimilar:
    def test_lists_photos_by_how_much_they_look_like_one(
        self, api: APIClient, owner: Owner
    ) -> None:
        photo, far, near = (seen(owner, angle) for angle in (0, 2, 1))
        make_image_vector(make_photo(), unit(1, 0))

        answer = api.get(url(photo)).json()

        assert [hit["photo"]["id"] for hit in answer["results"]] == [near.pk, far.pk]
        assert [hit["cosine"] for hit in answer["results"]] == pytest.approx(
            [0.5**0.5, 0.2**0.5], abs=1e-3
        )
        scores = [hit["score"] for hit in answer["results"]]
        assert 1 > scores[0] > scores[1] == 0
        assert answer["next"] is None

    def test_comes_in_pages(self, api: APIClient, owner: Owner) -> None:
        photo, *others = [seen(owner, angle / 10) for angle in range(6)]

        found, asked = [], {"limit": 2}
        while True:
            page = api.get(url(photo), asked).json()
            found += [hit["photo"]["id"] for hit in page["results"]]
            if page["next"] is None:
                break
            asked["cursor"] = page["next"]

        assert found == [other.pk for other in others]

    def test_marks_near_duplicates_or_hides_them(self, api: APIClient, owner: Owner) -> None:
        photo, copy, other = (seen(owner, angle) for angle in (0, 0.1, 0.2))
        for each in (photo, copy):
            make_look(photo=each)
        list(duplicates.compare(owner))

        shown = api.get(url(photo)).json()["results"]
        left = api.get(url(photo), {"duplicates": "hide"}).json()["results"]

        assert [(hit["photo"]["id"], hit["duplicate"]) for hit in shown] == [
            (copy.pk, True),
            (other.pk, False),
        ]
        assert [hit["photo"]["id"] for hit in left] == [other.pk]

    def test_says_that_a_photo_has_no_vector_yet(self, api: APIClient, owner: Owner) -> None:
        answer = api.get(url(make_photo(owner=owner)))

        assert (answer.status_code, answer.json()["code"]) == (422, "vector_missing")

    def test_tells_nothing_of_what_is_missing_or_of_others(
        self, api: APIClient, owner: Owner
    ) -> None:
        theirs = make_photo()
        make_image_vector(theirs, unit(1))

        answers = [api.get(url(theirs)), api.get("/api/v1/search/similar/999999")]

        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json() == answers[1].json()

    @pytest.mark.parametrize(
        ("asked", "field"),
        [
            ({"limit": 0}, "limit"),
            ({"limit": 201}, "limit"),
            ({"duplicates": "maybe"}, "duplicates"),
            ({"near": "Bali"}, "near"),
            ({"limit": [1, 2]}, "limit"),
        ],
    )
    def test_refuses_what_it_does_not_know(
        self, api: APIClient, owner: Owner, asked: dict[str, Any], field: str
    ) -> None:
        answer = api.get(url(seen(owner, 0)), asked)

        assert answer.status_code == 422
        assert list(answer.json()["fields"]) == [field]

    def test_refuses_a_cursor_of_something_else(self, api: APIClient, owner: Owner) -> None:
        photo, other, _ = (seen(owner, angle) for angle in (0, 1, 2))
        cursor = api.get(url(photo), {"limit": 1}).json()["next"]

        answers = [api.get(url(other), {"cursor": each}) for each in (cursor, "nonsense")]

        assert [answer.json()["code"] for answer in answers] == ["cursor_invalid"] * 2

    def test_costs_as_many_queries_for_three_photos_as_for_one(
        self, api: APIClient, owner: Owner, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        photo = seen(owner, 0)
        api.get(url(photo))  # what is asked once in a while is known then
        for count in (1, 3):
            while ImageVector.objects.count() <= count:
                seen(owner, 1)
            with django_assert_num_queries(9):
                assert len(api.get(url(photo)).json()["results"]) == count
