"""Listening while others commit, in any order: no event is missed, and none told twice."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from psycopg import Connection, connect

from jobs.telling import feeds, streams
from photos.models import Owner
from tests.jobs.listening import Told, tell, told
from tests.jobs.streamed import (
    Listen,
    _short,
    after,
    everything,
    listen,
)

__all__ = ["_short", "listen"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 10  # transactions of each writer


@pytest.fixture
def other_session() -> Iterator[Connection[Any]]:
    """A second connection to the database, in a transaction of its own."""
    parameters = connection.get_connection_params()
    with connect(**parameters) as session:
        yield session


def tell_in(session: Connection[Any], owner: Owner, **data: Any) -> None:
    """An event in the open transaction of `session`."""
    session.execute(
        "INSERT INTO jobs_event (owner_id, kind, job_id, data)"
        " VALUES (%s, 'photo.completed', %s, %s)",
        [owner.pk, uuid4(), json.dumps(data)],
    )


class TestCommitsOutOfOrder:
    """One takes its number first, and commits last."""

    def test_are_told_as_they_come(
        self, listen: Listen, owner: Owner, other_session: Connection[Any]
    ) -> None:
        stream = told(listen(everything(owner)))
        tell_in(other_session, owner, n=1)
        tell(owner, n=2)

        first = next(stream)
        other_session.commit()
        second = next(stream)

        assert [first.data["n"], second.data["n"]] == [2, 1]

    @pytest.mark.parametrize("batch", [1, 2, 500])
    def test_are_told_to_one_who_comes_again_between_them(
        self,
        listen: Listen,
        owner: Owner,
        other_session: Connection[Any],
        monkeypatch: pytest.MonkeyPatch,
        batch: int,
    ) -> None:
        for module in (feeds, streams):
            monkeypatch.setattr(module, "BATCH", batch)
        tell(owner, n=1)
        tell_in(other_session, owner, n=2)
        tell(owner, n=3)
        tell(owner, n=4)
        first, third = islice(told(listen(everything(owner))), 2)

        other_session.commit()
        tell(owner, n=5)
        rest = islice(told(listen(after(owner, third))), 3)

        numbers = [each.data["n"] for each in [first, third, *rest]]
        assert numbers[:3] == [1, 3, 4]
        assert sorted(numbers[3:]) == [2, 5]

    def test_that_come_to_nothing_are_not_told(
        self, listen: Listen, owner: Owner, other_session: Connection[Any]
    ) -> None:
        stream = told(listen(everything(owner)))
        tell_in(other_session, owner, n=1)
        tell(owner, n=2)
        first = next(stream)

        other_session.rollback()
        tell(owner, n=3)

        assert [first.data["n"], next(stream).data["n"]] == [2, 3]

    @pytest.mark.parametrize("batch", [2, 500])
    def test_make_no_gap_and_no_double(
        self, listen: Listen, owner: Owner, monkeypatch: pytest.MonkeyPatch, batch: int
    ) -> None:
        """Four write in transactions of several events; one listens, and comes again often."""
        for module in (feeds, streams):
            monkeypatch.setattr(module, "BATCH", batch)
        with ThreadPoolExecutor(4) as writers:
            writing = [writers.submit(_write, owner, writer) for writer in range(4)]
            found: list[Told] = []
            while left := 4 * ROUNDS * 3 - len(found):
                stream = listen(after(owner, found[-1]) if found else everything(owner))
                found += islice(told(stream), min(left, 7))
                stream.close()
            for each in writing:
                each.result()

        assert next(listen(after(owner, found[-1]))) == ": nothing new\n\n"
        for writer in range(4):
            mine = [each.data["n"] for each in found if each.data["writer"] == writer]
            assert mine == list(range(ROUNDS * 3))


def _write(owner: Owner, writer: int) -> None:
    for number in range(0, ROUNDS * 3, 3):
        with transaction.atomic():
            for n in range(number, number + 3):
                tell(owner, writer=writer, n=n)
    connection.close()
