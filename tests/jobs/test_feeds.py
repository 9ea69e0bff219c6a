"""One look for all who listen to an owner: who shares it, and who looks alone."""

import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from psycopg import Connection, connect
from pytest_django import DjangoAssertNumQueries

from jobs import events
from jobs.models import Event, Job
from jobs.models.positions import BEGINNING, Position, Snapshot
from jobs.telling import feeds, streams
from jobs.telling.feeds import feed_of
from jobs.telling.hub import HUB
from jobs.telling.streams import Events, News
from photos.models import Owner
from tests.factories import make_owner
from tests.jobs.listening import Told, submit, tell, told

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the hub has rung, as far as anybody can tell: each test says so itself."""
    count = [0]
    monkeypatch.setattr(HUB, "rings", lambda: count[0])
    return count


@pytest.fixture
def other_session() -> Iterator[Connection[Any]]:
    """A second connection to the database, in a transaction of its own."""
    with connect(**connection.get_connection_params()) as session:
        yield session


def listen(owner: Owner, after: Position | None = None) -> Events:
    return streams.of_owner(owner, after or streams.now(), Event.Kind.values)


def ring(rings: list[int]) -> None:
    rings[0] += 1


def heard(events: Events) -> list[Told]:
    """All that comes until there is no more."""
    text = ""
    while found := events.look().text:
        text += found
    return list(told([text]))


def numbers(found: list[Told]) -> list[int]:
    return [each.data["n"] for each in found]


class TestFeed:
    @pytest.mark.parametrize("count", [1, 3])
    def test_looks_once_however_many_listen(
        self,
        owner: Owner,
        rings: list[int],
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        listening = [listen(owner) for _ in range(count)]
        tell(owner, n=1)
        ring(rings)

        with django_assert_num_queries(1):
            found = [numbers(heard(each)) for each in listening]

        assert found == [[1]] * count

    def test_is_shared_with_the_streams_of_a_job(
        self, owner: Owner, rings: list[int], django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        job, other = submit(owner), submit(owner)
        of_job = streams.of_job(job, BEGINNING)
        of_all = listen(owner)
        heard(of_job)
        heard(of_all)
        Event.objects.filter(job_id=other.pk).delete()
        again = submit(owner)
        ring(rings)

        with django_assert_num_queries(1):
            found = heard(of_all)
            nothing = of_job.look()

        assert [each.data["job_id"] for each in found] == [str(again.pk)]
        assert nothing.text == ""

    def test_tells_each_once_to_those_who_come_between(
        self, owner: Owner, rings: list[int]
    ) -> None:
        first = listen(owner)
        tell(owner, n=1)
        ring(rings)
        one = heard(first)
        second = listen(owner)
        tell(owner, n=2)
        ring(rings)

        assert numbers(heard(second)) == [2]
        assert numbers(one + heard(first)) == [1, 2]

    def test_tells_nobody_what_is_another_owner_s(self, owner: Owner, rings: list[int]) -> None:
        mine, theirs = listen(owner), listen(make_owner())

        tell(owner, n=1)
        ring(rings)

        assert numbers(heard(mine)) == [1]
        assert heard(theirs) == []

    def test_tells_what_was_committed_late_to_all(
        self, owner: Owner, rings: list[int], other_session: Connection[Any]
    ) -> None:
        early = listen(owner)
        other_session.execute("SELECT pg_current_xact_id()")
        late = listen(owner)
        tell(owner, n=2)
        ring(rings)
        before = [heard(early), heard(late)]
        other_session.execute(
            "INSERT INTO jobs_event (owner_id, kind, job_id, data)"
            """ VALUES (%s, 'photo.failed', gen_random_uuid(), '{"n": 1}')""",
            [owner.pk],
        )
        other_session.commit()
        ring(rings)

        after = [heard(early), heard(late)]

        assert [numbers(each) for each in before] == [[2], [2]]
        assert [numbers(each) for each in after] == [[1], [1]]

    def test_lets_one_who_resumes_catch_up_alone(self, owner: Owner, rings: list[int]) -> None:
        long_ago = streams.now()
        tell(owner, n=1)
        live = listen(owner)
        heard(live)
        late = listen(owner, long_ago)
        tell(owner, n=2)
        ring(rings)

        assert numbers(heard(live)) == [2]
        assert numbers(heard(late)) == [1, 2]

    @pytest.mark.parametrize("batch", [1, 2, 3])
    def test_lets_all_look_alone_when_more_is_new_than_it_keeps(
        self, owner: Owner, rings: list[int], monkeypatch: pytest.MonkeyPatch, batch: int
    ) -> None:
        for module in (feeds, streams):
            monkeypatch.setattr(module, "BATCH", batch)
        listening = [listen(owner) for _ in range(2)]
        for n in range(5):
            tell(owner, n=n)
        ring(rings)

        found = [numbers(heard(each)) for each in listening]

        assert found == [[0, 1, 2, 3, 4]] * 2

    def test_lets_who_is_slow_look_alone(
        self, owner: Owner, rings: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feeds, "_KEPT_S", -1.0)
        quick, slow = listen(owner), listen(owner)
        quick.look()
        found = []
        for n in range(3):
            tell(owner, n=n)
            ring(rings)
            found += heard(quick)

        assert numbers(found) == [0, 1, 2]
        assert numbers(heard(slow)) == [0, 1, 2]

    def test_goes_on_after_positions_that_it_has_given(
        self, owner: Owner, rings: list[int]
    ) -> None:
        live = listen(owner)
        for n in range(3):
            tell(owner, n=n)
        ring(rings)
        found = heard(live)

        rest = [heard(listen(owner, Position.parse(each.id))) for each in found]

        assert [numbers(each) for each in rest] == [[1, 2], [2], []]

    def test_is_forgotten_with_its_last_listener(self, owner: Owner) -> None:
        listening = listen(owner)
        before = feed_of(owner.pk)
        assert feed_of(owner.pk) is before
        there = weakref.ref(before)
        assert there() is not None

        del listening, before

        assert there() is None

    def test_asks_a_database_that_is_away_once(
        self, owner: Owner, rings: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = []

        def away(position: Position) -> Any:
            asked.append(position)
            raise OperationalError("It is away.")

        feed = feed_of(owner.pk)
        here = streams.now().seen
        feed.after(here)
        monkeypatch.setattr(feed._events, "after", away)  # noqa: SLF001  # what breaks is inside
        ring(rings)

        for _ in range(3):
            with pytest.raises(OperationalError):
                feed.after(here)

        assert len(asked) == 1


class TestAnEnd:
    def test_is_told_even_if_the_job_ends_between_two_questions(
        self, owner: Owner, rings: list[int]
    ) -> None:
        job = submit(owner)
        source = streams.of_job(job, BEGINNING)
        created = heard(source)
        Job.objects.filter(pk=job.pk).update(finished_at=timezone.now())
        events.tell(owner.pk, Event.Kind.JOB_COMPLETED, job.pk, {})
        ring(rings)

        found = heard(source)

        assert [each.kind for each in created + found] == ["job.created", "job.completed"]
        assert source.look() == News(over=True)


class TestSnapshots:
    @pytest.mark.parametrize(
        ("later", "earlier", "covers"),
        [
            (Snapshot(5), Snapshot(5), True),
            (Snapshot(6), Snapshot(5), True),
            (Snapshot(5), Snapshot(6), False),
            (Snapshot(6, (4,)), Snapshot(5, (4,)), True),
            (Snapshot(6, (4,)), Snapshot(5), False),
            (Snapshot(6, (5,)), Snapshot(5), True),
            (Snapshot(6), Snapshot(5, (4,)), True),
        ],
    )
    def test_cover_what_could_be_seen_before(
        self, later: Snapshot, earlier: Snapshot, *, covers: bool
    ) -> None:
        assert later.covers(earlier) == covers
