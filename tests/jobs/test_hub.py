"""Hearing the database, with a real connection."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from jobs import events, waiting
from jobs.errors import TooManyStreams
from jobs.models import Job
from jobs.telling.hub import HUB, Seats
from local.processes import wait_until
from photos.models import Owner
from tests.factories import make_job
from tests.jobs.listening import finish, listeners, others, submit

pytestmark = pytest.mark.django_db(transaction=True)

LONG_S = 30.0
SHORT_S = 0.01


def await_hearing() -> int:
    """Until the hub hears; gives its connection."""
    wait_until(lambda: len(listeners()) == 1, timeout_s=LONG_S)
    ear = HUB.ear()
    while ear.wait(SHORT_S):
        pass
    return listeners()[0]


def terminate(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


def wait(job: Job) -> bool:
    """In a thread, whose connection nobody else would close."""
    try:
        return waiting.wait(job, timeout_s=LONG_S)
    finally:
        connection.close()


class TestEar:
    def test_hears_what_rings_after_it_was_made(self) -> None:
        HUB.ear()
        await_hearing()
        ear = HUB.ear()

        events.ring()

        assert ear.wait(LONG_S)
        assert not ear.wait(SHORT_S)

    def test_hears_what_rang_while_its_thread_looked(self) -> None:
        HUB.ear()
        await_hearing()
        busy, other = HUB.ear(), HUB.ear()

        events.ring()
        other.wait(LONG_S)

        assert busy.wait(0)

    def test_looks_when_nobody_can_tell(self) -> None:
        HUB.ear()
        pid = await_hearing()
        ear = HUB.ear()

        terminate(pid)

        assert ear.wait(LONG_S)
        assert ear.wait(SHORT_S)


class TestHub:
    def test_has_one_connection_for_all_threads(self) -> None:
        with ThreadPoolExecutor(5) as threads:
            for _ in range(20):
                threads.submit(HUB.ear)

        await_hearing()
        assert len(listeners()) == 1

    def test_connects_again_when_its_connection_is_killed(self) -> None:
        HUB.ear()
        before = await_hearing()

        terminate(before)
        wait_until(lambda: listeners() not in ([], [before]), timeout_s=LONG_S)

        after = await_hearing()
        ear = HUB.ear()
        events.ring()
        assert after != before
        assert ear.wait(LONG_S)

    def test_gives_its_connection_back_and_takes_a_new_one_when_it_is_needed(self) -> None:
        HUB.ear()
        await_hearing()

        HUB.close()
        HUB.close()

        wait_until(lambda: listeners() == [], timeout_s=LONG_S)
        HUB.ear()
        await_hearing()
        assert len(listeners()) == 1


class TestWaitingForAJob:
    def test_ends_when_nothing_is_left_to_do(self, owner: Owner) -> None:
        job = submit(owner, photos=2)

        with ThreadPoolExecutor() as threads:
            waiting = threads.submit(wait, job)
            await_hearing()
            finish()

            assert waiting.result()

    def test_ends_when_the_time_is_up(self) -> None:
        job = make_job(items=1)

        assert not waiting.wait(job, timeout_s=SHORT_S)

    def test_is_not_begun_when_there_is_no_time(self) -> None:
        job = make_job(items=1)

        assert not waiting.wait(job, timeout_s=0)
        assert listeners() == []

    def test_is_not_begun_when_too_many_wait(self, settings: Any) -> None:
        settings.EVENT_STREAMS = 0
        finished, unfinished = make_job(), make_job(items=1)

        assert waiting.wait(finished, timeout_s=LONG_S)
        assert not waiting.wait(unfinished, timeout_s=LONG_S)

    def test_ends_when_the_process_is_to_stop(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(HUB, "stopping", lambda: True)

        assert not waiting.wait(make_job(items=1), timeout_s=LONG_S)

    def test_holds_no_connection_meanwhile(self, owner: Owner) -> None:
        job = submit(owner)

        with ThreadPoolExecutor() as threads:
            waiting = threads.submit(wait, job)
            await_hearing()
            wait_until(lambda: others() == [], timeout_s=LONG_S)

            assert not waiting.done()
            finish()


class TestSeats:
    def test_are_so_many(self) -> None:
        seats = Seats()
        seats.take(2)
        seats.take(2)

        with pytest.raises(TooManyStreams):
            seats.take(2)

    def test_are_free_again(self) -> None:
        seats = Seats()

        with seats.seat(1):
            pass
        with pytest.raises(ZeroDivisionError), seats.seat(1):
            _ = 1 / 0

        seats.take(1)
