"""Staff make API keys, and are locked out, in a real browser."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from config.access import keys
from config.access.scopes import EVERYDAY, Scope
from tests.browser.conftest import Browsing
from tests.browser.staff import PASSWORD, make_staff
from tests.factories import make_key, make_owner

KEYS = "/admin/config/apikey/"


@pytest.fixture(autouse=True)
def _there(live_server: LiveServer) -> None:
    boss = make_staff()
    make_key(user=boss, name="gallery", scopes={Scope.READ}, owner=make_owner(subject="anna"))
    make_key(user=boss, name="old", expires_at=timezone.now() - timedelta(days=1))
    keys.revoke([make_key(user=boss, name="lost")[0]])


def sign_in(page: Page, url: str, password: str = PASSWORD) -> None:
    page.goto(url)
    page.fill("#id_username", "staff")
    page.fill("#id_password", password)
    page.click("[type=submit]")


class TestKeys:
    def test_are_made_and_shown_once(
        self, browsing: Browsing, live_server: LiveServer, tmp_path: Path
    ) -> None:
        with browsing() as page:
            sign_in(page, f"{live_server.url}{KEYS}add/")
            page.screenshot(path=tmp_path / "add.png", full_page=True)
            page.fill("#id_name", "backup")
            page.click("[name=_save]")
            secret = page.inner_text(".messagelist code")
            page.screenshot(path=tmp_path / "list.png", full_page=True)
            expect(page.locator("#result_list tbody tr")).to_have_count(4)
            page.reload()
            assert secret not in page.content()

        found = keys.find(secret)
        assert found
        assert (found.key.name, found.key.scopes) == ("backup", sorted(EVERYDAY))
        assert found.user.username == "staff"


class TestGuessing:
    def test_is_told_when_to_come_back(self, browsing: Browsing, live_server: LiveServer) -> None:
        with browsing() as page:
            for _ in range(5):
                sign_in(page, f"{live_server.url}/admin/", "guess")
            expect(page.locator("[role=alert]")).to_have_text(
                "Too many tries. Come back in 15 minutes."
            )
