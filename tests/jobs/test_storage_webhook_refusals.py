"""Storages that nobody knows, and events that no storage sends."""

import json
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.models import Item, Job, StorageSource
from tests.factories import make_storage_source
from tests.jobs.announced import (
    URL,
    s3,
    send,
    signed,
    source,
    supabase,
)

__all__ = ["source"]  # fixtures
pytestmark = pytest.mark.django_db

KEY = "Records[0].s3.object.key"
WRONG = "whsec_bm90IGl0"


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
