"""Statements of our own: planned once, with whole rows, and by an index however much waits."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError, connection, transaction
from django.forms import model_to_dict
from django.utils import timezone

from jobs.models import Item
from jobs.steering import pause_queue
from photos.statements import prepared
from tests.factories import make_item, make_job, make_owner

pytestmark = pytest.mark.django_db


def claim(worker: str = "anna") -> list[Item]:
    return Item.objects.claim(worker=worker, limit=1, lease_s=60)


class TestPrepared:
    def test_prepares_a_statement_once_for_a_connection(self) -> None:
        for number in (1, 2):
            with prepared() as cursor:
                cursor.execute("SELECT %s::int AS told_once", [number])

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT generic_plans + custom_plans FROM pg_prepared_statements"
                " WHERE statement LIKE 'SELECT%told_once'"
            )
            assert cursor.fetchall() == [(2,)]

    def test_raises_the_errors_of_django(self) -> None:
        with pytest.raises(DataError), transaction.atomic(), prepared() as cursor:
            cursor.execute("SELECT 1 / %s", [0])

    def test_refuses_a_transaction_that_is_broken(self) -> None:
        with transaction.atomic():
            transaction.set_rollback(True)

            with pytest.raises(transaction.TransactionManagementError), prepared():
                pytest.fail("Nothing may be asked in it.")

            transaction.set_rollback(False)


class TestClaimedItem:
    def test_comes_with_its_job_and_its_owner(self, django_assert_num_queries: Any) -> None:
        job = make_job(owner=make_owner(subject="anna"), arguments={"into": [1]}, items=1)

        [item] = claim()

        with django_assert_num_queries(0):
            assert (item.job, item.job.owner) == (job, job.owner)
            assert (item.job.operations, item.job.arguments) == (["faces"], {"into": [1]})
            assert item.job.owner.subject == "anna"
        stored = Item.objects.get()
        assert model_to_dict(item) == model_to_dict(stored)


class TestAnyWaiting:
    def test_is_false_without_items(self) -> None:
        assert not Item.objects.any_waiting()

    def test_is_true_for_one_that_can_be_claimed(self) -> None:
        make_item()

        assert Item.objects.any_waiting()

    def test_is_true_for_one_that_a_worker_died_with(self) -> None:
        make_item(deaths=1)

        assert Item.objects.any_waiting()

    def test_is_false_for_one_that_is_to_wait(self) -> None:
        make_item(run_after=timezone.now() + timedelta(hours=1))

        assert not Item.objects.any_waiting()

    def test_is_false_while_the_queue_is_paused(self) -> None:
        make_item()
        pause_queue("anna")

        assert not Item.objects.any_waiting()


class TestClaimOfAWorkerThatCannot:
    def test_gets_nothing_where_no_job_is_for_it(self) -> None:
        make_job(operations=["faces", "ocr"], items=1)

        assert Item.objects.claim(worker="w", limit=9, lease_s=60, operations=["faces"]) == []

    def test_gets_what_is_for_it_behind_what_is_not(self) -> None:
        make_job(operations=["faces", "ocr"], items=1)
        mine = make_job(operations=["faces"], items=1)

        items = Item.objects.claim(worker="w", limit=9, lease_s=60, operations=["faces"])

        assert [item.job_id for item in items] == [mine.pk]
