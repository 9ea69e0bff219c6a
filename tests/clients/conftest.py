"""The client for Python, with the service as it runs."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from kindred_client import Kindred
from photos import roles
from photos.models import Owner
from tests.factories import make_key, make_owner, make_user

Connect = Callable[..., Kindred]


@pytest.fixture(autouse=True)
def _short(settings: Any) -> None:
    """A test that fails ends."""
    settings.EVENTS_HEARTBEAT_S = 0.05
    settings.SYNC_WAIT_S = 20.0


@pytest.fixture
def connect(live_server: LiveServer) -> Iterator[Connect]:
    """Gives clients of an owner each."""
    opened: list[Kindred] = []

    def connected(owner: Owner, **values: Any) -> Kindred:
        _, secret = make_key(user=owner.user)
        opened.append(Kindred(live_server.url, secret, **values))
        return opened[-1]

    yield connected
    for each in opened:
        each.close()


@pytest.fixture
def kindred(connect: Connect, owner: Owner) -> Kindred:
    return connect(owner)


@pytest.fixture
def stranger(connect: Connect) -> Kindred:
    """The client of somebody else."""
    return connect(make_owner(user=make_user()))


@pytest.fixture
def roles_filled(transactional_db: None, settings: Any) -> None:
    """There are models, by which it is known what can be asked for."""
    roles.sync(settings.MODEL_REPOSITORY)


@pytest.fixture
def models(roles_filled: None, settings: Any, triton_url: str) -> None:
    """The same at a real Triton."""
    settings.TRITON_URL = triton_url
