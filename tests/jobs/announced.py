"""Events of storages as they send them, and the job that is made of them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient
from standardwebhooks import Webhook as Signature

from jobs.models import StorageSource
from tests.factories import make_storage_source

URL = "/api/v1/process/webhook"


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
