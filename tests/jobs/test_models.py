"""The queue's statements, on the real database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from jobs.models import Item, Job, State
from tests.factories import make_item, make_job

pytestmark = pytest.mark.django_db


def claim(worker: str = "w", limit: int = 10, *, suspects: bool = False) -> list[Item]:
    return Item.objects.claim(worker=worker, limit=limit, lease_s=60, suspects=suspects)


def expire(item: Item) -> None:
    Item.objects.filter(pk=item.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


class TestClaim:
    def test_gives_the_most_urgent_first_and_then_the_oldest(self) -> None:
        old, urgent, young = make_item(), make_item(priority=10), make_item()
        make_item(priority=1)

        claimed = claim(limit=3)

        assert sorted(item.pk for item in claimed) == sorted([urgent.pk, old.pk, young.pk])

    def test_marks_what_it_gives(self) -> None:
        make_item()

        [item] = claim("anna")

        item.refresh_from_db()
        assert (item.state, item.worker, item.attempts) == (State.PROCESSING, "anna", 1)

    def test_gives_an_item_once(self) -> None:
        make_item()
        claim()

        assert claim() == []

    def test_leaves_what_is_to_wait(self) -> None:
        make_item(run_after=timezone.now() + timedelta(hours=1))

        assert claim() == []

    def test_keeps_what_workers_died_with_apart(self) -> None:
        suspect, harmless = make_item(deaths=1), make_item()

        assert [item.pk for item in claim()] == [harmless.pk]
        assert [item.pk for item in claim(suspects=True)] == [suspect.pk]

    def test_takes_up_to_limit(self) -> None:
        job = make_job(items=3)

        assert len(claim(limit=2)) == 2
        assert job.items.filter(state=State.QUEUED).count() == 1


class TestClaimOfManyWorkers:
    @pytest.mark.django_db(transaction=True)
    def test_gives_each_item_to_one_of_them(self) -> None:
        make_job(items=120)

        def work(name: str) -> list[int]:
            mine: list[int] = []
            try:
                while batch := claim(name, limit=7):
                    mine += [item.pk for item in batch]
            finally:
                connection.close()
            return mine

        with ThreadPoolExecutor(8) as pool:
            shares = list(pool.map(work, [f"worker-{n}" for n in range(8)]))

        claimed = [pk for share in shares for pk in share]
        assert sorted(claimed) == sorted(Item.objects.values_list("pk", flat=True))


class TestSweep:
    def test_puts_back_what_a_dead_worker_held(self) -> None:
        make_item()
        [item] = claim()
        expire(item)

        [swept] = Item.objects.sweep()

        assert (swept.pk, swept.state, swept.lease_until) == (item.pk, State.QUEUED, None)

    @pytest.mark.parametrize("most", [1, 3])
    def test_fails_what_workers_died_with_alone_as_often_as_it_may_be_tried(
        self, most: int
    ) -> None:
        make_item(max_attempts=most)
        ends = []
        for is_alone in [False, *[True] * most]:
            [item] = claim(suspects=is_alone)
            expire(item)
            [swept] = Item.objects.sweep()
            ends.append((swept.state, swept.error_code))

        assert ends == [(State.QUEUED, "")] * most + [(State.FAILED, "worker_died")]

    def test_leaves_what_is_being_worked_on(self) -> None:
        make_item()
        claim()

        assert Item.objects.sweep() == []

    def test_twice_changes_nothing(self) -> None:
        make_item()
        [item] = claim()
        expire(item)
        Item.objects.sweep()

        assert Item.objects.sweep() == []


class TestRenew:
    def test_keeps_the_items_of_a_worker_that_lives(self) -> None:
        make_item()
        [item] = claim("anna")
        expire(item)

        renewed = Item.objects.renew(worker="anna", items=[item.pk], lease_s=60)

        assert renewed == {item.pk: False}
        assert Item.objects.sweep() == []

    def test_does_not_keep_those_of_another(self) -> None:
        make_item()
        [item] = claim("anna")

        assert Item.objects.renew(worker="ben", items=[item.pk], lease_s=60) == {}


class TestNextInS:
    def test_is_never_when_the_queue_is_empty(self) -> None:
        assert Item.objects.next_in_s() is None

    def test_is_now_when_an_item_waits(self) -> None:
        make_item()

        assert Item.objects.next_in_s() == 0

    def test_is_when_the_first_may_be_tried_again(self) -> None:
        make_item(run_after=timezone.now() + timedelta(hours=2))
        make_item(run_after=timezone.now() + timedelta(hours=1))

        assert Item.objects.next_in_s() == pytest.approx(3600, abs=60)


class TestState:
    @pytest.mark.parametrize(
        ("states", "expected"),
        [
            ([State.QUEUED, State.QUEUED], State.QUEUED),
            ([State.QUEUED, State.SUCCEEDED], State.PROCESSING),
            ([State.FAILED, State.SUCCEEDED], State.SUCCEEDED),
            ([State.FAILED, State.FAILED], State.FAILED),
        ],
    )
    def test_of_a_job_follows_from_its_items(self, states: list[State], expected: State) -> None:
        job = make_job()
        for state in states:
            make_item(job=job, state=state, error_code="x" if state == State.FAILED else "")

        assert Job.objects.with_progress().get(pk=job.pk).state == expected


class TestConstraints:
    def test_an_item_has_a_lease_only_while_it_is_worked_on(self) -> None:
        with pytest.raises(IntegrityError, match="item_lease_iff_processing"):
            make_item(state=State.PROCESSING)

    def test_success_has_no_error(self) -> None:
        with pytest.raises(IntegrityError, match="item_success_has_no_error"):
            make_item(state=State.SUCCEEDED, error_code="fetch_timeout")

    def test_failure_has_one(self) -> None:
        with pytest.raises(IntegrityError, match="item_failure_has_an_error"):
            make_item(state=State.FAILED)
