"""The first page, the list of edits and the training runs, in a real browser."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from faces.models import Edit
from faces.people import merging, naming
from jobs.models import Job, State
from photos.models import Owner
from tests.browser.conftest import Browsing
from tests.browser.staff import log_in, make_staff
from tests.factories import make_cluster, make_item, make_owner

RUN = "20261120T100000-abcdef"
FIGURES = {"tar": {"0.01": 0.76}, "auc": 0.94}


@pytest.fixture
def owner(live_server: LiveServer) -> Owner:
    cache.clear()
    make_staff()
    return make_owner(subject="anna@photos.example")


def make_run(folder: Path) -> None:
    (folder / RUN).mkdir(parents=True)
    report = {
        "kept": True,
        "reason": "It is better.",
        "model_sha256": "a" * 64,
        "held_out": {"before": FIGURES, "after": {"tar": {"0.01": 0.88}, "auc": 0.97}},
        "losses": [1 / epoch for epoch in range(1, 21)],
    }
    (folder / RUN / "report.json").write_text(json.dumps(report))


class TestHome:
    def test_leads_to_what_is_to_be_done(
        self, live_server: LiveServer, browsing: Browsing, owner: Owner, settings: Any
    ) -> None:
        make_cluster(owner=owner, faces=6)
        make_item(state=State.FAILED, error_code="too_large")
        with browsing() as page:
            log_in(page, live_server.url, "/admin/")
            expect(page.get_by_role("heading", name="What needs you")).to_be_visible()
            expect(
                page.get_by_role("img", name="Unnamed clusters by faces: 1-4: 0")
            ).to_be_visible()
            page.screenshot(path=settings.VAR / "test" / "home.png", full_page=True)
            page.get_by_role("link", name="Photos that failed").press("Enter")
            expect(page.get_by_text("too_large").first).to_be_visible()

    @pytest.mark.parametrize("width", [390, 820])
    def test_fits_small_screens(
        self, live_server: LiveServer, browsing: Browsing, owner: Owner, width: int
    ) -> None:
        make_cluster(owner=owner, faces=6)
        with browsing(width=width) as page:
            log_in(page, live_server.url, "/admin/")
            expect(page.get_by_role("heading", name="The library")).to_be_visible()
            wide = page.evaluate("document.documentElement.scrollWidth")

        assert wide == width


class TestEdits:
    def test_are_taken_back_with_a_reason(
        self, live_server: LiveServer, browsing: Browsing, owner: Owner, settings: Any
    ) -> None:
        one, other = (make_cluster(owner=owner, faces=3) for _ in range(2))
        naming.name_cluster(one, "Anna")
        merge = merging.merge(owner, one.public_id, [other.public_id])
        assert merge
        edit = Edit.objects.latest("pk")
        with browsing() as page:
            log_in(page, live_server.url, "/admin/faces/edit/?kind=merges")
            expect(page.get_by_alt_text("Face").first).to_be_visible()
            page.screenshot(path=settings.VAR / "test" / "edits.png", full_page=True)
            page.get_by_role("link", name=f"Undo edit {edit.pk}").click()
            page.get_by_label("Reason").fill("They are sisters.")
            page.get_by_role("button", name="Undo").click()
            expect(page.get_by_text(f"Undid edit {edit.pk}.")).to_be_visible()

        undone = Edit.objects.get(undoes=edit)
        assert (undone.reason, undone.actor and undone.actor.username) == (
            "They are sisters.",
            "staff",
        )
        other.refresh_from_db()
        assert other.memberships.count() == 3


class TestTraining:
    def test_promotes_a_run(
        self, live_server: LiveServer, browsing: Browsing, owner: Owner, settings: Any
    ) -> None:
        make_run(settings.TRAININGS_ROOT)
        with browsing() as page:
            log_in(page, live_server.url, "/admin/training/")
            expect(page.get_by_role("img", name="Loss by epoch: from 1.0000")).to_be_visible()
            page.screenshot(path=settings.VAR / "test" / "training.png", full_page=True)
            page.get_by_role("link", name=f"Promote {RUN}").click()
            page.get_by_role("button", name="Promote").click()
            expect(page.get_by_text(f"Faces will be compared by {RUN}")).to_be_visible()

        assert Job.objects.get().arguments["matcher"] == RUN
