"""Cleaning up amid other work."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs import cleanup
from jobs.models import Event
from jobs.telling import outbox
from tests.factories import make_event

pytestmark = pytest.mark.django_db(transaction=True)


class TestCleaningUp:
    def test_of_events_ends_with_its_time(self) -> None:
        for _ in range(3):
            make_event()
        Event.objects.update(created_at=timezone.now() - timedelta(days=10))
        order = cleanup.Order(job_days=30, event_days=7)

        with patched_batch(1):
            cleaned = cleanup.run(order, limit_s=0)

        assert (cleaned.removed["events"], cleaned.complete) == (1, False)

    def test_that_only_counts_deletes_nothing_meanwhile(self) -> None:
        make_event()
        Event.objects.update(created_at=timezone.now() - timedelta(days=10))

        with CaptureQueriesContext(connection) as queries:
            cleaned = cleanup.run(cleanup.Order(30, 7, dry_run=True), limit_s=60)

        assert cleaned.removed["events"] == 1
        assert not [each for each in queries if each["sql"].startswith("DELETE")]


@contextmanager
def patched_batch(rows: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "_BATCH", rows)
        yield
