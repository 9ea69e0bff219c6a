"""Asking over HTTP that faces are found again."""

import pytest
from rest_framework.test import APIClient

from jobs.models import Job
from photos.models import Owner, Photo
from tests.factories import make_photo

pytestmark = pytest.mark.django_db
URL = "/api/v1/faces/redetect"


@pytest.fixture
def photo(owner: Owner) -> Photo:
    return make_photo(owner=owner)


class TestAskingOverHttp:
    def test_makes_a_job_that_only_tells_by_default(
        self, api: APIClient, owner: Owner, photo: Photo
    ) -> None:
        answer = api.post(URL, {"photos": [photo.pk]})

        assert (answer.status_code, answer.json()["kind"]) == (202, "redetect")
        assert owner.user
        assert Job.objects.get().arguments == {
            "dry_run": True, "photos": [photo.pk], "by": owner.user.pk,
        }  # fmt: skip

    def test_for_all_photos(self, api: APIClient) -> None:
        assert api.post(f"{URL}/", {"dry_run": False}).status_code == 202
        assert "photos" not in Job.objects.get().arguments

    def test_refuses_photos_of_others(self, api: APIClient, photo: Photo) -> None:
        for key in (make_photo().pk, 999_999):
            answer = api.post(URL, {"photos": [photo.pk, key]})
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert Job.objects.count() == 0

    def test_refuses_what_is_no_list_of_photos(self, api: APIClient) -> None:
        for sent in ([], ["a"], "all"):
            answer = api.post(URL, {"photos": sent})
            assert (answer.status_code, list(answer.json()["fields"])) == (400, ["photos"])
