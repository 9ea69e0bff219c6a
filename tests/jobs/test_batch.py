"""Sending many photos in one request, over HTTP."""

from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django_q.models import OrmQ
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from jobs import services
from jobs.intake import parsers
from jobs.models import Item, Job, State
from photos.models import Owner
from tests.factories import make_item, make_job, make_owner
from tests.pictures import jpeg

pytestmark = pytest.mark.django_db
URL = "/api/v1/process/batch"
LINK = "https://photos.example/a.jpg"


def files(count: int) -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile(f"{n}.jpg", jpeg(seed=n), "image/jpeg") for n in range(count)]


def uploads() -> list[str]:
    intake = storages["intake"]
    return intake.listdir("uploads")[1] if intake.exists("uploads") else []


class TestBatch:
    def test_is_one_job_of_all_its_photos(self, api: APIClient, owner: Owner) -> None:
        photos = [{"url": LINK, "external_id": "one"}, {"storage_key": "trip/b.jpg"}]

        answer = api.post(URL, {"photos": photos, "priority": 8})

        assert answer.status_code == 202
        job = Job.objects.get(owner=owner)
        assert answer.headers["Location"].endswith(f"/api/v1/jobs/{job.pk}")
        assert (answer.json()["job_id"], answer.json()["status"]) == (str(job.pk), "pending")
        assert answer.json()["progress"]["total"] == 2
        items = job.items.order_by("turn").values_list("source", "location", "external_id")
        assert list(items) == [("url", LINK, "one"), ("storage", "trip/b.jpg", "")]
        assert set(job.items.values_list("priority", flat=True)) == {8}

    def test_wakes_as_many_workers_as_there_are(self, api: APIClient, settings: Any) -> None:
        settings.WORKERS = 2

        api.post(URL, {"photos": [{"url": LINK}] * 5})

        assert OrmQ.objects.count() == 2

    def test_may_want_result_files(self, api: APIClient) -> None:
        api.post(URL, {"photos": [{"url": LINK}], "result_files": True})

        assert Job.objects.get().result_files

    @pytest.mark.parametrize(
        ("photo", "field"),
        [
            ({}, "non_field_errors"),
            ({"url": LINK, "storage_key": "b.jpg"}, "non_field_errors"),
            ({"url": "ftp://photos.example/a.jpg"}, "url"),
            ({"url": "http://127.0.0.1/a.jpg"}, "url"),
            ({"url": ["a"]}, "url"),
            ({"url": LINK + "\0"}, "url"),
            ({"storage_key": "../b.jpg"}, "storage_key"),
            ({"url": LINK, "external_id": "x" * 256}, "external_id"),
            ("a.jpg", "non_field_errors"),
        ],
    )
    def test_with_one_bad_photo_is_refused_as_a_whole(
        self, api: APIClient, photo: Any, field: str
    ) -> None:
        answer = api.post(URL, {"photos": [{"url": LINK}, {"url": LINK}, photo]})

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert list(answer.json()["fields"]["photos"]) == ["2"]
        assert list(answer.json()["fields"]["photos"]["2"]) == [field]
        assert answer.json()["detail"].startswith(f"photos.2.{field}: ")
        assert (Job.objects.count(), OrmQ.objects.count()) == (0, 0)

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "photos"),
            ({"photos": []}, "photos"),
            ({"photos": {"url": LINK}}, "photos"),
            ({"photos": [{"url": LINK}] * 10_001}, "photos"),
            ({"photos": [{"url": LINK}], "operations": ["magic"]}, "operations"),
            ({"photos": [{"url": LINK}], "priority": 11}, "priority"),
            ([], "non_field_errors"),
        ],
    )
    def test_that_is_none_is_refused_with_the_field(
        self, api: APIClient, body: Any, field: str
    ) -> None:
        answer = api.post(URL, body)

        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
        assert Job.objects.count() == 0

    def test_tells_no_more_errors_than_one_reads(self, api: APIClient) -> None:
        answer = api.post(URL, {"photos": [{}] * 500})

        assert len(answer.json()["fields"]["photos"]) == 100

    @pytest.mark.parametrize("body", ["{", "[" * 100_000])
    def test_of_broken_json_is_a_sentence(self, api: APIClient, body: str) -> None:
        answer = api.post(URL, body, content_type="application/json")

        assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")

    def test_may_be_longer_than_other_requests(self, api: APIClient, settings: Any) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

        assert api.post(URL, {"photos": [{"url": LINK}] * 100}).status_code == 202

    def test_that_is_too_long_is_not_read(
        self, api: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(parsers, "_JSON_BYTES", 1000)

        answer = api.post(URL, {"photos": [{"url": LINK}] * 100})

        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert Job.objects.count() == 0

    def test_that_the_queue_has_no_room_for_may_come_later(
        self, api: APIClient, owner: Owner, settings: Any
    ) -> None:
        settings.QUEUE_LIMIT = 3
        make_job(owner=owner, items=2)

        answer = api.post(URL, {"photos": [{"url": LINK}] * 2})

        assert (answer.status_code, answer.json()["code"]) == (429, "queue_full")
        assert int(answer.headers["Retry-After"]) > 0
        assert Job.objects.count() == 1
        assert api.post(URL, {"photos": [{"url": LINK}]}).status_code == 202

    def test_has_room_whatever_others_have_waiting(self, api: APIClient, settings: Any) -> None:
        settings.QUEUE_LIMIT = 1
        make_job(owner=make_owner(), items=5)

        assert api.post(URL, {"photos": [{"url": LINK}]}).status_code == 202

    def test_wants_a_caller_who_is_known(self) -> None:
        assert APIClient().post(URL, {"photos": [{"url": LINK}]}).status_code == 401

    def test_of_ten_thousand_photos_is_taken_as_a_whole(self, api: APIClient) -> None:
        photos = [
            {
                "url": f"https://photos.example/{n}/a.jpg?signature={'s' * 300}",
                "external_id": f"{n}",
            }
            for n in range(10_000)
        ]

        answer = api.post(URL, {"photos": photos})

        assert (answer.status_code, answer.json()["progress"]["total"]) == (202, 10_000)
        assert Item.objects.filter(job=answer.json()["job_id"]).count() == 10_000


class TestBatchOfFiles:
    def test_is_one_job_with_the_names_of_the_files(self, api: APIClient) -> None:
        body = {"file": files(3), "external_id": ["a", "b", "c"], "priority": 7}

        answer = api.post(URL, body, format="multipart")

        assert answer.status_code == 202
        items = Item.objects.order_by("turn").values_list("file_name", "external_id", "priority")
        assert list(items) == [("0.jpg", "a", 7), ("1.jpg", "b", 7), ("2.jpg", "c", 7)]
        assert len(uploads()) == 3

    def test_needs_as_many_ids_as_files_or_none(self, api: APIClient) -> None:
        few = api.post(URL, {"file": files(2), "external_id": ["a"]}, format="multipart")
        none = api.post(URL, {"file": files(2)}, format="multipart")

        assert (few.status_code, list(few.json()["fields"])) == (400, ["external_id"])
        assert none.status_code == 202

    def test_with_one_that_is_too_large_is_refused_as_a_whole(
        self, api: APIClient, settings: Any
    ) -> None:
        settings.MAX_PHOTO_BYTES = 10

        answer = api.post(URL, {"file": files(2)}, format="multipart")

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["file"])
        assert (Job.objects.count(), uploads()) == (0, [])

    def test_that_is_too_large_in_all_is_not_read(self, api: APIClient, settings: Any) -> None:
        settings.BATCH_MAX_BYTES = 10
        large = SimpleUploadedFile("a.jpg", bytes(2**21), "image/jpeg")

        answer = api.post(URL, {"file": [large]}, format="multipart")

        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")

    def test_of_more_files_than_a_form_may_have_is_refused(
        self, api: APIClient, settings: Any
    ) -> None:
        settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2

        answer = api.post(URL, {"file": files(3)}, format="multipart")

        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")

    def test_leaves_no_file_when_the_queue_is_full(self, api: APIClient, settings: Any) -> None:
        settings.QUEUE_LIMIT = 1

        answer = api.post(URL, {"file": files(2)}, format="multipart")

        assert (answer.status_code, uploads()) == (429, [])

    def test_leaves_no_file_when_one_can_not_be_written(
        self, api: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole, calls = services.upload, iter([True, False])

        def upload(*args: Any, **kwargs: Any) -> services.Source:
            if not next(calls):
                raise OSError("No space left on device")
            return whole(*args, **kwargs)

        monkeypatch.setattr(services, "upload", upload)

        with pytest.raises(OSError, match="No space"):
            api.post(URL, {"file": files(2)}, format="multipart")
        assert (Job.objects.count(), uploads()) == (0, [])


class TestStatusOfABatch:
    @pytest.mark.parametrize("count", [1, 1000])
    def test_is_one_query(
        self,
        api: APIClient,
        owner: Owner,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        sources = [services.Source(Item.Source.URL, LINK)] * count
        job = services.submit(owner, sources)

        with django_assert_num_queries(1):
            answer = api.get(f"/api/v1/jobs/{job.pk}/status")

        assert answer.json()["progress"]["pending"] == count
        assert "items" not in answer.json()

    def test_of_another_owner_looks_like_a_missing_one(self, api: APIClient) -> None:
        foreign = make_job(owner=make_owner(), items=1)

        theirs = api.get(f"/api/v1/jobs/{foreign.pk}/status")
        missing = api.get("/api/v1/jobs/00000000-0000-4000-8000-000000000000/status")

        assert theirs.status_code == missing.status_code == 404
        assert theirs.json() == missing.json()


class TestPhotosOfABatch:
    def test_come_in_pages_in_the_order_of_sending(self, api: APIClient, owner: Owner) -> None:
        job = make_job(owner=owner)
        sent = [make_item(job=job, external_id=name) for name in "abc"]

        first = api.get(f"/api/v1/jobs/{job.pk}/items?page_size=2").json()
        second = api.get(first["next"]).json()

        shown = [*first["results"], *second["results"]]
        assert [(each["id"], each["external_id"]) for each in shown] == [
            (item.pk, item.external_id) for item in sent
        ]

    def test_can_be_those_of_a_status_alone(self, api: APIClient, owner: Owner) -> None:
        job = make_job(owner=owner, items=1)
        failed = make_item(job=job, state=State.FAILED, error_code="empty_file")

        [shown] = api.get(f"/api/v1/jobs/{job.pk}/items?status=failed").json()["results"]
        wrong = api.get(f"/api/v1/jobs/{job.pk}/items?status=lost")

        assert (shown["id"], shown["error"]["code"]) == (failed.pk, "empty_file")
        assert (wrong.status_code, list(wrong.json()["fields"])) == (400, ["status"])

    def test_of_another_owner_look_like_missing_ones(self, api: APIClient) -> None:
        foreign = make_job(owner=make_owner(), items=1)

        theirs = api.get(f"/api/v1/jobs/{foreign.pk}/items")
        missing = api.get("/api/v1/jobs/00000000-0000-4000-8000-000000000000/items")

        assert theirs.status_code == missing.status_code == 404
        assert theirs.json() == missing.json()
