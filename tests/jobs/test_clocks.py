"""Workers whose clocks differ from the database's: its clock alone counts."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from jobs.models import Item, State
from tests.factories import make_job

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
