"""How far photos follow a new model, over HTTP."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from photos.models import Owner, Photo
from search.models import ImageVector, SearchedSpace, Unembedded
from tests.factories import make_owner, make_photo, make_space, make_user, unit
from tests.search.changing import activate

pytestmark = pytest.mark.django_db
URL = "/api/v1/search/spaces"
A, B = "image_encoder:a:1", "image_encoder:b:1"


@pytest.fixture
def staff() -> APIClient:
    """The API as somebody sees it who may steer models, and nothing else."""
    user = make_user(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_servedmodel"))
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def photos(owner: Owner) -> list[Photo]:
    """Two of `owner`, of which the second can't follow, and one of somebody else, which has."""
    activate("a")
    photos = [make_photo(owner=owner), make_photo(owner=owner), make_photo(owner=make_owner())]
    old, new = (make_space(name=name, role="image_encoder") for name in (A, B))
    for photo, space in [*((photo, old) for photo in photos), (photos[2], new)]:
        ImageVector.objects.create(
            photo=photo, owner=photo.owner, space=space, vector=unit(1).tolist()
        )
    SearchedSpace.objects.create(space=old)
    Unembedded.objects.create(photo=photos[1], owner=owner, space=new, code="x", detail="Gone.")
    activate("b")
    return photos


def get(client: APIClient, **query: str) -> tuple[int, Any]:
    answer = client.get(URL, query)
    return answer.status_code, answer.json()


class TestSpaces:
    def test_count_the_callers_own_photos(self, api: APIClient, photos: list[Photo]) -> None:
        assert get(api) == (
            200,
            {
                "current": A,
                "next": B,
                "photos": 2,
                "done": 0,
                "failed": 1,
                "percent": 0.0,
                "failures": [{"photo": photos[1].pk, "code": "x", "detail": "Gone."}],
            },
        )

    @pytest.mark.usefixtures("photos")
    def test_count_those_of_all_owners_for_staff(self, staff: APIClient) -> None:
        status, body = get(staff, all="true")

        assert status == 200
        assert (body["photos"], body["done"], body["failed"], body["percent"]) == (3, 1, 1, 33.3)

    @pytest.mark.usefixtures("photos")
    def test_of_all_owners_are_for_staff_alone(self, api: APIClient) -> None:
        status, body = get(api, all="true")

        assert (status, body["code"]) == (403, "permission_denied")

    def test_show_somebody_without_photos_nothing(self, api: APIClient) -> None:
        status, body = get(api)

        assert (status, body["current"], body["photos"], body["percent"]) == (200, None, 0, 100.0)

    def test_refuse_what_is_neither_yes_nor_no(self, api: APIClient) -> None:
        status, body = get(api, all="maybe")

        assert (status, body["code"], list(body["fields"])) == (400, "invalid", ["all"])

    def test_want_a_caller_who_is_known(self) -> None:
        assert get(APIClient())[0] == 401

    @pytest.mark.parametrize("count", [1, 3])
    def test_cost_the_same_however_many_photos(
        self, api: APIClient, photos: list[Photo], count: int, django_assert_num_queries: Any
    ) -> None:
        for _ in range(count):
            photo = make_photo(owner=photos[0].owner)
            ImageVector.objects.create(
                photo=photo,
                owner=photo.owner,
                space=SearchedSpace.objects.get().space,
                vector=unit(1).tolist(),
            )

        with django_assert_num_queries(11):
            get(api)


class TestSwitching:
    def test_waits_for_photos_that_may_follow(self, staff: APIClient, photos: list[Photo]) -> None:
        answer = staff.post(f"{URL}/switch")

        assert (answer.status_code, answer.json()["code"]) == (409, "photos_left")

    def test_goes_on_without_those_that_cannot(self, staff: APIClient, photos: list[Photo]) -> None:
        space = Unembedded.objects.get().space
        ImageVector.objects.create(
            photo=photos[0], owner=photos[0].owner, space=space, vector=unit(1).tolist()
        )

        answers = [staff.post(f"{URL}/switch") for _ in range(2)]

        assert [each.status_code for each in answers] == [200, 200]
        assert (answers[0].json()["current"], answers[0].json()["next"]) == (B, None)

    def test_is_for_staff(self, api: APIClient) -> None:
        assert api.post(f"{URL}/switch").status_code == 403
