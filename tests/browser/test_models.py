"""Staff steer models in a real browser."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from inference.client import TritonClient
from photos import roles, serving
from tests.browser.conftest import Browsing
from tests.browser.staff import log_in, make_staff
from tests.tiny import BROKEN, GIVEN, Tiny, doubler

MODELS = "/admin/photos/servedmodel/"
BUSY, IDLE, BAD = "face_detector.tiny.1", "face_embedder.tiny.1", "object_detector.bad.1"


@pytest.fixture
def models(live_server: LiveServer, tiny: Tiny) -> None:
    """One that works, one that is not loaded, and one that can't be."""
    make_staff()
    for name in (BUSY, IDLE, "face_detector.other.1"):
        tiny.write(name, memory_bytes=38 * 2**20)
    tiny.write_program(BAD)
    tiny.mark(BAD, BROKEN)
    roles.sync(tiny.folder)
    keeper = serving.keeper()
    with TritonClient(keeper.url, timeout_s=30, keeper=keeper) as client:
        for items in (1, 1, 1, 2, 2, 3, 4, 4, 4, 4):
            client.infer(doubler(BUSY), given=GIVEN.repeat(items, axis=0))


def act(page: Page, model: str, action: str) -> None:
    page.get_by_role("row", name=model).get_by_role("checkbox").check()
    page.get_by_label("Action:").select_option(action)
    page.get_by_role("button", name="Go").click()


@pytest.mark.usefixtures("models")
class TestModelsPage:
    def test_loads_a_model_and_shows_what_models_do(
        self, live_server: LiveServer, browsing: Browsing, tmp_path: Path, settings: Any
    ) -> None:
        shots = [tmp_path / "models.png", settings.VAR / "test" / "models.png"]
        with browsing() as page:
            log_in(page, live_server.url, MODELS)
            act(page, IDLE, "Load")
            expect(page.get_by_text(f"Loaded {IDLE}.")).to_be_visible()
            act(page, BAD, "Load")
            expect(page.get_by_text("cannot load it")).to_be_visible()
            page.goto(f"{live_server.url}{MODELS}")
            row = page.get_by_role("row", name=BUSY)
            expect(row.get_by_role("img")).to_be_visible()
            expect(page.get_by_role("row", name=BAD).get_by_text("failed")).to_be_visible()
            for shot in shots:
                page.screenshot(path=shot)
            row.get_by_role("link").first.click()
            expect(page.get_by_text("Licence: MIT")).to_be_visible()
            page.screenshot(path=settings.VAR / "test" / "model.png")

        assert shots[0].stat().st_size > 0

    def test_fits_a_phone(
        self, live_server: LiveServer, browsing: Browsing, tmp_path: Path
    ) -> None:
        with browsing(width=390, height=844) as page:
            log_in(page, live_server.url, MODELS)
            expect(page.get_by_text(BUSY)).to_be_visible()
            wide = page.evaluate("document.documentElement.scrollWidth")
            page.screenshot(path=tmp_path / "phone.png")

        assert wide == 390
