"""A repository of models that tests write."""

from pathlib import Path

import pytest

from photos.models import ServedModel
from tests.tiny import Tiny

ONE, TWO = "face_embedder.packaged.1", "face_embedder.packaged.2"


@pytest.fixture
def repository(tmp_path: Path) -> Tiny:
    """Without models."""
    (tmp_path / "repository").mkdir()
    return Tiny(tmp_path / "repository")


def model(name: str) -> ServedModel:
    return ServedModel.objects.get(name=name)
