"""Storages that announce new photos: their events as they send them, over HTTP."""

import json
import uuid
from typing import Any

import pytest

from jobs.models import Item, Job, StorageSource
from tests.factories import make_storage_source
from tests.jobs.announced import (
    minio,
    s3,
    send,
    signed,
    source,
    supabase,
)

__all__ = ["source"]  # fixtures
pytestmark = pytest.mark.django_db

IGNORED_ONE = {"job_ids": [], "ignored": 1}


def queued(kind: str = "INSERT", **row: Any) -> Any:
    """A row of the table `processing_queue`."""
    job = {"id": str(uuid.uuid4()), "user_id": str(uuid.uuid4()), "status": "pending", **row}
    return {
        "type": kind,
        "schema": "public",
        "table": "processing_queue",
        "record": job,
        "old_record": None,
    }


class TestNewPhotos:
    def test_of_s3_become_a_job_each(self, source: StorageSource) -> None:
        answer = send(s3("2026/a+b%2Bc.jpg", "Zo%C3%AB.HEIC"), secret=source.secret)

        assert answer.status_code == 202
        jobs = Job.objects.order_by("created_at")
        assert answer.json() == {"job_ids": [str(job.pk) for job in jobs], "ignored": 0}
        assert [(job.owner, job.operations) for job in jobs] == [(source.owner, ["faces"])] * 2
        items = Item.objects.order_by("pk")
        assert [
            (item.source, item.location, item.external_id, item.priority) for item in items
        ] == [
            ("url", "https://bucket.example/2026/a%20b%2Bc.jpg", "photos/2026/a b+c.jpg", 7),
            ("url", "https://bucket.example/Zo%C3%AB.HEIC", "photos/Zoë.HEIC", 7),
        ]

    def test_of_minio_become_a_job(self, source: StorageSource) -> None:
        answer = send(minio("albums%2F2026%2Fa.png"), secret=source.secret)

        assert answer.status_code == 202
        assert Item.objects.get().location == "https://bucket.example/albums/2026/a.png"

    def test_of_supabase_become_a_job(self, source: StorageSource) -> None:
        answer = send(supabase("user/a 100%.webp"), secret=source.secret)

        assert answer.status_code == 202
        item = Item.objects.get()
        assert item.location == "https://bucket.example/user/a%20100%25.webp"
        assert item.external_id == "photos/user/a 100%.webp"

    def test_are_looked_at_in_all_ways_if_the_source_names_none(self) -> None:
        source = make_storage_source()

        send(s3("a.jpg"), secret=source.secret)

        assert Job.objects.get().operations == ["all"]

    def test_without_a_suffix_may_be_photos(self, source: StorageSource) -> None:
        assert send(s3("0f8fad5b"), secret=source.secret).status_code == 202

    def test_with_a_name_too_long_for_an_id_keep_one_of_their_own(
        self, source: StorageSource
    ) -> None:
        long = "a" * 300

        send(s3(f"{long}/1.jpg", f"{long}/2.jpg"), secret=source.secret)

        ids = list(Item.objects.values_list("external_id", flat=True))
        assert [len(each) for each in ids] == [255, 255]
        assert len(set(ids)) == 2

    def test_leave_result_files_if_that_is_the_setting(
        self, source: StorageSource, settings: Any
    ) -> None:
        settings.RESULT_FILES = True

        send(s3("a.jpg"), secret=source.secret)

        assert Job.objects.get().result_files


class TestRowsOfTheQueue:
    """Of a table `processing_queue`, whose first priority is 1 and whose last is 10."""

    @pytest.fixture
    def source(self) -> StorageSource:
        return make_storage_source(
            bucket="processing_queue", base_url="https://assets.example/raw/", operations=["faces"]
        )

    def test_become_a_job_of_their_asset(self, source: StorageSource) -> None:
        row = queued(asset_id="7a1f", operations=["embedding", "objects"], priority=1)

        assert send(row, secret=source.secret).status_code == 202

        item = Item.objects.get()
        assert (item.location, item.external_id) == ("https://assets.example/raw/7a1f", "7a1f")
        assert (item.priority, item.job.operations) == (10, ["embedding", "objects"])

    @pytest.mark.parametrize(("theirs", "ours"), [(1, 10), (5, 6), (10, 1), (None, 5)])
    def test_have_their_priority(
        self, source: StorageSource, theirs: int | None, ours: int
    ) -> None:
        send(queued(asset_id="7a1f", priority=theirs), secret=source.secret)

        assert Item.objects.get().priority == ours

    @pytest.mark.parametrize(
        ("where", "location"),
        [
            ({"path": "anna/a.jpg"}, "https://assets.example/raw/anna/a.jpg"),
            ({"url": "https://other.example/a.jpg?x=1"}, "https://other.example/a.jpg?x=1"),
        ],
    )
    def test_may_say_where_their_photo_is(
        self, source: StorageSource, where: dict[str, str], location: str
    ) -> None:
        send(queued(asset_id="7a1f", **where), secret=source.secret)

        item = Item.objects.get()
        assert (item.location, item.external_id) == (location, "7a1f")

    @pytest.mark.parametrize("row", [queued(asset_id="1", status="completed"), queued("UPDATE")])
    def test_that_are_not_new_are_ignored(self, source: StorageSource, row: Any) -> None:
        answer = send(row, secret=source.secret)

        assert (answer.status_code, answer.json()) == (200, IGNORED_ONE)

    @pytest.mark.parametrize(
        ("row", "place"),
        [
            ({}, "record"),
            ({"asset_id": 7}, "record.asset_id"),
            ({"asset_id": "7", "priority": 0}, "record.priority"),
            ({"asset_id": "7", "priority": 11}, "record.priority"),
            ({"asset_id": "7", "priority": "high"}, "record.priority"),
            ({"asset_id": "7", "operations": "faces"}, "record.operations"),
            ({"asset_id": "7", "operations": ["faces", "smell"]}, "record.operations[1]"),
            ({"url": "http://169.254.169.254/latest"}, "photo 0"),
            ({"url": "file:///etc/passwd"}, "photo 0"),
        ],
    )
    def test_that_say_something_odd_are_refused(
        self, source: StorageSource, row: dict[str, Any], place: str
    ) -> None:
        answer = send(queued(**row), secret=source.secret)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert answer.json()["detail"].startswith(f"{place}: ")
        assert Job.objects.count() == 0


class TestOtherEvents:
    @pytest.mark.parametrize(
        "body",
        [
            s3("a.jpg", name="ObjectRemoved:Delete"),
            s3("a.jpg", name="ReducedRedundancyLostObject"),
            s3("movie.mp4"),
            s3("notes.jpg.txt"),
            s3("album/"),
            s3(".emptyFolderPlaceholder"),
            minio("a.jpg", name="s3:ObjectAccessed:Get"),
            supabase("a.jpg", kind="UPDATE"),
            supabase("a.jpg", kind="DELETE"),
            supabase("a.mov"),
            {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "photos"},
        ],
    )
    def test_are_ignored(self, source: StorageSource, body: Any) -> None:
        answer = send(body, secret=source.secret)

        assert (answer.status_code, answer.json()) == (200, IGNORED_ONE)
        assert Job.objects.count() == 0

    def test_are_counted_beside_new_photos(self, source: StorageSource) -> None:
        answer = send(s3("a.jpg", "b.mp4", "c.txt"), secret=source.secret)

        assert (answer.status_code, answer.json()["ignored"]) == (202, 2)
        assert Job.objects.count() == 1


class TestTheSameAgain:
    @pytest.mark.parametrize(
        "body", [s3("a.jpg"), minio("a.jpg"), supabase("a.jpg"), s3("a.jpg", eTag=None)]
    )
    def test_is_one_job(self, source: StorageSource, body: Any) -> None:
        first, second = (send(body, secret=source.secret) for _ in range(2))

        assert first.json() == second.json()
        assert Job.objects.count() == 1

    def test_signed_once_is_one_job(self, source: StorageSource) -> None:
        body = json.dumps(s3("a.jpg", eTag=None, sequencer=None)).encode()
        headers = signed(source.secret, body)

        first, second = (send(body, headers=headers) for _ in range(2))

        assert (first.status_code, first.json()) == (202, second.json())

    def test_in_another_parcel_is_one_job(self, source: StorageSource) -> None:
        send(s3("a.jpg"), secret=source.secret)

        answer = send(s3("b.jpg", "a.jpg", "a.jpg"), secret=source.secret)

        assert len(answer.json()["job_ids"]) == 2
        assert Job.objects.count() == 2

    def test_written_anew_is_another_job(self, source: StorageSource) -> None:
        send(s3("a.jpg"), secret=source.secret)

        send(s3("a.jpg", eTag="0cc175b9c0f1b6a831c399e269772661"), secret=source.secret)

        assert Job.objects.count() == 2

    def test_of_two_owners_is_two_jobs(self, source: StorageSource) -> None:
        other = make_storage_source(bucket=source.bucket)

        for each in (source, other):
            send(s3("a.jpg"), secret=each.secret)

        assert {job.owner for job in Job.objects.all()} == {source.owner, other.owner}
