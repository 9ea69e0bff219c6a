"""What the documented endpoints are tried with."""

from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from photos import roles
from photos.models import Owner
from tests.jobs.doors.callers import with_bearer, with_key
from tests.jobs.storing import Store


@pytest.fixture
def models(settings: Any, triton_url: str) -> None:
    """The real ones, at a real Triton."""
    settings.TRITON_URL = triton_url
    roles.sync(settings.MODEL_REPOSITORY)


@pytest.fixture
def badak(owner: Owner) -> APIClient:
    """A client of BADAK."""
    return with_key(owner)


@pytest.fixture
def client(owner: Owner) -> APIClient:
    """A client of the microservice."""
    return with_bearer(owner)


@pytest.fixture
def store(settings: Any) -> Iterator[Store]:
    """The media store of the settings."""
    with Store() as store:
        settings.MEDIA_STORE_URL = store.url
        yield store
