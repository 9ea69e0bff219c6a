"""Connections that come from a pool, as the web server's do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

SIZE = 6  # connections


@contextmanager
def pooled(size: int = SIZE) -> Iterator[None]:
    """Inside the block, of all threads. For tests that commit."""
    database: dict[str, Any] = connections.settings[DEFAULT_DB_ALIAS]
    before, alone = dict(database), connections[DEFAULT_DB_ALIAS]
    database |= {
        "ENGINE": "config.database",
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **database["OPTIONS"],
            "pool": {"min_size": 1, "max_size": size, "timeout": 3},  # seconds
        },
    }
    of_pool: Any = connections.create_connection(DEFAULT_DB_ALIAS)
    connections[DEFAULT_DB_ALIAS] = of_pool
    try:
        yield
    finally:
        of_pool.close()
        of_pool.close_pool()
        database.update(before)
        connections[DEFAULT_DB_ALIAS] = alone
