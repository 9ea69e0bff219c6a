"""Asking more than once for what is to be done once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django_q.models import OrmQ
from rest_framework.test import APIClient

from jobs.models import Item, Job
from photos.models import Owner
from tests.factories import make_cluster, make_owner, make_photo, make_user
from tests.pictures import jpeg

IMAGE = "/api/v1/process/image"
BATCH = "/api/v1/process/batch"
REINDEX = "/api/v1/process/reindex"
LINK = "https://photos.example/a.jpg"
LATER = {"prefer": "respond-async"}


def post(api: APIClient, url: str, body: Any, key: str = "one", **values: Any) -> Any:
    return api.post(url, body, headers={"idempotency-key": key, **LATER}, **values)


def form(seed: int = 0) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("a.jpg", jpeg(seed=seed), "image/jpeg")}


@pytest.fixture
def photo_that_lacks_faces(owner: Owner, settings: Any) -> None:
    """Something to be made up for: descriptions need no model of ours."""
    settings.DESCRIBER_URL = "http://127.0.0.1:8080/v1"
    make_photo(owner=owner)


@pytest.mark.django_db
@pytest.mark.usefixtures("photo_that_lacks_faces")
class TestTheSameKey:
    @pytest.mark.parametrize(
        ("url", "body"),
        [
            (IMAGE, {"url": LINK}),
            (BATCH, {"photos": [{"url": LINK}, {"url": LINK}]}),
            (REINDEX, {"operations": ["describe"]}),
            ("/api/v1/faces/cluster", {"queue": True}),
            ("/api/v1/faces/backfill-thumbnails", {}),
        ],
    )
    def test_is_the_same_job(self, api: APIClient, url: str, body: dict[str, Any]) -> None:
        first = post(api, url, body)
        second = post(api, f"{url}/", body)

        assert first.status_code == second.status_code == 202
        assert first.json() == second.json()
        assert first.headers["Location"] == second.headers["Location"]
        assert Job.objects.count() == 1

    @pytest.mark.parametrize(
        ("url", "body", "other"),
        [
            (IMAGE, {"url": LINK}, {"url": LINK, "priority": 6}),
            (BATCH, {"photos": [{"url": LINK}]}, {"photos": [{"url": LINK}] * 2}),
            (REINDEX, {"operations": ["describe"]}, {"operations": ["all"]}),
            ("/api/v1/faces/cluster", {"queue": True}, {"queue": True, "x": 1}),
        ],
    )
    def test_with_another_body_is_refused(
        self, api: APIClient, url: str, body: dict[str, Any], other: dict[str, Any]
    ) -> None:
        post(api, url, body)

        answer = post(api, url, other)

        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
        assert Job.objects.count() == 1

    def test_at_another_address_is_refused(self, api: APIClient) -> None:
        post(api, "/api/v1/faces/backfill-thumbnails", {})

        answer = post(api, REINDEX, {})

        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")

    def test_of_a_reindex_is_the_same_job_when_nothing_is_left_to_do(
        self, api: APIClient, owner: Owner
    ) -> None:
        first = post(api, REINDEX, {"operations": ["describe"]})
        owner.photos.all().delete()

        assert post(api, REINDEX, {"operations": ["describe"]}).json() == first.json()

    def test_of_a_merge_is_the_same_job_when_the_clusters_have_gone(
        self, api: APIClient, owner: Owner
    ) -> None:
        one, two = make_cluster(owner=owner), make_cluster(owner=owner)
        body = {"into": one.public_id, "clusters": [two.public_id]}
        first = post(api, "/api/v1/faces/clusters/merge", body)
        two.delete()

        assert post(api, "/api/v1/faces/clusters/merge", body).json() == first.json()

    def test_of_another_owner_is_another_job(self, api: APIClient) -> None:
        other = APIClient()
        other.force_authenticate(make_owner(user=make_user()).user)

        mine, theirs = post(api, IMAGE, {"url": LINK}), post(other, IMAGE, {"url": LINK})

        assert mine.json()["job_id"] != theirs.json()["job_id"]

    def test_is_free_again_when_its_job_is_forgotten(self, api: APIClient) -> None:
        first = post(api, IMAGE, {"url": LINK}).json()["job_id"]
        api.delete(f"/api/v1/jobs/{first}")
        api.delete(f"/api/v1/jobs/{first}")

        assert post(api, IMAGE, {"url": LINK}).json()["job_id"] != first

    @pytest.mark.parametrize("key", ["", "k" * 256, "a\tb"])
    def test_has_to_be_one(self, api: APIClient, key: str) -> None:
        answer = post(api, IMAGE, {"url": LINK}, key)

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["Idempotency-Key"])
        assert Job.objects.count() == 0

    def test_may_have_255_characters(self, api: APIClient) -> None:
        assert post(api, IMAGE, {"url": LINK}, "k" * 255).status_code == 202


@pytest.mark.django_db
class TestTheSameKeyWithFiles:
    def test_knows_a_file_by_its_content(self, api: APIClient) -> None:
        first = post(api, IMAGE, form(), format="multipart")
        again = post(api, IMAGE, form(), format="multipart")
        other = post(api, IMAGE, form(seed=1), format="multipart")

        assert first.json() == again.json()
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")

    def test_keeps_one_upload(self, api: APIClient) -> None:
        for seed in (0, 0, 1):
            post(api, IMAGE, form(seed), format="multipart")

        [kept] = storages["intake"].listdir("uploads")[1]
        assert Item.objects.get().location == f"uploads/{kept}"


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    @pytest.mark.parametrize(
        ("url", "body", "format_"),
        [
            (IMAGE, lambda: {"url": LINK}, "json"),
            (IMAGE, form, "multipart"),
            (BATCH, lambda: {"photos": [{"url": LINK}] * 3}, "json"),
            ("/api/v1/faces/backfill-thumbnails", dict, "json"),
        ],
    )
    def test_make_one_job(
        self, owner: Owner, url: str, body: Callable[[], dict[str, Any]], format_: str
    ) -> None:
        user = owner.user
        assert user

        with ThreadPoolExecutor(20) as threads:
            calls = [threads.submit(_ask, user, url, body(), format_) for _ in range(20)]
            answers = [call.result() for call in calls]

        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.json()["job_id"] for answer in answers}) == 1
        assert Job.objects.count() == 1
        assert OrmQ.objects.exists()


def _ask(user: User, url: str, body: dict[str, Any], format_: str) -> Any:
    client = APIClient()
    client.force_authenticate(user)
    try:
        return post(client, url, body, format=format_)
    finally:
        connection.close()
