"""Connections from the pool: those that are lent are there."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg_pool import ConnectionPool

from config.database import base
from tests.pooled import pooled

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _there_is_one_connection() -> Iterator[None]:
    with pooled(1):
        yield


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The connections on which the server was asked whether it is there."""
    found: list[Any] = []
    ask = ConnectionPool.check_connection

    def noted(lent: Any) -> None:
        found.append(lent)
        ask(lent)

    monkeypatch.setattr(ConnectionPool, "check_connection", staticmethod(noted))
    return found


def backend() -> int:
    """The process that answers, of a connection that is lent for that alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [number] = cursor.fetchone()
    connection.close()
    return int(number)


def end(number: int) -> None:
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [number])


class TestPool:
    def test_lends_a_connection_again_without_asking_the_server(self, asked: list[Any]) -> None:
        first = backend()
        asked.clear()

        assert backend() == first
        assert asked == []

    def test_asks_where_nobody_has_for_long(
        self, asked: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = backend()
        asked.clear()
        monkeypatch.setattr(base, "IDLE_S", 0)

        assert backend() == first
        assert len(asked) == 1

    def test_asks_a_new_connection(self, asked: list[Any]) -> None:
        backend()

        assert len(asked) == 1

    def test_lends_none_that_the_server_has_left(self) -> None:
        first = backend()
        end(first)

        assert backend() != first
