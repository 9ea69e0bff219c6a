"""The live queue in a real browser."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from jobs.models import Event, Item, Job, State
from photos.models import Owner
from tests.browser.conftest import Browsing
from tests.browser.staff import log_in, make_staff
from tests.factories import make_owner, make_remote_worker

QUEUE = "/admin/queue/"
EVERY_MS = 5000  # as live.js has it
STAGES = {
    "fetch": 80,
    "decode": 45,
    "faces": 160,
    "objects": 120,
    "ocr": 310,
    "tags": 24,
    "store": 30,
}
FAILURES = {
    "fetch_failed": "The photo could not be fetched: the server answered 503.",
    "not_an_image": "The file is no photo that can be read.",
    "too_large": "The file has more than 104857600 bytes.",
}


def make_busy_queue(owner: Owner) -> None:
    """An hour of work that goes up and down, with what waits, what failed and who works."""
    job = Job.objects.create(owner=owner, operations=["all"])
    ended = [item for minute in range(60) for item in ended_items(job, minute)]
    Item.objects.bulk_create(ended)
    Event.objects.bulk_create(event_of(item) for item in ended)
    for priority, count in ((5, 60), (9, 12), (1, 25), (0, 90)):
        Item.objects.bulk_create(
            item_of(job, f"trip/IMG_{number:04}.jpg", priority=priority, rank=priority)
            for number in range(count)
        )
    nas, _ = make_remote_worker(name="nas"), make_remote_worker(name="attic")
    for worker in ("studio:4711:a1b2c3", "studio:4712:d4e5f6", nas.worker):
        Item.objects.claim(worker=worker, limit=4, lease_s=30)


def item_of(job: Job, name: str, **values: Any) -> Item:
    return Item(job=job, owner=job.owner, source=Item.Source.URL, external_id=name, **values)


def ended_items(job: Job, minute: int) -> Iterator[Item]:
    """What ended so many minutes ago."""
    at = timezone.now() - timedelta(minutes=minute)
    for number in range(3 + (minute * 7) % 11):
        factor = 0.6 + ((minute + number * 5) % 17) / 10
        stage_ms = {stage: ms * factor for stage, ms in STAGES.items()}
        state = State.SUCCEEDED
        yield item_of(job, f"{number}.jpg", state=state, finished_at=at, stage_ms=stage_ms)
    for number in range(minute % 9 // 6):
        code = list(FAILURES)[(minute + number) % 3]
        error = {"error_code": code, "error_detail": FAILURES[code]}
        name = f"holiday/IMG_{minute:04}.jpg"
        yield item_of(job, name, state=State.FAILED, finished_at=at, **error)


def event_of(item: Item) -> Event:
    succeeded = item.state == State.SUCCEEDED
    return Event(
        owner=item.owner,
        kind=Event.Kind.PHOTO_COMPLETED if succeeded else Event.Kind.PHOTO_FAILED,
        job_id=item.job_id,
        data={"item_id": item.pk},
        created_at=item.finished_at or timezone.now(),
    )


@pytest.fixture
def owner(live_server: LiveServer) -> Owner:
    make_staff()
    return make_owner(subject="anna@photos.example")


class TestQueuePage:
    def test_shows_the_queue_and_steers_it(
        self,
        live_server: LiveServer,
        browsing: Browsing,
        owner: Owner,
        tmp_path: Path,
        settings: Any,
    ) -> None:
        make_busy_queue(owner)
        with browsing() as page:
            log_in(page, live_server.url, QUEUE)
            expect(page.get_by_role("heading", name="Workers")).to_be_visible()
            page.screenshot(path=settings.VAR / "test" / "queue.png", full_page=True)
            page.get_by_role("button", name="Pause the queue").click()
            expect(page.get_by_text("Paused the queue.")).to_be_visible()
            page.get_by_role("button", name="Resume the queue").click()
            expect(page.get_by_text("Open", exact=True)).to_be_visible()
            page.get_by_role("button", name="Try again what failed with too_large").click()
            expect(page.get_by_text("failed photos will be tried again.")).to_be_visible()
            page.screenshot(path=tmp_path / "queue.png")

        assert not Item.objects.filter(state=State.FAILED, error_code="too_large").exists()

    def test_follows_the_queue_without_being_loaded_again(
        self, live_server: LiveServer, browsing: Browsing, owner: Owner
    ) -> None:
        make_busy_queue(owner)
        with browsing(width=390, height=300) as page:
            page.clock.install()
            log_in(page, live_server.url, QUEUE)
            expect(page.get_by_role("heading", name="Workers")).to_be_visible()
            page.evaluate("scrollTo(0, 120); window.here = true")
            page.locator(".wide").last.evaluate("table => { table.scrollLeft = 40; }")
            with page.expect_response("**/admin/queue/now/") as answer:
                page.clock.run_for(EVERY_MS)
            status = answer.value.status
            still = page.evaluate("[window.here, scrollY]")
            expect(page.locator(".wide").last).to_have_js_property("scrollLeft", 40)

        assert (status, still) == (200, [True, 120])

    def test_fits_a_phone(
        self, live_server: LiveServer, browsing: Browsing, owner: Owner, settings: Any
    ) -> None:
        make_busy_queue(owner)
        with browsing(width=390, height=844) as page:
            log_in(page, live_server.url, QUEUE)
            expect(page.get_by_role("heading", name="Workers")).to_be_visible()
            wide = page.evaluate("document.documentElement.scrollWidth")
            page.screenshot(path=settings.VAR / "test" / "queue-phone.png", full_page=True)

        assert wide == 390
