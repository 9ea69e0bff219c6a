"""Two who want to end the same at the same time."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.db import connection, transaction

from jobs import queue, steering
from jobs.errors import Cancelled, JobFinished
from jobs.models import FINAL, Item, State
from tests.factories import (
    make_job,
    make_photo,
)
from tests.jobs.ending import (
    Kind,
    claim,
    claimed,
    expire,
    kinds,
)


def at_once(*calls: Callable[[], object]) -> None:
    """Run `calls` at the same time, each on its own connection."""
    ready = threading.Barrier(len(calls), timeout=30)

    def run(call: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            ready.wait()
            call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        list(pool.map(run, calls))


@pytest.mark.django_db(transaction=True)
class TestRaces:
    @pytest.mark.parametrize("round_", range(10))
    def test_cancelling_and_finishing_leave_one_end(self, round_: int) -> None:
        item, photo = claimed(), make_photo()

        def finish() -> None:
            try:
                with transaction.atomic():
                    queue.finish(item, photo)
            except Cancelled:
                queue.drop(item)
            queue.settle([item.job_id])

        def cancel() -> None:
            with suppress(JobFinished):
                steering.cancel(item.job)

        at_once(finish, cancel)

        ended = Item.objects.get()
        assert ended.state in FINAL
        assert (ended.photo_id is None) == (ended.state == State.CANCELLED)
        told = kinds(item.job)
        assert told in (
            [Kind.PHOTO_COMPLETED, Kind.JOB_COMPLETED],
            [Kind.PHOTO_CANCELLED, Kind.JOB_CANCELLED],
        )

    @pytest.mark.parametrize("round_", range(5))
    def test_a_sweep_and_a_heartbeat_leave_one_owner(self, round_: int) -> None:
        item = claimed()
        expire(item)
        held: dict[int, bool] = {}

        def beat() -> None:
            held.update(Item.objects.renew(worker="anna", items=[item.pk], lease_s=60))

        at_once(queue.sweep, beat)

        after = Item.objects.get()
        if held:
            assert (after.state, after.worker, after.deaths) == (State.PROCESSING, "anna", 0)
        else:
            assert (after.state, after.worker, after.deaths) == (State.QUEUED, "", 1)

    @pytest.mark.parametrize("round_", range(5))
    def test_two_sweeps_count_a_death_once(self, round_: int) -> None:
        expire(claimed())

        at_once(queue.sweep, queue.sweep)

        assert Item.objects.get().deaths == 1

    @pytest.mark.parametrize("round_", range(5))
    def test_two_last_photos_tell_the_end_of_their_job_once(self, round_: int) -> None:
        job = make_job(items=2)
        items = [claim("anna"), claim("ben")]

        def end(item: Item) -> None:
            with transaction.atomic():
                queue.finish(item, None)
            queue.settle([item.job_id])

        at_once(lambda: end(items[0]), lambda: end(items[1]))

        assert kinds(job).count(Kind.JOB_COMPLETED) == 1
