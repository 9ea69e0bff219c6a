"""Workers whose clocks differ from the database's: its clock alone counts."""

from datetime import datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone
from django_q.models import Schedule

from config.keeping import retention
from config.models import Retention
from jobs import cleanup, schedules
from jobs.models import Item, Job, State
from photos.models import Owner, Photo
from tests.factories import make_job, make_photo

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("off", [timedelta(days=-2), timedelta(days=2)], ids=["slow", "fast"])
class TestAWorkersClock:
    def test_does_not_count(self, off: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
        job, real = make_job(items=2), timezone.now
        [held, _] = job.items.order_by("pk")

        def wrong() -> datetime:
            return real() + off

        monkeypatch.setattr(timezone, "now", wrong)
        claimed = Item.objects.claim(worker="nas", limit=1, lease_s=60)
        Item.objects.sweep()

        held.refresh_from_db()
        assert [each.pk for each in claimed] == [held.pk]
        assert held.state == State.PROCESSING
        assert held.lease_until
        assert abs(held.lease_until - real() - timedelta(seconds=60)) < timedelta(seconds=30)


class TestAClockThatIsAhead:
    @pytest.fixture(autouse=True)
    def _months_ahead(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = timezone.now
        monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(days=400))

    def test_lets_no_job_and_no_upload_go_before_its_time(self, owner: Owner) -> None:
        job = make_job(owner=owner, items=1)
        ended = job.created_at - timedelta(days=400)  # by the right clock
        job.items.update(state=State.SUCCEEDED, finished_at=ended)
        Job.objects.update(finished_at=ended)
        key = storages["intake"].save("uploads/a", ContentFile(b"not entered yet"))

        cleaned = cleanup.run(cleanup.Order(job_days=30, event_days=7), limit_s=60)

        assert cleaned.removed["jobs"] == cleaned.removed["uploads"] == 0
        assert storages["intake"].exists(key)

    def test_lets_no_photo_go_before_its_time(self, owner: Owner) -> None:
        photo = make_photo(owner=owner)
        Photo.objects.update(created_at=timezone.now() - timedelta(days=400))  # by the right clock
        Retention.objects.create(owner=owner, photos=30)

        applied = list(retention.apply(owner, limit_s=60))

        assert [each.gone for each in applied] == [{}]
        assert Photo.objects.get() == photo


class TestWhatRunsByTheClock:
    def test_runs_again_after_a_clock_was_ahead(self) -> None:
        schedules.install()
        Schedule.objects.update(next_run=timezone.now() + timedelta(days=40))

        assert schedules.put_right() == len(schedules.PLAN)
        assert schedules.put_right() == 0

        assert Schedule.objects.filter(next_run__gt=timezone.now()).count() == 0

    def test_is_left_alone_where_it_is_due_in_its_turn(self) -> None:
        schedules.install()
        for planned in schedules.PLAN:
            due = timezone.now() + timedelta(minutes=planned.every_minutes)
            Schedule.objects.filter(name=planned.name).update(next_run=due)

        assert schedules.put_right() == 0
