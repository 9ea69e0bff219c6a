"""What the API of models is tried with: a repository, a server, and staff."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from photos import roles
from tests.factories import make_user
from tests.tiny import Tiny

ONE, TWO = "face_detector.tiny.1", "face_detector.tiny.2"
OTHER = "face_embedder.tiny.1"
BAD = "face_detector.bad.1"  # a failed one stays so for the server, whatever comes after it


@pytest.fixture
def repository(tiny: Tiny) -> Tiny:
    """With two versions of one role, the newer one active, and with one model of another."""
    for name in (ONE, TWO, OTHER):
        tiny.write(name)
    roles.sync(tiny.folder)
    return tiny


@pytest.fixture
def staff(db: None) -> APIClient:
    """The API as somebody sees it who may steer models, and nothing else."""
    user = make_user(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_servedmodel"))
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def no_server(settings: Any) -> None:
    settings.TRITON_URL = "127.0.0.1:9"


def call(client: APIClient, path: str, method: str = "get", **data: Any) -> tuple[int, Any]:
    answer = getattr(client, method)(f"/api/v1/{path}", data or None)
    return answer.status_code, answer.json()


def refused(client: APIClient, path: str, method: str = "post", **data: Any) -> tuple[int, str]:
    status, body = call(client, path, method, **data)
    assert body.keys() >= {"code", "detail"}
    return status, body["code"]
