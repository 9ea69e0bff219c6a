"""What keeping models loaded is tried with: a real server, and how long ago they were used."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inference.control import Overview, State, TritonControl
from photos import roles
from photos.models import ServedModel
from photos.policy import Policy
from photos.serving import PostgresKeeper
from tests.tiny import BASE, Tiny

ONE, TWO, THREE = (f"{role}.tiny.1" for role in ("face_detector", "face_embedder", "tagger"))
MB = 2**20
POLICY = Policy(explicit=True, load_s=30, call_s=20, idle_s=600, memory_bytes=0)


@pytest.fixture
def keeper(tiny: Tiny, settings: Any) -> PostgresKeeper:
    """Of a server that has three models, none of them loaded."""
    for name in (ONE, TWO, THREE):
        tiny.write(name, memory_bytes=10 * MB)
    roles.sync(tiny.folder)
    return PostgresKeeper(settings.TRITON_URL, POLICY, tiny.folder)


@pytest.fixture
def control(settings: Any, tiny: Tiny) -> Iterator[TritonControl]:
    with TritonControl(settings.TRITON_URL, timeout_s=10) as control:
        yield control


def model(name: str) -> ServedModel:
    return ServedModel.objects.get(name=name)


def loaded(keeper: PostgresKeeper) -> list[str]:
    """What the server has."""
    index = Overview.of(keeper.url, timeout_s=10).index
    names = (name for name, listed in index.items() if listed.state is State.LOADED)
    return sorted(name for name in names if name != BASE)


def age(name: str, seconds: float) -> None:
    """Make it so long ago that anybody cared for the model."""
    then = timezone.now() - timedelta(seconds=seconds)
    row = ServedModel.objects.filter(name=name)
    row.update(last_used_at=then, loaded_at=then, created_at=then)
