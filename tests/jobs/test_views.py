"""Sending photos and looking at jobs, over HTTP."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django_q.models import OrmQ
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces.services import FindFaces
from jobs.drain import Drain
from jobs.models import Item, Job, State
from jobs.pipeline import Parts
from photos.models import Owner
from tests.factories import (
    make_cluster,
    make_face,
    make_item,
    make_job,
    make_owner,
    make_photo,
    unit,
)
from tests.fakes import FakeDetector, FakeEmbedder, decoded_here, face_at, operations
from tests.pictures import jpeg
from tests.problems import said
from tests.search.factories import write

URL = "/api/v1/process/image"
ASYNC = "respond-async"


def photo(name: str = "a.jpg", data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, jpeg() if data is None else data, "image/jpeg")


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """A worker that drains the queue all the time, in a thread."""
    embedder = FakeEmbedder([unit(1, 0)])
    find = FindFaces(FakeDetector([face_at(4)]), embedder, "fakes")
    looks = ThreadPoolExecutor(2)
    parts = Parts(lambda url: jpeg(), decoded_here, operations(find), looks, 10**6)
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.01):
            Drain(parts, in_flight=2, lease_s=60, limit_s=60).run()
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()
    looks.shutdown()


@pytest.mark.usefixtures("worker")
class TestWaitingForThePhoto:
    def test_answers_with_its_faces(self, api: APIClient, settings: Any) -> None:
        answer = api.post(URL, {"file": photo(), "external_id": "one"}, format="multipart")

        assert answer.status_code == 200
        body = answer.json()
        assert body["status"] == "completed"
        assert body["progress"] == {
            "total": 1, "pending": 0, "paused": 0, "processing": 0, "completed": 1, "failed": 0,
            "cancelled": 0, "steps": None,
        }  # fmt: skip
        assert body["items"][0]["result"] == body["result"]
        [face] = body["result"]["faces"]
        assert face["box"] == {"x": 4.0, "y": 4.0, "width": 30.0, "height": 30.0}
        assert len(face["landmarks"]) == 5
        assert (face["confidence"], face["cluster"], face["person"]) == (0.9, None, None)

    def test_says_what_is_wrong_with_it(self, api: APIClient) -> None:
        answer = api.post(URL, {"file": photo(data=b"not a photo")}, format="multipart")

        assert answer.status_code == 422
        assert said(answer).keys() == {"code", "detail", "job_id"}
        assert answer.json()["code"] == "unsupported_format"

    def test_takes_a_url(self, api: APIClient) -> None:
        answer = api.post(URL, {"url": "https://photos.example/a.jpg"})

        assert answer.status_code == 200
        assert answer.json()["items"][0]["attempts"] == 1

    def test_the_same_photo_twice_is_one_photo(self, api: APIClient) -> None:
        first = api.post(URL, {"file": photo(), "external_id": "one"}, format="multipart").json()
        second = api.post(URL, {"file": photo(), "external_id": "two"}, format="multipart").json()

        assert first["result"]["id"] == second["result"]["id"]


@pytest.mark.django_db
class TestNotWaiting:
    def test_answers_at_once_with_the_job(self, api: APIClient) -> None:
        answer = api.post(URL, {"file": photo()}, format="multipart", HTTP_PREFER=ASYNC)

        assert answer.status_code == 202
        assert answer.headers["Preference-Applied"] == "respond-async"
        assert answer.headers["Location"].endswith(f"/api/v1/jobs/{answer.json()['job_id']}")
        assert (answer.json()["status"], answer.json()["result"]) == ("pending", None)

    def test_wakes_a_worker_in_the_same_transaction(self, api: APIClient) -> None:
        api.post(URL, {"file": photo()}, format="multipart", HTTP_PREFER=ASYNC)

        assert [task.func() for task in OrmQ.objects.all()] == ["jobs.tasks.drain"]

    def test_is_what_happens_when_it_takes_too_long(self, api: APIClient, settings: Any) -> None:
        settings.SYNC_WAIT_S = 0

        assert api.post(URL, {"file": photo()}, format="multipart").status_code == 202

    def test_waits_as_long_as_the_caller_wants(self, api: APIClient) -> None:
        answer = api.post(URL, {"file": photo()}, format="multipart", HTTP_PREFER="wait=0")

        assert answer.status_code == 202

    def test_knows_the_priority(self, api: APIClient) -> None:
        api.post(URL, {"file": photo(), "priority": 9}, format="multipart", HTTP_PREFER=ASYNC)

        assert Item.objects.get().priority == 9


@pytest.mark.django_db
class TestBadInput:
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "non_field_errors"),
            ({"url": "https://a.example/a.jpg", "storage_key": "a"}, "non_field_errors"),
            ({"url": "https://a.example/a.jpg", "priority": 11}, "priority"),
            ({"url": "https://a.example/a.jpg", "operations": ["magic"]}, "operations"),
            ({"url": "https://a.example/a.jpg", "external_id": "x" * 256}, "external_id"),
            ({"storage_key": "../a.jpg"}, "storage_key"),
            ({"storage_key": "/etc/passwd"}, "storage_key"),
            ({"storage_key": "a\\..\\b"}, "storage_key"),
        ],
    )
    def test_is_refused_with_the_field(
        self, api: APIClient, body: dict[str, Any], field: str
    ) -> None:
        answer = api.post(URL, body)

        assert answer.status_code == 400
        assert (answer.json()["code"], list(answer.json()["fields"])) == ("invalid", [field])
        assert Job.objects.count() == 0

    @pytest.mark.parametrize(
        ("url", "code"),
        [
            ("ftp://photos.example/a.jpg", "invalid_url"),
            ("http://127.0.0.1/a.jpg", "blocked_address"),
            ("http://[::1]/a.jpg", "blocked_address"),
            ("http://user@photos.example/a.jpg", "invalid_url"),
        ],
    )
    def test_urls_that_can_never_be_fetched_are_refused_at_once(
        self, api: APIClient, url: str, code: str
    ) -> None:
        answer = api.post(URL, {"url": url})

        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert Job.objects.count() == 0

    def test_a_file_that_is_too_large_is_refused(self, api: APIClient, settings: Any) -> None:
        settings.MAX_PHOTO_BYTES = 10

        answer = api.post(URL, {"file": photo()}, format="multipart")

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["file"])

    def test_a_request_that_is_too_large_is_not_read(self, api: APIClient, settings: Any) -> None:
        settings.MAX_PHOTO_BYTES = 10

        answer = api.post(URL, {"file": photo(data=bytes(2**21))}, format="multipart")

        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")

    def test_a_broken_vocabulary_is_told_before_anything_is_asked_for(
        self, api: APIClient, settings: Any, tmp_path: Path
    ) -> None:
        write(tmp_path, "en.yaml", "tags: [")
        settings.VOCABULARY_DIR = tmp_path

        answer = api.post(URL, {"file": photo()}, format="multipart", HTTP_PREFER=ASYNC)

        assert (answer.status_code, answer.json()["code"]) == (503, "vocabulary_broken")
        assert (Job.objects.count(), OrmQ.objects.count()) == (0, 0)

    def test_broken_json_is_a_sentence(self, api: APIClient) -> None:
        answer = api.post(URL, "{", content_type="application/json")

        assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")

    def test_nobody_may_do_it_anonymously(self, db: None) -> None:
        answer = APIClient().post(URL, {"url": "https://a.example/a.jpg"})

        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


@pytest.mark.django_db
class TestJob:
    def test_shows_faces_with_cluster_and_person(self, api: APIClient, owner: Owner) -> None:
        stored = make_photo(owner=owner)
        cluster = make_cluster(owner=owner)
        make_face(photo=stored, cluster=cluster)
        job = make_job(owner=owner)
        make_item(job=job, photo=stored, state=State.SUCCEEDED)

        answer = api.get(f"/api/v1/jobs/{job.pk}")

        assert answer.status_code == 200
        [face] = answer.json()["result"]["faces"]
        assert (face["cluster"], face["person"]) == (cluster.public_id, None)

    def test_answers_with_the_slash_too(self, api: APIClient, owner: Owner) -> None:
        job = make_job(owner=owner, items=1)

        assert api.get(f"/api/v1/jobs/{job.pk}/").status_code == 200

    def test_of_another_owner_looks_like_a_missing_one(self, api: APIClient) -> None:
        foreign = make_job(owner=make_owner(), items=1)

        theirs = api.get(f"/api/v1/jobs/{foreign.pk}")
        missing = api.get("/api/v1/jobs/00000000-0000-4000-8000-000000000000")

        assert theirs.status_code == missing.status_code == 404
        assert theirs.json() == missing.json()

    @pytest.mark.parametrize("count", [1, 3])
    def test_costs_the_same_queries_however_many_photos(
        self,
        api: APIClient,
        owner: Owner,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        job = make_job(owner=owner)
        for _ in range(count):
            stored = make_photo(owner=owner)
            make_face(photo=stored, cluster=make_cluster(owner=owner))
            make_item(job=job, photo=stored, state=State.SUCCEEDED)

        with django_assert_num_queries(9):
            api.get(f"/api/v1/jobs/{job.pk}")
