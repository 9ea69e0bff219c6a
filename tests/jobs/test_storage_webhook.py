"""Storages that announce new photos: their events as they send them, over HTTP."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient
from standardwebhooks import Webhook as Signature

from jobs.models import Item, Job, StorageSource
from tests.factories import make_owner, make_storage_source, make_user

pytestmark = pytest.mark.django_db

URL = "/api/v1/process/webhook"
ADMIN = "/admin/jobs/storagesource/"
KEY = "Records[0].s3.object.key"
WRONG = "whsec_bm90IGl0"
IGNORED_ONE = {"job_ids": [], "ignored": 1}


def s3(*keys: str, bucket: str = "photos", name: str = "ObjectCreated:Put", **stored: Any) -> Any:
    """An event as S3 sends it, keys encoded as it does."""
    stored = {
        "eTag": "d41d8cd98f00b204e9800998ecf8427e",
        "sequencer": "0A1B2C3D4E5F678901",
    } | stored
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "eu-west-3",
                "eventTime": "2026-01-02T03:04:05.000Z",
                "eventName": name,
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": "new-photos",
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {"key": key, "size": 1024, **stored},
                },
            }
            for key in keys
        ]
    }


def minio(key: str, name: str = "s3:ObjectCreated:Put") -> Any:
    return {"EventName": name, "Key": f"photos/{key}", **s3(key, name=name)}


def supabase(name: str, kind: str = "INSERT", **row: Any) -> Any:
    """A row of Supabase's storage, as its database webhooks send it."""
    stored = {
        "id": "0c1e1f2a-5b7c-4d37-8a16-2f6a5c4f6d10",
        "bucket_id": "photos",
        "name": name,
        "created_at": "2026-01-02T03:04:05+00:00",
        "metadata": None,
        **row,
    }
    new = {"record": None, "old_record": stored} if kind == "DELETE" else {"record": stored}
    return {"type": kind, "schema": "storage", "table": "objects", "old_record": None, **new}


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


def send(body: Any, *, secret: str = "", headers: dict[str, str] | None = None) -> Any:
    """As a storage would, with no session. `secret`: shown as a token."""
    headers = headers or ({"Authorization": f"Bearer {secret}"} if secret else {})
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    client = APIClient(enforce_csrf_checks=True)
    return client.post(URL, data, content_type="application/json", headers=headers)


def signed(
    secret: str, body: bytes, *, age: timedelta = timedelta(), message: str = "msg_1"
) -> dict[str, str]:
    """The headers of Standard Webhooks, made by its own library."""
    moment = datetime.now(UTC) - age
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Signature(secret).sign(message, moment, body.decode()),
    }


@pytest.fixture
def source() -> StorageSource:
    return make_storage_source(operations=["faces"], priority=7)


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


class TestWhoSpeaks:
    def test_may_sign_as_standard_webhooks_has_it(self, source: StorageSource) -> None:
        body = json.dumps(s3("a.jpg")).encode()

        assert send(body, headers=signed(source.secret, body)).status_code == 202

    @pytest.mark.parametrize("age", [timedelta(minutes=6), timedelta(minutes=-6)])
    def test_must_have_signed_within_five_minutes(
        self, source: StorageSource, age: timedelta
    ) -> None:
        body = json.dumps(s3("a.jpg")).encode()

        assert send(body, headers=signed(source.secret, body, age=age)).status_code == 401

    def test_must_have_signed_these_bytes(self, source: StorageSource) -> None:
        body = json.dumps(s3("a.jpg")).encode()

        assert send(body + b" ", headers=signed(source.secret, body)).status_code == 401

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Authorization": ""},
            {"Authorization": "Bearer"},
            {"Authorization": "Bearer whsec_bm90IGl0"},
            {"Authorization": "Bearer ü"},
            {"Authorization": "Basic cGhvdG9zOnBob3Rvcw=="},
            {"webhook-id": "1"},
            {"webhook-id": "1", "webhook-timestamp": "nan", "webhook-signature": "v1,x"},
            {"webhook-id": "1", "webhook-timestamp": "1e99", "webhook-signature": "v1,x"},
            {"webhook-id": "1", "webhook-timestamp": "now", "webhook-signature": "v1"},
        ],
    )
    def test_must_prove_it(self, source: StorageSource, headers: dict[str, str]) -> None:
        answer = send(s3("a.jpg"), headers=headers)

        assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="storage"'
        assert Job.objects.count() == 0

    @pytest.mark.parametrize("signature", ["v1", "v1,", "v1,a,b", "v1,!", "v1a,eA==", ","])
    def test_must_have_a_signature_that_is_one(self, source: StorageSource, signature: str) -> None:
        body = json.dumps(s3("a.jpg")).encode()
        headers = signed(source.secret, body) | {"webhook-signature": signature}

        assert send(body, headers=headers).status_code == 401

    def test_learns_nothing_about_which_buckets_there_are(self, source: StorageSource) -> None:
        known = send(s3("a.jpg"), secret=WRONG)
        unknown = send(s3("a.jpg", bucket="other"), secret=WRONG)
        none = send({"Records": []}, secret=source.secret)

        assert known.status_code == unknown.status_code == none.status_code == 401
        assert known.content == unknown.content == none.content

    def test_may_speak_for_its_own_bucket_alone(self, source: StorageSource) -> None:
        make_storage_source(owner=source.owner, bucket="private")
        both = s3("a.jpg")
        both["Records"] += s3("b.jpg", bucket="private")["Records"]

        assert send(both, secret=source.secret).status_code == 401
        assert Job.objects.count() == 0

    def test_tells_two_owners_apart_whose_buckets_have_one_name(
        self, source: StorageSource
    ) -> None:
        other = make_storage_source(bucket=source.bucket, base_url="https://theirs.example")

        send(s3("a.jpg"), secret=other.secret)

        item = Item.objects.get()
        assert (item.owner, item.location) == (other.owner, "https://theirs.example/a.jpg")

    def test_is_not_heard_once_its_source_is_off(self, source: StorageSource) -> None:
        StorageSource.objects.update(enabled=False)

        assert send(s3("a.jpg"), secret=source.secret).status_code == 401

    def test_is_not_who_is_logged_in(self, source: StorageSource, api: APIClient) -> None:
        assert api.post(URL, s3("a.jpg")).status_code == 401


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


class TestBadInput:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"\xff",
            b"7",
            b"[]",
            b"{}",
            b"[" * 100_000,
            b'{"Records": 7}',
            b'{"type": "x"}',
        ],
    )
    def test_that_is_no_event_is_refused(self, source: StorageSource, body: bytes) -> None:
        answer = send(body, secret=source.secret)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")

    @pytest.mark.parametrize(
        ("body", "detail"),
        [
            ({"Records": [{}]}, "Records[0].s3: it is missing."),
            ({"Records": [7]}, "Records[0]: give an object."),
            (s3("%FF.jpg"), f"{KEY}: the key is no UTF-8."),
            (s3("a%00.jpg"), f"{KEY}: there is a letter that no text has: NUL, or half of a pair."),
            (s3("a%0A.jpg"), f"{KEY}: there is a letter that can't be seen."),
            (s3(*["a.jpg"] * 101), "Records: 101 are too many: give 100 at most."),
            (supabase("a.jpg") | {"table": "users"},
             "That is no event of S3, of MinIO or of Supabase: send it as they do."),
        ],
    )  # fmt: skip
    def test_names_what_is_wrong(self, source: StorageSource, body: Any, detail: str) -> None:
        answer = send(body, secret=source.secret)

        assert (answer.status_code, answer.json()["detail"]) == (400, detail)

    @pytest.mark.parametrize(
        "key",
        [
            "../a.jpg",
            "..%2F..%2Fa.jpg",
            "x/../../a.jpg",
            "./a.jpg",
            "/etc/a.jpg",
            "//evil.example/a.jpg",
            "a//b.jpg",
            "https://evil.example/a.jpg",
            "x\\a.jpg",
            "x\\..\\a.jpg",
        ],
    )
    def test_never_leads_out_of_the_bucket(self, source: StorageSource, key: str) -> None:
        answer = send(s3("good.jpg", key), secret=source.secret)

        assert answer.status_code == 400
        assert "photo 1: the key" in answer.json()["detail"]
        assert Job.objects.count() == 0

    @pytest.mark.parametrize("key", ["@evil.example.jpg", "a?b#c.jpg", "%2E%2E.jpg", "a;b:c&d.jpg"])
    def test_stays_one_part_of_the_path(self, source: StorageSource, key: str) -> None:
        assert send(supabase(key), secret=source.secret).status_code == 202

        location = Item.objects.get().location
        assert location.startswith("https://bucket.example/")
        assert not {"?", "#", "@"} & set(location)
        assert location.count("/") == 3

    def test_to_a_private_address_is_refused(self) -> None:
        source = make_storage_source(base_url="http://10.0.0.7:9000")

        answer = send(s3("a.jpg"), secret=source.secret)

        assert answer.status_code == 400
        assert Job.objects.count() == 0

    def test_may_lead_to_a_private_address_that_the_operator_vouches_for(
        self, settings: Any
    ) -> None:
        settings.FETCH_ALLOWED_HOSTS = frozenset({"minio"})
        source = make_storage_source(base_url="http://minio:9000/photos")

        assert send(s3("a.jpg"), secret=source.secret).status_code == 202
        assert Item.objects.get().location == "http://minio:9000/photos/a.jpg"

    def test_may_not_be_long(self, source: StorageSource, settings: Any) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

        answer = send(s3("a.jpg"), secret=source.secret)

        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")

    def test_says_when_the_queue_is_full_and_goes_on_later(
        self, source: StorageSource, settings: Any
    ) -> None:
        settings.QUEUE_LIMIT = 1
        body = s3("a.jpg", "b.jpg")
        assert send(body, secret=source.secret).status_code == 429

        settings.QUEUE_LIMIT = 2

        assert send(body, secret=source.secret).status_code == 202
        assert Job.objects.count() == 2

    def test_is_answered_to_no_other_method(self) -> None:
        assert APIClient().get(URL).status_code == 405


class TestAdmin:
    VALUES = {
        "bucket": "photos",
        "base_url": "https://bucket.example/",
        "operations": ["faces"],
        "priority": 7,
        "enabled": "on",
    }

    def add(self, client: Client, **values: Any) -> Any:
        data = self.VALUES | {"owner": make_owner().pk} | values
        return client.post(f"{ADMIN}add/", data, follow=True)

    def told(self, response: Any) -> list[str]:
        return [str(message) for message in response.context["messages"]]

    def test_makes_a_secret_and_shows_it_once(self, admin_client: Client) -> None:
        response = self.add(admin_client)

        source = StorageSource.objects.get()
        assert (source.base_url, source.operations) == ("https://bucket.example", ["faces"])
        assert f"The secret of photos, shown this once: {source.secret}" in self.told(response)
        for page in (ADMIN, f"{ADMIN}{source.pk}/change/"):
            assert source.secret not in admin_client.get(page).content.decode()
        assert send(s3("a.jpg"), secret=source.secret).status_code == 202

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("base_url", "http://127.0.0.1/photos"),
            ("base_url", "ftp://bucket.example"),
            ("base_url", "https://bucket.example/?key="),
            ("operations", ["smell"]),
            ("priority", 11),
        ],
    )
    def test_refuses_what_can_not_work(self, admin_client: Client, field: str, value: Any) -> None:
        response = self.add(admin_client, **{field: value})

        assert response.context["errors"]
        assert StorageSource.objects.count() == 0

    def test_makes_a_new_secret(self, admin_client: Client) -> None:
        source = make_storage_source()
        data = {"action": "rotate", "_selected_action": str(source.pk)}

        response = admin_client.post(ADMIN, data, follow=True)

        old, new = source.secret, StorageSource.objects.get().secret
        assert f"The secret of photos, shown this once: {new}" in self.told(response)
        assert send(s3("a.jpg"), secret=old).status_code == 401
        assert send(s3("a.jpg"), secret=new).status_code == 202

    def test_keeps_the_secret_when_something_else_changes(self, admin_client: Client) -> None:
        source = make_storage_source()
        data = self.VALUES | {"owner": source.owner_id, "priority": 9}

        admin_client.post(f"{ADMIN}{source.pk}/change/", data)

        changed = StorageSource.objects.get()
        assert (changed.secret, changed.priority) == (source.secret, 9)

    def test_makes_no_secret_for_those_who_may_only_look(self, client: Client) -> None:
        staff = make_user(is_staff=True)
        staff.user_permissions.add(Permission.objects.get(codename="view_storagesource"))
        client.force_login(staff)
        source = make_storage_source()

        client.post(ADMIN, {"action": "rotate", "_selected_action": str(source.pk)})

        assert StorageSource.objects.get().secret == source.secret

    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_however_many_there_are(
        self, admin_client: Client, django_assert_num_queries: DjangoAssertNumQueries, rows: int
    ) -> None:
        for _ in range(rows):
            make_storage_source()

        with django_assert_num_queries(5):
            admin_client.get(ADMIN)
