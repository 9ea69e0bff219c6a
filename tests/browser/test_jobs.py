"""Staff look at a job that failed and have it tried again, in a real browser."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from jobs.models import Item, Job, State
from tests.browser.conftest import Browsing
from tests.browser.staff import log_in, make_staff, shoot
from tests.factories import make_item, make_job, make_owner

JOBS = "/admin/jobs/job/"


@pytest.fixture
def job(live_server: LiveServer) -> Job:
    """Of two photos: one is done, the other one could not be fetched."""
    make_staff()
    job = make_job(owner=make_owner(subject="anna@photos.example"))
    make_item(job=job, state=State.SUCCEEDED, external_id="IMG_1.jpg")
    error = {"error_code": "fetch_failed", "error_detail": "The server answered 503."}
    make_item(job=job, state=State.FAILED, external_id="IMG_2.jpg", attempts=3, **error)
    return job


class TestJobPage:
    def test_has_what_failed_tried_again(
        self, live_server: LiveServer, browsing: Browsing, job: Job, settings: Any
    ) -> None:
        folder = settings.VAR / "test"
        with browsing() as page:
            log_in(page, live_server.url, f"{JOBS}{job.pk}/change/")
            expect(page.get_by_text("The server answered 503.")).to_be_visible()
            shoot(page, "job-failed", folder)
            page.goto(f"{live_server.url}{JOBS}")
            page.get_by_role("row", name=str(job.pk)).get_by_role("checkbox").check()
            page.get_by_label("Action:").select_option("retry")
            page.get_by_label("Reason").fill("Their server is up again.")
            page.get_by_role("button", name="Go", exact=True).click()
            expect(page.get_by_text("1 failed photo will be tried again.")).to_be_visible()
            page.goto(f"{live_server.url}{JOBS}{job.pk}/change/")
            expect(page.get_by_text("The server answered 503.")).to_be_hidden()
            shoot(page, "job-retried", folder)

        states = dict(Item.objects.values_list("external_id", "state"))
        assert states == {"IMG_1.jpg": State.SUCCEEDED, "IMG_2.jpg": State.QUEUED}
        told = LogEntry.objects.get().get_change_message()
        assert told == "Tried again. Reason: Their server is up again."
