"""Near-duplicates over HTTP."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from photos.models import Owner, Photo
from search import duplicates
from search.copies import SHOWN
from search.models import DifferentPhotos, PhotoLook
from tests.factories import make_owner, make_photo
from tests.search.alike import groups, make_look

pytestmark = pytest.mark.django_db
URL = "/api/v1/search/near-duplicates"


def make_group(owner: Owner, count: int = 2, *, of: int = 0) -> list[Photo]:
    """So many photos of one picture, the best first."""
    photos = [make_look(of=of, owner=owner, width=2000 - n) for n in range(count)]
    list(duplicates.compare(owner))
    return photos


class TestNearDuplicates:
    def test_are_listed_by_group_the_newest_first(self, api: APIClient, owner: Owner) -> None:
        first, second = make_group(owner, of=1), make_group(owner, 3, of=2)
        make_look(owner=owner, of=3)
        make_group(make_owner(), of=4)

        answer = api.get(URL).json()

        assert [group["best"]["id"] for group in answer["results"]] == [second[0].pk, first[0].pk]
        assert [group["copy_count"] for group in answer["results"]] == [2, 1]
        copy = answer["results"][1]["copies"][0]
        assert (copy["photo"]["id"], copy["distance"]) == (first[1].pk, 0)
        assert (copy["photo"]["width"], copy["photo"]["size_bytes"]) == (1999, 1000)

    def test_come_in_pages(self, api: APIClient, owner: Owner) -> None:
        pictures = [make_group(owner, of=of)[0].pk for of in range(3)]

        page = api.get(URL, {"page_size": 2}).json()
        rest = api.get(page["next"]).json()

        listed = [group["best"]["id"] for group in page["results"] + rest["results"]]
        assert listed == pictures[::-1]

    @pytest.mark.parametrize("asked", [{"foo": 1}, {"page_size": "x"}, {"page_size": [1, 2]}])
    def test_refuse_what_says_nothing(
        self, api: APIClient, owner: Owner, asked: dict[str, Any]
    ) -> None:
        answer = api.get(URL, asked)

        assert (answer.status_code, list(answer.json()["fields"])) == (422, list(asked))

    def test_of_a_large_group_are_counted_and_the_first_are_shown(
        self, api: APIClient, owner: Owner
    ) -> None:
        make_group(owner, SHOWN + 3)

        [group] = api.get(URL).json()["results"]

        assert (group["copy_count"], len(group["copies"])) == (SHOWN + 2, SHOWN)

    def test_cost_as_many_queries_for_three_groups_as_for_one(
        self, api: APIClient, owner: Owner, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for count in (1, 3):
            while len(groups()) < count:
                make_group(owner, of=len(groups()))
            with django_assert_num_queries(2):
                assert len(api.get(URL).json()["results"]) == count

    def test_of_one_photo_are_told_with_the_best_of_them(
        self, api: APIClient, owner: Owner
    ) -> None:
        best, copy = make_group(owner)

        answers = [api.get(f"{URL}/{photo.pk}/").json() for photo in (best, copy)]

        assert answers[0] == answers[1]
        assert answers[0]["best"]["id"] == best.pk
        assert [each["photo"]["id"] for each in answers[0]["copies"]] == [copy.pk]

    @pytest.mark.parametrize("make", [make_photo, make_look], ids=["not looked at", "waiting"])
    def test_of_a_photo_without_any_are_none(self, api: APIClient, owner: Owner, make: Any) -> None:
        photo = make(owner=owner)

        answer = api.get(f"{URL}/{photo.pk}").json()

        assert (answer["best"]["id"], answer["copy_count"], answer["copies"]) == (photo.pk, 0, [])

    def test_tell_nothing_of_what_is_missing_or_of_others(self, api: APIClient) -> None:
        theirs = make_look()

        answers = [
            ask(f"{URL}/{pk}{door}")
            for pk in (theirs.pk, 999_999)
            for ask, door in (
                (api.get, ""),
                (api.post, "/different"),
                (api.post, "/different/undo"),
            )
        ]

        assert {answer.status_code for answer in answers} == {404}
        assert {answer.json()["code"] for answer in answers} == {"not_found"}


class TestDifferent:
    def test_takes_a_photo_out_of_its_group_and_back(self, api: APIClient, owner: Owner) -> None:
        best, wrong, right = make_group(owner, 3)

        said = api.post(f"{URL}/{wrong.pk}/different").json()
        again = api.post(f"{URL}/{wrong.pk}/different").json()
        apart = groups()
        undone = api.post(f"{URL}/{wrong.pk}/different/undo").json()

        assert (said["changed"], said["group"]["copy_count"]) == (2, 0)
        assert (again["changed"], apart) == (0, [{best.pk, right.pk}])
        assert (undone["changed"], undone["group"]["copy_count"]) == (2, 2)
        assert not DifferentPhotos.objects.exists()

    def test_may_name_the_others(self, api: APIClient, owner: Owner) -> None:
        best, copy, _ = make_group(owner, 3)

        answer = api.post(f"{URL}/{best.pk}/different", {"others": [copy.pk]}, format="json")

        assert answer.json()["changed"] == 1
        assert DifferentPhotos.objects.filter(first=best, second=copy).count() == 1

    def test_changes_nothing_where_one_of_the_others_is_somebody_elses(
        self, api: APIClient, owner: Owner
    ) -> None:
        best, copy = make_group(owner)
        foreign = [copy.pk, make_look().pk]

        answer = api.post(f"{URL}/{best.pk}/different", {"others": foreign}, format="json")

        assert (answer.status_code, answer.json()["code"]) == (404, "photo_missing")
        assert (groups(), DifferentPhotos.objects.count()) == ([{best.pk, copy.pk}], 0)

    @pytest.mark.parametrize("others", [[], ["x"], [0], [2**63], list(range(1, 202)), "all", None])
    def test_refuses_what_are_no_photos(self, api: APIClient, owner: Owner, others: object) -> None:
        photo = make_look(owner=owner)

        answer = api.post(f"{URL}/{photo.pk}/different", {"others": others}, format="json")

        assert answer.status_code == 422
        assert list(answer.json()["fields"]) == ["others"]

    def test_refuses_a_photo_that_is_to_be_different_from_itself(
        self, api: APIClient, owner: Owner
    ) -> None:
        photo = make_look(owner=owner)

        answer = api.post(f"{URL}/{photo.pk}/different", {"others": [photo.pk]}, format="json")

        assert (answer.status_code, list(answer.json()["fields"])) == (422, ["others"])
        assert PhotoLook.objects.get().leader is None
