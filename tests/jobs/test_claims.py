"""Who gets which item, in which order: real rows, real locks, many claimers at once."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs import services, steering
from jobs.models import HIGHEST_PRIORITY, Item, Job, Pause, State
from jobs.services import Source, Wishes
from photos.models import Owner
from tests.factories import make_item, make_job, make_owner

LINK = "https://photos.example/a.jpg"


def submit(owner: Owner, count: int, priority: int = 5) -> Job:
    sources = [Source(Item.Source.URL, LINK) for _ in range(count)]
    return services.submit(owner, sources, operations=["faces"], wishes=Wishes(priority))


def claim(limit: int, worker: str = "anna") -> list[Item]:
    return Item.objects.claim(worker=worker, limit=limit, lease_s=60)


class TestOrder:
    @pytest.mark.django_db
    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    @given(
        priorities=st.lists(st.integers(0, HIGHEST_PRIORITY), min_size=1, max_size=30),
        limits=st.lists(st.integers(1, 7), min_size=1, max_size=30),
    )
    def test_is_by_priority_and_then_by_age(self, priorities: list[int], limits: list[int]) -> None:
        Job.objects.all().delete()
        owner = make_owner()
        jobs = [submit(owner, 1, priority) for priority in priorities]

        claimed: list[Item] = []
        while found := claim(limits[len(claimed) % len(limits)]):
            claimed += found

        order = sorted(range(len(jobs)), key=lambda n: (-priorities[n], n))
        assert [item.job_id for item in claimed] == [jobs[n].pk for n in order]

    @pytest.mark.django_db
    def test_lets_owners_take_turns_within_a_priority(self) -> None:
        much, little = make_owner(), make_owner()
        submit(much, 6)
        claim(2)
        submit(little, 2)

        order = [item.owner_id for item in claim(10)]

        assert order == [much.pk, little.pk, much.pk, little.pk, much.pk, much.pk]

    @pytest.mark.django_db
    def test_of_one_owner_is_that_of_asking_however_many_jobs(self) -> None:
        owner = make_owner()
        jobs = [submit(owner, 2), submit(owner, 1), submit(owner, 2)]

        assert [item.job_id for item in claim(9)] == [
            jobs[n].pk for n in (0, 0, 1, 2, 2)
        ]  # fmt: skip

    @pytest.mark.django_db
    def test_puts_what_is_tried_again_before_those_who_wait(self) -> None:
        owner = make_owner()
        first = submit(owner, 3)
        [early, *_] = claim(2)
        submit(owner, 2)
        Item.objects.filter(pk=early.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        [late] = Item.objects.sweep()

        turns = Item.objects.filter(state=State.QUEUED, deaths=0).values_list("turn", flat=True)

        assert late.pk == early.pk
        assert late.turn <= min(turns)
        assert late.job_id == first.pk


class TestManyClaimers:
    @pytest.mark.django_db(transaction=True)
    def test_a_hundred_claimers_get_each_of_a_thousand_items_once(self) -> None:
        owner = make_owner()
        for priority in (2, 9, 5):
            submit(owner, 300, priority)
        submit(make_owner(), 100)
        together = threading.Barrier(100, timeout=60)
        batches: list[list[Item]] = []

        def claim_all(number: int) -> None:
            together.wait()
            while found := claim(1 + number % 4, worker=f"worker-{number}"):
                batches.append(found)
            connection.close()

        with ThreadPoolExecutor(100) as pool:
            list(pool.map(claim_all, range(100)))

        items = [item for batch in batches for item in batch]
        assert len(items) == 1000
        assert set(Counter(item.pk for item in items).values()) == {1}
        assert all(item.attempts == 1 for item in items)
        for batch in batches:  # within a claim the order is exact, whoever else claims
            assert [-item.rank for item in batch] == sorted(-item.rank for item in batch)


@pytest.mark.django_db
class TestAgeing:
    def test_raises_what_has_waited_long_by_one(self) -> None:
        old, young = make_item(priority=3), make_item(priority=3)
        Item.objects.filter(pk=old.pk).update(ranked_at=timezone.now() - timedelta(hours=2))

        assert Item.objects.age(after_s=3600) == 1

        assert [item.pk for item in claim(2)] == [old.pk, young.pk]
        assert Item.objects.get(pk=old.pk).rank == 4

    def test_gives_no_more_than_the_highest(self) -> None:
        make_item(priority=HIGHEST_PRIORITY)
        Item.objects.update(ranked_at=timezone.now() - timedelta(hours=2))

        assert Item.objects.age(after_s=3600) == 0

    def test_lets_nothing_starve_behind_a_stream_of_urgent_photos(self) -> None:
        poor = make_item(priority=0)

        for hour in range(HIGHEST_PRIORITY):
            make_item(priority=HIGHEST_PRIORITY)
            Item.objects.filter(pk=poor.pk).update(ranked_at=timezone.now() - timedelta(hours=1))
            assert Item.objects.age(after_s=3600) == 1, hour
        make_item(priority=HIGHEST_PRIORITY)

        assert [item.pk for item in claim(1)] == [poor.pk]

    def test_starts_again_after_each_step(self) -> None:
        make_item(priority=3)
        Item.objects.update(ranked_at=timezone.now() - timedelta(hours=1))

        assert [Item.objects.age(after_s=3600) for _ in range(2)] == [1, 0]


@pytest.mark.django_db
class TestNarrowing:
    def test_a_worker_gets_photos_that_it_can_do_all_of(self) -> None:
        faces = make_item(job=make_job(operations=["faces"]))
        make_item(job=make_job(operations=["faces", "ocr"]))
        make_item(job=make_job(operations=["all"]))

        items = Item.objects.claim(worker="far", limit=9, lease_s=60, operations=["faces", "tags"])

        assert [item.pk for item in items] == [faces.pk]

    def test_of_one_owner_alone(self) -> None:
        mine, theirs = make_item(), make_item()

        items = Item.objects.claim(worker="far", limit=9, lease_s=60, owner_pk=mine.owner_id)

        assert [item.pk for item in items] == [mine.pk]
        assert Item.objects.get(pk=theirs.pk).state == State.QUEUED

    def test_only_photos_leave_the_house(self) -> None:
        make_item(job=make_job(operations=[], kind=Job.Kind.CLUSTER), source=Item.Source.NONE)

        assert Item.objects.claim(worker="far", limit=9, lease_s=60, operations=["faces"]) == []


@pytest.mark.django_db
class TestPause:
    def test_nothing_is_claimed_until_the_queue_is_resumed(self) -> None:
        make_item()
        steering.pause_queue("staff", "disk is full")

        assert claim(9) == []
        assert not Item.objects.waiting().exists()
        assert Item.objects.next_in_s() is None

        steering.resume_queue()

        assert len(claim(9)) == 1

    def test_twice_is_once(self) -> None:
        steering.pause_queue("anna")
        steering.pause_queue("ben")

        assert [pause.by for pause in Pause.objects.all()] == ["anna"]

        steering.resume_queue()
        steering.resume_queue()

        assert not Pause.objects.exists()
