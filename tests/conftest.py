"""The real parts that tests run on: PostgreSQL with pgvector, and Triton. Each starts once."""

import os
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from inference.client import TritonClient
from local.triton import Triton
from photos.models import Owner
from tests.factories import make_owner, make_user

MODELS = ("face_detector", "face_embedder")


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    """Our own server, unless DATABASE_URL names another. Tests have their own database in it."""
    with django_settings.POSTGRES.used() if django_settings.DATABASE_IS_OURS else nullcontext():
        yield


@pytest.fixture(scope="session")
def triton_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """gRPC address of a real Triton that serves the models: ours, or that of TRITON_URL."""
    if "TRITON_URL" in os.environ:
        yield os.environ["TRITON_URL"]
        return
    repository: Path = django_settings.MODEL_REPOSITORY
    if not all((repository / model / "1" / "model.onnx").exists() for model in MODELS):
        pytest.skip("The models are not built: run `make models`.")
    with Triton(repository, MODELS, tmp_path_factory.mktemp("triton")) as triton:
        yield triton.url


@pytest.fixture(scope="session")
def triton(triton_url: str) -> Iterator[TritonClient]:
    with TritonClient(triton_url, timeout_s=30) as client:
        yield client


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path) -> None:
    """Files of a test go below its own folder."""
    storages = {**settings.STORAGES}
    for name, folder in (("default", "media"), ("intake", "intake")):
        options = {**storages[name].get("OPTIONS", {}), "location": tmp_path / folder}
        storages[name] = {**storages[name], "OPTIONS": options}
    settings.STORAGES = storages


@pytest.fixture
def owner(db: None) -> Owner:
    """An owner whom a Django user acts for."""
    return make_owner(user=make_user())


@pytest.fixture
def admin_user(db: None) -> User:
    """May do all. Has no password: hashing one for each test takes longer than the tests."""
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def api(owner: Owner) -> APIClient:
    """The API as `owner` sees it."""
    client = APIClient()
    client.force_authenticate(owner.user)
    return client
