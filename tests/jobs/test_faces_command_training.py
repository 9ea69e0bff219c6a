"""`manage.py faces`: heads that are trained and become active, and jobs that are watched."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from jobs import queue
from jobs.following import IN_WORK
from jobs.management.bars import Watch
from jobs.models import Item, Job
from jobs.steps import Progress
from local.processes import wait_until
from photos.models import ServedModel
from tests.factories import (
    make_owner,
    make_space,
)
from tests.heads import HEAD
from tests.jobs.commanded import (
    _told_there,
    anna,
    fail,
    run,
    told,
)

__all__ = ["anna"]  # fixtures


@pytest.mark.django_db(transaction=True)
class TestTraining:
    def test_is_one_for_all_owners_by_a_worker(self) -> None:
        make_space()
        for subject in ("anna", "ben"):
            make_owner(subject=subject)

        with ThreadPoolExecutor(1) as pool:
            telling = pool.submit(_told_there, "train-matching", "--margin", "0.3")
            wait_until(Job.objects.exists, timeout_s=30, what="The job")
            [item] = Item.objects.claim(worker="anna", limit=1, lease_s=60)
            queue.finish(item, outcome={"kept": True})

            assert telling.result(timeout=30) == [{"train-matching": {"kept": True}}]
        assert (Job.objects.get().kind, item.job.arguments) == (Job.Kind.TRAIN, {"margin": 0.3})

    def test_that_is_refused_says_why(self) -> None:
        make_space()
        make_owner()

        with ThreadPoolExecutor(1) as pool:
            telling = pool.submit(_told_there, "train-matching")
            wait_until(Job.objects.exists, timeout_s=30, what="The job")
            fail(Job.objects.get())

            with pytest.raises(CommandError, match=r"^train-matching: Nobody has 5") as failed:
                telling.result(timeout=30)
        assert failed.value.returncode == 1

    def test_is_asked_for_once_until_it_is_done(self) -> None:
        make_space()
        make_owner()

        [first] = told("train-matching", "--queue", "--min-faces", "7")
        [again] = told("train-matching", "--queue")

        assert first == again == {"train-matching": {"job": str(Job.objects.get().pk)}}


@pytest.mark.django_db(transaction=True)
class TestActivating:
    @pytest.fixture(autouse=True)
    def _head(self, settings: Any, tmp_path: Path) -> None:
        settings.TRAININGS_ROOT = tmp_path
        make_space()
        make_owner()
        ServedModel.objects.create(
            name=HEAD, role="face_matcher", pack="trained", version=1,
            space="face_matcher:x:1", memory_bytes=1,
        )  # fmt: skip

    def test_of_a_head_is_done_by_a_worker(self) -> None:
        with ThreadPoolExecutor(1) as pool:
            telling = pool.submit(_told_there, "activate-matcher", "--matcher", HEAD)
            wait_until(Job.objects.exists, timeout_s=30, what="The job")
            [item] = Item.objects.claim(worker="anna", limit=1, lease_s=60)
            queue.finish(item, outcome={"active": True})

            assert telling.result(timeout=30) == [{"activate-matcher": {"active": True}}]
        assert (item.job.kind, item.job.arguments) == (Job.Kind.TRAIN, {"matcher": HEAD})

    @pytest.mark.parametrize("name", ["20260101T000000-abcdef", "face_matcher.tests.2", "../x"])
    def test_of_what_is_not_there_is_refused(self, name: str) -> None:
        with pytest.raises(CommandError, match="There is no training"):
            run("activate-matcher", "--matcher", name)

        assert Job.objects.count() == 0

    def test_needs_a_name(self) -> None:
        with pytest.raises(CommandError, match="--matcher"):
            run("activate-matcher")


class TestWatch:
    def test_says_when_nobody_works_on_a_job(self) -> None:
        heard: list[str] = []
        watch = Watch(lambda _: None, lambda: heard.append("stuck"), quiet_s=0)

        watch(Progress(0, 3, {IN_WORK: 1}))
        watch(Progress(0, 1))
        assert heard == []
        for _ in range(2):
            watch(Progress(0, 3, {IN_WORK: 0}))

        assert heard == ["stuck"]
