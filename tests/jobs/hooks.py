"""What webhooks are tried with: a receiver, and what it was told."""

from collections.abc import Iterator

import pytest

from photos.fetch import FetchPolicy
from tests.jobs import receiver as receivers
from tests.jobs.receiver import listening

HOOKS = "/api/v1/webhooks"
LOOPBACK = frozenset({"127.0.0.1"})
POLICY = FetchPolicy(max_bytes=0, timeout_s=10, allowed_hosts=LOOPBACK)


@pytest.fixture
def receiver() -> Iterator[receivers.Receiver]:
    with listening() as listener:
        yield listener
