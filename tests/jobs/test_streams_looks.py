"""One look at the database for all who listen, and what a stream costs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from jobs.errors import TooManyStreams
from jobs.models import Event, Item, Job
from jobs.models.positions import BEGINNING
from jobs.telling import streams
from jobs.telling.hub import HUB
from jobs.telling.streams import News, Source, Stream, Work
from local.processes import wait_until
from photos.models import Owner
from tests.factories import make_item, make_job, make_owner
from tests.jobs.listening import others, submit, tell, told
from tests.jobs.streamed import (
    URL,
    Get,
    Listen,
    _short,
    everything,
    get,
    listen,
)
from tests.jobs.test_hub import LONG_S, await_hearing, terminate

__all__ = ["_short", "get", "listen"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

ENDS = [Event.Kind.JOB_COMPLETED.value]
NEVER_S = 600.0  # a heartbeat that no test waits for


class TestStream:
    def test_wakes_at_a_ring(self, listen: Listen, owner: Owner) -> None:
        stream = listen(everything(owner), heartbeat_s=NEVER_S)

        with ThreadPoolExecutor() as threads:
            first = threads.submit(next, told(stream))
            await_hearing()
            tell(owner, Event.Kind.JOB_CREATED)

            assert first.result().kind == "job.created"

    def test_goes_on_when_nobody_hears_the_database(
        self, listen: Listen, owner: Owner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stream = listen(everything(owner), heartbeat_s=NEVER_S)

        with ThreadPoolExecutor() as threads:
            first = threads.submit(next, told(stream))
            hearing = await_hearing()
            monkeypatch.setattr("jobs.telling.hub._parameters", lambda: {"host": "/nowhere"})
            terminate(hearing)
            tell(owner, Event.Kind.JOB_CREATED)

            assert first.result().kind == "job.created"

    def test_goes_on_when_its_own_connection_breaks(self, listen: Listen) -> None:
        class Breaking:
            """Its connection is ended while it looks for the first time."""

            looks = 0

            def look(self) -> News:
                self.looks += 1
                if self.looks == 1:
                    with connection.cursor() as cursor:
                        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                return News("event: work\ndata: {}\n\n") if Job.objects.exists() else News()

        make_job()
        stream = listen(Breaking(), heartbeat_s=NEVER_S)

        assert next(told(stream)).kind == "work"

    def test_holds_no_connection_while_it_waits(self, listen: Listen, owner: Owner) -> None:
        stream = listen(everything(owner))

        with ThreadPoolExecutor() as threads:
            threads.submit(list, islice(stream, 3)).result()

            wait_until(lambda: others() == [], timeout_s=LONG_S)

    def test_ends_when_its_time_is_up(
        self, listen: Listen, owner: Owner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(streams, "LIFE_S", 0.1)
        stream = listen(everything(owner), heartbeat_s=NEVER_S)

        assert list(stream) == []

    def test_ends_when_the_process_is_to_stop(
        self, listen: Listen, owner: Owner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stream = listen(everything(owner), heartbeat_s=NEVER_S)
        tell(owner)
        first = next(stream)
        monkeypatch.setattr(HUB, "stopping", lambda: True)

        assert first.startswith("id: ")
        assert list(stream) == []

    def test_ends_when_nobody_is_there(self, listen: Listen, owner: Owner) -> None:
        present = iter([True, True, False])
        stream = listen(everything(owner), heartbeat_s=NEVER_S, there=lambda: next(present, False))

        assert list(stream) == []

    def test_is_refused_when_all_seats_are_taken(self, get: Get, settings: Any) -> None:
        settings.EVENT_STREAMS = 1
        first = get(URL)

        refused = get(URL)
        first.close()
        again = get(URL)

        assert (refused.status_code, refused.json()["code"]) == (503, "too_many_streams")
        assert refused.headers["Retry-After"] == "5"
        assert again.status_code == 200

    def test_that_nobody_reads_or_closes_leaves_its_seat(self, owner: Owner) -> None:
        dropped = Stream(everything(owner), heartbeat_s=1, seats=1)
        with pytest.raises(TooManyStreams):
            Stream(everything(owner), heartbeat_s=1, seats=1)

        del dropped

        Stream(everything(owner), heartbeat_s=1, seats=1).close()


class TestALook:
    @pytest.mark.parametrize("count", [1, 3])
    def test_costs_the_same_queries_however_many_events(
        self, owner: Owner, count: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        source = everything(owner)
        for _ in range(count):
            tell(owner)

        with django_assert_num_queries(1):
            text = source.look().text

        assert text.count("event: photo.completed") == count

    @pytest.mark.parametrize(
        ("source", "queries"),
        [
            (lambda job: everything(job.owner), 1),
            (lambda job: streams.of_job(job, BEGINNING), 3),
            (lambda job: Work(None), 3),
        ],
    )
    def test_that_finds_nothing_costs_no_more(
        self,
        source: Callable[[Job], Source],
        queries: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        looking = source(make_job())

        with django_assert_num_queries(queries):
            assert looking.look().text == ""

    def test_goes_on_behind_events_that_nobody_wants(
        self, owner: Owner, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        source = streams.of_owner(owner, BEGINNING, ENDS)
        tell(owner)
        source.look()

        with django_assert_num_queries(1):
            assert source.look() == News()


class TestWork:
    def test_is_told_when_photos_wait(self, listen: Listen) -> None:
        make_item()
        stream = listen(Work(None))

        assert next(told(stream)).kind == "work"

    def test_is_told_as_soon_as_photos_come(self, listen: Listen, owner: Owner) -> None:
        stream = listen(Work(None), heartbeat_s=NEVER_S)

        with ThreadPoolExecutor() as threads:
            first = threads.submit(next, told(stream))
            await_hearing()
            submit(owner)

            assert first.result().kind == "work"

    def test_is_told_once_in_a_while_only(self) -> None:
        make_item()
        source = Work(None)

        first, second = source.look(), source.look()

        assert first.text == "event: work\ndata: {}\n\n"
        assert second.text == ""
        assert 0 < (second.again_s or 0) <= 1

    def test_is_looked_for_when_a_photo_is_to_be_tried_again(self) -> None:
        make_item(run_after=timezone.now() + timedelta(seconds=60))

        news = Work(None).look()

        assert news.text == ""
        assert 50 < (news.again_s or 0) <= 60

    def test_is_an_owner_s_own(self, owner: Owner) -> None:
        make_item(job=make_job(owner=make_owner()))

        assert Work(owner.pk).look().text == ""
        make_item(job=make_job(owner=owner))
        assert Work(owner.pk).look().text != ""

    def test_is_of_photos_alone(self) -> None:
        make_item(job=make_job(kind=Job.Kind.CLUSTER), source=Item.Source.NONE)

        assert Work(None).look() == News()
