"""Listening to what happens: order, resuming, ends, and whose it is."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from itertools import islice
from typing import Any, Protocol
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone
from psycopg import Connection, connect
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from jobs import events, steering
from jobs.errors import TooManyStreams
from jobs.models import Event, Item, Job, State
from jobs.models.positions import BEGINNING, Position
from jobs.telling import feeds, streams
from jobs.telling.hub import HUB
from jobs.telling.streams import Events, News, Source, Stream, Work
from local.processes import wait_until
from photos.models import Owner
from tests.factories import make_item, make_job, make_owner
from tests.jobs.listening import Told, finish, others, submit, tell, told
from tests.jobs.test_hub import LONG_S, await_hearing, terminate
from tests.problems import said

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/api/v1/events"
ENDS = [Event.Kind.JOB_COMPLETED.value]
MALFORMED = ["a", "-1", "1-2", "1:", "1:2,", "1~2", "1~2~3", "1~2~3-", "\u0661", "1" * 19, "1.5"]
ROUNDS = 10  # transactions of each writer
NEVER_S = 600.0  # a heartbeat that no test waits for


def url_of(job: Job) -> str:
    return f"/api/v1/jobs/{job.pk}/events"


class Listen(Protocol):
    def __call__(self, source: Source, **values: Any) -> Stream: ...


class Get(Protocol):
    def __call__(self, url: str, **values: Any) -> Any: ...


def everything(owner: Owner) -> Events:
    return streams.of_owner(owner, BEGINNING, Event.Kind.values)


def heard(answer: Any) -> Iterator[Told]:
    return told(answer.streaming_content)


def ready(answer: Any) -> str:
    """The first words of a stream."""
    return str(next(answer.streaming_content).decode())


def kinds(found: list[Told]) -> list[str]:
    return [each.kind for each in found]


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Opens streams; they are closed after the test."""

    def open_one(source: Source, **values: Any) -> Stream:
        stream = Stream(source, **{"heartbeat_s": 0.05, "seats": 24} | values)
        stack.callback(stream.close)
        return stream

    with ExitStack() as stack:
        yield open_one


@pytest.fixture
def get(api: APIClient) -> Iterator[Get]:
    """Asks the API; answers that go on are closed after the test."""

    def ask(url: str, **values: Any) -> Any:
        answer = api.get(url, **values)
        stack.callback(answer.close)
        return answer

    with ExitStack() as stack:
        yield ask


@pytest.fixture(autouse=True)
def _short(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Heartbeats are frequent, and a test that fails ends."""
    settings.EVENTS_HEARTBEAT_S = 0.05
    monkeypatch.setattr(streams, "LIFE_S", 60.0)


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


def after(owner: Owner, last: Told) -> Events:
    """What one hears who comes again after `last`."""
    position = Position.parse(last.id)
    assert position
    return streams.of_owner(owner, position, Event.Kind.values)


class TestEventsOfAJob:
    def test_tell_all_from_its_beginning_to_its_end(self, get: Get, owner: Owner) -> None:
        job = submit(owner, photos=2)
        finish()

        answer = get(url_of(job))

        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["X-Accel-Buffering"] == "no"
        found = list(heard(answer))
        assert kinds(found) == ["job.created", *["photo.completed"] * 2, "job.completed"]
        assert len({each.id for each in found}) == 4
        assert {each.data["job_id"] for each in found} == {str(job.pk)}
        assert [each.data["type"] for each in found] == kinds(found)
        assert found[-1].data["progress"]["completed"] == 2

    def test_begin_with_how_to_come_again(self, get: Get, owner: Owner) -> None:
        answer = get(url_of(submit(owner)))

        first = ready(answer)

        assert first == 'id: 0\nretry: 2000\nevent: ready\ndata: {"type": "ready"}\n\n'

    def test_go_on_while_it_is_unfinished(self, get: Get, owner: Owner) -> None:
        job = submit(owner)
        answer = get(url_of(job))
        listening = heard(answer)

        begun = next(listening)
        finish()
        rest = list(listening)

        assert kinds([begun, *rest]) == ["job.created", "photo.completed", "job.completed"]

    def test_go_on_when_a_failed_photo_is_tried_again(self, listen: Listen, owner: Owner) -> None:
        job = make_job(owner=owner, finished_at=timezone.now())
        item = make_item(job=job, state=State.FAILED, error_code="no_photo")
        events.tell(owner.pk, Event.Kind.JOB_FAILED, job.pk, {})
        steering.retry(Item.objects.filter(pk=item.pk))
        stream = listen(streams.of_job(job, BEGINNING))
        listening = told(stream)

        failed = next(listening)
        finish()

        assert kinds([failed, *listening]) == ["job.failed", "photo.completed", "job.completed"]

    def test_end_even_if_the_last_is_no_longer_kept(self, get: Get, owner: Owner) -> None:
        job = make_job(owner=owner, finished_at=timezone.now())

        answer = get(url_of(job))

        assert list(heard(answer)) == []

    def test_are_no_other_job_s(self, get: Get, owner: Owner) -> None:
        job, other = submit(owner), submit(owner)
        finish()

        answer = get(url_of(job))

        found = list(heard(answer))
        assert str(other.pk) not in {each.data["job_id"] for each in found}

    def test_of_another_owner_look_like_a_missing_one_s(self, get: Get) -> None:
        foreign = submit(make_owner())

        theirs, missing = get(url_of(foreign)), get(url_of(Job()))

        assert theirs.status_code == missing.status_code == 404
        assert theirs.json() == missing.json()


class TestResuming:
    def test_tells_what_came_after_the_last_event(self, get: Get, owner: Owner) -> None:
        job = submit(owner, photos=2)
        finish()
        first = get(url_of(job))
        seen = list(islice(heard(first), 2))

        answer = get(url_of(job), HTTP_LAST_EVENT_ID=seen[-1].id)

        rest = list(heard(answer))
        assert kinds(seen + rest) == ["job.created", *["photo.completed"] * 2, "job.completed"]
        assert len({each.id for each in seen + rest}) == 4

    def test_works_by_a_parameter_too(self, get: Get, owner: Owner) -> None:
        job = submit(owner)
        finish()
        [created] = islice(heard(get(url_of(job))), 1)

        answer = get(url_of(job), data={"last_event_id": created.id})

        assert kinds(list(heard(answer))) == ["photo.completed", "job.completed"]

    def test_after_the_end_says_that_there_is_no_more(self, get: Get, owner: Owner) -> None:
        job = submit(owner)
        finish()
        *_, last = heard(get(url_of(job)))

        answer = get(url_of(job), HTTP_LAST_EVENT_ID=last.id)

        assert (answer.status_code, answer.content) == (204, b"")

    def test_prefers_the_header_which_is_newer(self, get: Get, owner: Owner) -> None:
        job = submit(owner)
        finish()
        *_, last = heard(get(url_of(job)))

        answer = get(f"{url_of(job)}?last_event_id=0", HTTP_LAST_EVENT_ID=last.id)

        assert answer.status_code == 204

    @pytest.mark.parametrize(
        "position",
        [*MALFORMED, "9" * 18, f"1~{'9' * 18}~1-1"],
    )
    @pytest.mark.parametrize("way", ["owner", "job"])
    def test_refuses_what_no_event_is_called(
        self, get: Get, owner: Owner, position: str, way: str
    ) -> None:
        url = URL if way == "owner" else url_of(submit(owner))

        answer = get(url, data={"last_event_id": position})

        assert answer.status_code == 400
        assert said(answer) == {
            "code": "invalid",
            "detail": "last_event_id: No event has this id:"
            " send the id of the last event as it came, or none.",
            "fields": {
                "last_event_id": [
                    "No event has this id: send the id of the last event as it came, or none."
                ]
            },
        }


class TestEventsOfAnOwner:
    def test_begin_now(self, get: Get, owner: Owner) -> None:
        tell(owner, Event.Kind.JOB_CREATED)
        answer = get(URL)

        tell(owner, Event.Kind.JOB_COMPLETED, progress={"total": 1})

        found = next(heard(answer))
        assert (found.kind, found.data["progress"]) == ("job.completed", {"total": 1})

    def test_resume_where_the_stream_had_begun(self, get: Get, owner: Owner) -> None:
        first = get(URL)
        position = ready(first).partition("\n")[0].removeprefix("id: ")
        tell(owner, Event.Kind.JOB_FAILED)

        answer = get(URL, HTTP_LAST_EVENT_ID=position)

        assert next(heard(answer)).kind == "job.failed"

    def test_are_nobody_else_s(self, get: Get, owner: Owner) -> None:
        answer = get(URL)
        tell(make_owner(), Event.Kind.JOB_FAILED)

        tell(owner, Event.Kind.JOB_COMPLETED)

        assert next(heard(answer)).kind == "job.completed"

    def test_are_of_the_wanted_kinds(self, get: Get, owner: Owner) -> None:
        answer = get(URL, data={"kinds": "job.completed,photo.failed"})

        for kind in ("job.created", "job.completed", "photo.completed", "photo.failed"):
            tell(owner, Event.Kind(kind))

        found = list(islice(heard(answer), 2))
        assert kinds(found) == ["job.completed", "photo.failed"]

    def test_from_the_backup_of_another_server_are_not_told(self, owner: Owner) -> None:
        kind = Event.Kind.JOB_COMPLETED
        Event.objects.create(owner=owner, kind=kind, job_id=uuid4(), transaction=10**17)

        assert everything(owner).look() == News()

    @pytest.mark.parametrize("wanted", ["job.done", "job.completed,", ""])
    def test_of_unknown_kinds_are_refused(self, get: Get, wanted: str) -> None:
        answer = get(URL, data={"kinds": wanted})

        assert answer.status_code == 400
        assert list(answer.json()["fields"]) == ["kinds"]

    @pytest.mark.parametrize("url", [URL, f"/api/v1/jobs/{UUID(int=0)}/events"])
    def test_are_for_those_who_are_logged_in(self, url: str) -> None:
        answer = APIClient().get(url, HTTP_ACCEPT="text/event-stream")

        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")

    def test_come_to_those_who_accept_nothing_else(self, get: Get) -> None:
        answer = get(f"{URL}/", HTTP_ACCEPT="text/event-stream")

        assert answer.status_code == 200

    def test_have_no_head(self, api: APIClient) -> None:
        assert api.head(URL).status_code == 405


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
