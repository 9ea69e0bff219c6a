"""Who reads the documents: a service with models, a folder with photos, and where all of it is."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from pytest_django.live_server_helper import LiveServer

from config.rpc.server import serving
from jobs import services, tasks
from local.packages import fetch
from local.photos import FACE_RECOGNITION
from local.stack import CHECKOUT
from local.triton import LOOPBACK
from photos import roles
from photos.models import Owner
from tests.clients.working import worker
from tests.factories import make_owner, make_user
from tests.jobs.receiver import Receiver, listening
from tests.photos.web import Server, answer

PARTY = "obama3.jpg"


@pytest.fixture(scope="session")
def portraits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real photos of one person."""
    folder = tmp_path_factory.mktemp("portraits")
    fetch(FACE_RECOGNITION, ["*/test_images/obama*.jpg"], folder)
    return folder


@pytest.fixture
def folder(tmp_path: Path, portraits: Path) -> Path:
    """Where a reader is, with a photo."""
    folder = tmp_path / "reader"
    folder.mkdir()
    shutil.copy(portraits / PARTY, folder / "party.jpg")
    return folder


@pytest.fixture
def reader(transactional_db: None, triton_url: str, settings: Any) -> Owner:
    """Whose service has models, and may fetch photos from this machine."""
    settings.TRITON_URL = triton_url
    settings.FETCH_ALLOWED_HOSTS = frozenset({LOOPBACK})
    settings.FACE_UNKNOWN_MIN_CLUSTER_SIZE = 2
    settings.EVENTS_HEARTBEAT_S = 0.1
    roles.sync(settings.MODEL_REPOSITORY)
    return make_owner(user=make_user(username="admin"))


@pytest.fixture
def library(reader: Owner, portraits: Path) -> None:
    """Two photos of somebody, which are a group."""
    for name in ("obama.jpg", "obama2.jpg"):
        content = ContentFile((portraits / name).read_bytes(), name)
        services.submit(reader, [services.upload(content)])
    tasks.drain()


@pytest.fixture
def places(
    live_server: LiveServer, folder: Path, receiver: Receiver, settings: Any
) -> Iterator[dict[str, str]]:
    """What stands in the pages, and what is there."""
    settings.PUBLIC_URL = live_server.url
    party = (folder / "party.jpg").read_bytes()

    def photo(path: str) -> list[bytes]:
        return answer(party) if path == "/party.jpg" else answer(status="404 Not Found")

    with serving(f"{LOOPBACK}:0") as port, Server(photo) as web, worker():
        yield {
            "http://127.0.0.1:8000": live_server.url,
            "127.0.0.1:50051": f"{LOOPBACK}:{port}",
            "https://photos.example/": web.url("/"),
            "https://receiver.example/kindred": receiver.url,
            ".venv/bin/python manage.py": f"{sys.executable} {CHECKOUT}/manage.py",
        }


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as receiver:
        yield receiver
