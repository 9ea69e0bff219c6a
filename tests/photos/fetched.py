"""What fetching is tried with: a server, and what may be fetched."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from photos.fetch import FetchPolicy
from tests.photos.web import Answer, Server

LOOPBACK = frozenset({"127.0.0.1"})
Serve = Callable[[Answer], Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers that are stopped after the test."""
    with ExitStack() as stack:
        yield lambda answers: stack.enter_context(Server(answers))


def make_policy(**values: Any) -> FetchPolicy:
    defaults = {"max_bytes": 1000, "timeout_s": 10.0, "allowed_hosts": LOOPBACK}
    return FetchPolicy(**{**defaults, **values})


def by_table(table: dict[str, list[str]]) -> Callable[[str, int], list[str]]:
    """A resolver that knows some names."""
    return lambda host, port: table[host]
