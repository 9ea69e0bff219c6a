"""Searches that are kept, over HTTP."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from photos.models import Owner
from search.models import SavedSearch
from tests.factories import make_owner, make_person, make_photo
from tests.jobs.test_search_api import ids
from tests.search.words.library import show

pytestmark = pytest.mark.django_db


class TestSavedSearches:
    SAVED = "/api/v1/search/saved"

    def test_are_kept_with_what_they_found(self, api: APIClient, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna")
        photo = make_photo(owner=owner)
        show(photo, anna)

        kept = api.post(self.SAVED, {"name": "Mine", "asked": {"q": "Anna"}})

        assert kept.status_code == 201
        assert kept.json()["count"] == 1
        assert ids(api.get(f"{self.SAVED}/{kept.json()['id']}/results")) == [photo.pk]
        assert [each["name"] for each in api.get(self.SAVED).json()["results"]] == ["Mine"]

    def test_count_again_when_they_are_asked(self, api: APIClient, owner: Owner) -> None:
        key = api.post(self.SAVED, {"name": "All", "asked": {"faces": "0"}}).json()["id"]
        make_photo(owner=owner)

        api.get(f"{self.SAVED}/{key}/results")

        assert api.get(f"{self.SAVED}/{key}").json()["count"] == 1

    def test_change_and_go(self, api: APIClient) -> None:
        key = api.post(self.SAVED, {"name": "All", "asked": {"faces": "0"}}).json()["id"]

        changed = api.patch(f"{self.SAVED}/{key}", {"name": "None"})

        assert (changed.json()["name"], changed.json()["asked"]) == ("None", {"faces": "0"})
        assert api.delete(f"{self.SAVED}/{key}").status_code == 204
        assert not SavedSearch.objects.exists()

    @pytest.mark.parametrize(
        "asked", ["x", {}, {"q": "x", "cursor": "y"}, {"nothing": 1}, {"people": ["Nobody"]}]
    )
    def test_of_no_question_are_not_kept(self, api: APIClient, asked: Any) -> None:
        assert api.post(self.SAVED, {"name": "Mine", "asked": asked}).status_code == 422
        assert not SavedSearch.objects.exists()

    def test_have_a_name_of_their_own(self, api: APIClient) -> None:
        body = {"name": "Mine", "asked": {"faces": "0"}}
        api.post(self.SAVED, body)

        again = api.post(self.SAVED, body)

        assert (again.status_code, again.json()["code"]) == (409, "saved_name_taken")

    def test_of_others_look_like_none(self, api: APIClient) -> None:
        theirs = SavedSearch.objects.create(owner=make_owner(), name="x", asked={"faces": "0"})

        for key in (theirs.pk, theirs.pk + 1):
            for answer in (
                api.get(f"{self.SAVED}/{key}"),
                api.get(f"{self.SAVED}/{key}/results"),
                api.patch(f"{self.SAVED}/{key}", {"name": "y"}),
                api.delete(f"{self.SAVED}/{key}"),
            ):
                assert answer.status_code == 404
