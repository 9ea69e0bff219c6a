"""What recognition is tried with: real photos of people, who are enrolled."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from faces.models import Face, Person
from local.packages import fetch
from local.photos import FACE_RECOGNITION, INSIGHTFACE, SCIKIT_IMAGE
from photos import roles
from photos.models import Owner, Space
from tests.conftest import GROUP
from tests.factories import (
    make_cluster,
    make_face,
    make_photo,
    make_space,
    unit,
)

IDENTIFY = "/api/v1/faces/identify"
BY_FACE = "/api/v1/search/by-face"
ENROL = "/api/v1/people/enrol"
File = Callable[[str], SimpleUploadedFile]


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """Real photos, by the names of their files."""
    folder = tmp_path_factory.mktemp("pictures")
    fetch(FACE_RECOGNITION, ["*/test_images/obama*.jpg", "*/test_images/biden.jpg"], folder)
    fetch(INSIGHTFACE, [GROUP], folder)
    fetch(SCIKIT_IMAGE, ["skimage/data/coffee.png"], folder)
    return lambda name: (folder / name).read_bytes()


@pytest.fixture
def file(pictures: Callable[[str], bytes]) -> File:
    return lambda name: SimpleUploadedFile(name, pictures(name))


@pytest.fixture
def models(db: None, triton_url: str, settings: Any) -> None:
    settings.TRITON_URL = triton_url
    roles.sync(settings.MODEL_REPOSITORY)


Send = Callable[..., Any]  # gives what a test client gets


@pytest.fixture
def send(api: APIClient) -> Send:
    """A form."""
    return lambda url, **fields: api.post(url, fields, format="multipart")


def enrolled(send: Send, name: str, *files: SimpleUploadedFile, **more: str) -> dict[str, Any]:
    answer = send(ENROL, name=name, file=list(files), **more)
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body


def stored(owner: Owner, person: Person | None = None, *, at: float = 0) -> Face:
    """A face that looks like `unit(1, at)`, in the one space of a test."""
    space = Space.objects.first() or make_space()
    cluster = make_cluster(owner=owner, space=space, person=person) if person else None
    photo = make_photo(owner=owner)
    return make_face(photo=photo, cluster=cluster, vector=unit(1, at), space=space)
