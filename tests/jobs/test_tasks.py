"""What runs by the clock, and what watches over the workers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from faces import grouping
from faces.models import Calibration, Cluster, GroupingDue, Membership, Person
from faces.people import naming, placing
from jobs import pulse, schedules, tasks
from jobs.management.commands.worker import WatchedCluster
from jobs.models import State
from photos.models import Owner, Space
from tests.factories import make_face, make_item, make_owner, make_photo, make_space, unit

pytestmark = pytest.mark.django_db


def woken() -> list[str]:
    return [task.func() for task in OrmQ.objects.order_by("pk")]


class TestSchedules:
    def test_are_what_the_plan_says(self) -> None:
        schedules.install()

        planned = [(plan.name, plan.task, plan.every_minutes) for plan in schedules.PLAN]
        assert list(Schedule.objects.values_list("name", "func", "minutes")) == planned

    def test_installed_twice_are_there_once(self) -> None:
        schedules.install()
        before = list(Schedule.objects.values_list("pk", "next_run"))

        schedules.install()

        assert list(Schedule.objects.values_list("pk", "next_run")) == before

    def test_that_are_no_longer_planned_go(self) -> None:
        Schedule.objects.create(name="old", func="jobs.tasks.old")
        Schedule.objects.create(name="theirs", func="elsewhere.task")

        schedules.install()

        names = set(Schedule.objects.values_list("name", flat=True))
        assert names == {"theirs", *(plan.name for plan in schedules.PLAN)}


class TestSweep:
    def test_wakes_workers_for_photos_that_wait(self) -> None:
        make_item()

        tasks.sweep()

        assert set(woken()) == {"jobs.tasks.drain"}

    def test_wakes_nobody_for_nothing(self) -> None:
        tasks.sweep()

        assert woken() == []

    def test_wakes_no_more_than_there_are_workers(self, settings: Any) -> None:
        settings.WORKERS = 2
        for _ in range(5):
            make_item()

        tasks.sweep()
        tasks.sweep()

        assert len(woken()) == 2

    def test_puts_back_what_a_dead_worker_held(self) -> None:
        past = timezone.now() - timedelta(seconds=1)
        item = make_item(state=State.PROCESSING, worker="dead", attempts=1, lease_until=past)

        tasks.sweep()

        item.refresh_from_db()
        assert item.state == State.QUEUED


class TestGroup:
    def test_groups_the_faces_of_an_owner(self) -> None:
        owner, space = make_owner(), make_space()
        for _ in range(3):
            make_face(photo=make_photo(owner=owner), space=space, vector=unit(1, 0))

        grouping.ask(owner.pk, space)

        tasks.drain()

        assert Cluster.objects.filter(owner=owner).count() == 1
        assert woken() == []

    @pytest.mark.django_db(transaction=True)
    def test_leaves_an_owner_to_the_worker_that_is_at_it(self) -> None:
        owner = make_owner()
        grouping.ask(owner.pk, make_space())

        def drain() -> None:
            try:
                tasks.drain()
            finally:
                connection.close()

        with grouping.one_at_a_time(owner), ThreadPoolExecutor(1) as pool:
            pool.submit(drain).result()

        assert GroupingDue.objects.get().owner == owner
        assert woken() == []

    def test_is_done_by_the_clock_too(self) -> None:
        owner, space = make_owner(), make_space()
        for _ in range(3):
            make_face(photo=make_photo(owner=owner), space=space, vector=unit(1, 0))
        grouping.ask(owner.pk, space)

        tasks.group_faces()

        assert Cluster.objects.get().owner == owner
        assert not GroupingDue.objects.exists()

    def test_is_woken_for_when_it_was_lost(self) -> None:
        grouping.ask(make_owner().pk, make_space())

        tasks.sweep()

        assert set(woken()) == {"jobs.tasks.drain"}


class TestCalibrate:
    """Once a day, by what owners have confirmed."""

    @pytest.fixture
    def space(self) -> Space:
        return make_space()

    def confirm(self, owner: Owner, space: Space, *, people: int, faces: int) -> None:
        """Have somebody say of so many people whose so many faces are."""
        for number in range(people):
            rows = [
                make_face(
                    photo=make_photo(owner=owner),
                    space=space,
                    vector=np.roll(unit(5, 1 + shade / 10), number),
                ).pk
                for shade in range(faces)
            ]
            naming.create(owner, f"{owner.pk}-{Person.objects.count()}", faces=rows)

    def rows(self) -> list[Any]:
        return list(Calibration.objects.order_by("owner").values())

    def test_fits_scores_to_what_each_owner_has_confirmed(self, space: Space) -> None:
        anna, ben = make_owner(), make_owner()
        self.confirm(anna, space, people=8, faces=5)
        self.confirm(ben, space, people=2, faces=2)  # too few

        tasks.calibrate()

        [row] = Calibration.objects.all()
        assert (row.owner, row.space, row.same, row.different) == (anna, space, 80, 700)

    def test_twice_changes_nothing_and_reads_no_face(
        self, space: Space, django_assert_num_queries: Any
    ) -> None:
        self.confirm(make_owner(), space, people=8, faces=5)
        tasks.calibrate()
        before = self.rows()

        with django_assert_num_queries(2):  # the space, and nobody
            tasks.calibrate()

        assert self.rows() == before

    def test_leaves_what_has_changed_by_little(self, space: Space) -> None:
        owner = make_owner()
        self.confirm(owner, space, people=8, faces=8)
        tasks.calibrate()
        before = self.rows()

        placing.remove(owner, [Membership.objects.earliest("pk").face_id])
        tasks.calibrate()

        assert self.rows() == before

    def test_fits_anew_what_has_changed_by_much(self, space: Space) -> None:
        owner = make_owner()
        self.confirm(owner, space, people=8, faces=5)
        tasks.calibrate()
        before = Calibration.objects.get()

        self.confirm(owner, space, people=1, faces=5)
        tasks.calibrate()

        now = Calibration.objects.get()
        assert (now.pk, now.same, now.different) == (before.pk, 90, 900)
        assert now.created_at > before.created_at

    def test_takes_back_what_is_no_longer_borne_out(self, space: Space) -> None:
        owner = make_owner()
        self.confirm(owner, space, people=8, faces=5)
        tasks.calibrate()

        for person in Person.objects.all():
            naming.delete(person)
        tasks.calibrate()

        assert self.rows() == []

    def test_has_nothing_to_do_before_the_first_face(self) -> None:
        tasks.calibrate()

        assert self.rows() == []

    def test_ends_when_the_worker_is_stopped(
        self, space: Space, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(2):
            self.confirm(make_owner(), space, people=8, faces=5)
        monkeypatch.setattr(pulse, "STOPPING", pulse.Stopping())
        pulse.STOPPING.set()

        tasks.calibrate()

        assert len(self.rows()) == 1


class TestWatchedCluster:
    """A cluster hangs when photos wait and no task has been run for a long time."""

    @pytest.fixture
    def silent_s(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pulse, "silent_s", lambda: 1000.0)

    @pytest.fixture
    def cluster(self, monkeypatch: pytest.MonkeyPatch) -> WatchedCluster:
        monkeypatch.setattr("signal.signal", lambda *_: None)  # the test keeps its own
        return WatchedCluster()

    @pytest.mark.usefixtures("silent_s")
    def test_hangs_when_a_photo_waits_in_silence(self, cluster: WatchedCluster) -> None:
        make_item()

        assert cluster.hangs()

    @pytest.mark.usefixtures("silent_s")
    def test_does_not_when_nothing_waits(self, cluster: WatchedCluster) -> None:
        make_item(run_after=timezone.now() + timedelta(hours=1))

        assert not cluster.hangs()

    def test_does_not_while_tasks_run(self, cluster: WatchedCluster) -> None:
        make_item()
        pulse.beat()

        assert not cluster.hangs()
