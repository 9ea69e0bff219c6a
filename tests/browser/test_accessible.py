"""Every page of staff is accessible, as far as a program can tell: light, dark, wide and narrow."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import Browsing
from tests.browser.furnished import House
from tests.browser.staff import log_in, make_staff
from tests.config.rights import ACTIONS
from tests.config.test_doors import address

ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
LOOKS = ((820, "dark"), (1280, "light"))  # widths and colours
# What width and colours decide: a page has the same words, names and order in both.
SEEN = ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]
FRAME = ["#header", "#nav-sidebar"]  # what is the same on every page
# Checks an action of a list as staff do, for the rows that are there.
CHOOSE = """action => {
    const form = document.createElement("form");
    form.method = "post";
    const rows = [...document.querySelectorAll("[name=_selected_action]")].slice(0, 2);
    const token = document.querySelector("[name=csrfmiddlewaretoken]");
    const sent = [token, ...rows].map(({ name, value }) => [name, value]);
    for (const [name, value] of [...sent, ["action", action], ["index", "0"]]) {
        form.append(Object.assign(document.createElement("input"), { name, value }));
    }
    document.body.append(form);
    form.submit();
}"""


def faults(page: Page, *, whole: bool = False) -> Iterator[str]:
    """What is wrong with the page that is shown, in each of LOOKS; with its frame, if `whole`."""
    within = {"exclude": [] if whole else FRAME}
    for (width, scheme), rules in zip(LOOKS, (ALL, ALL if whole else SEEN), strict=True):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of two
        options = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
        found = page.evaluate("each => axe.run(...each)", [within, options])["violations"]
        for rule in found:
            for node in rule["nodes"]:
                where = f"{page.url} {width} {scheme}: {rule['id']} {node['target']}"
                yield f"{where} {node['html'][:200]} {node['failureSummary']}"


@pytest.fixture
def house(live_server: LiveServer, settings: Any) -> House:
    settings.TRITON_URL = "127.0.0.1:9"
    staff = make_staff()
    return House(staff, settings.TRAININGS_ROOT)


class TestPages:
    def test_are_accessible(
        self, live_server: LiveServer, browsing: Browsing, house: House
    ) -> None:
        pages = list(house.pages())
        wrong: list[str] = []
        with browsing() as page:
            page.add_init_script(AXE_SCRIPT)
            page.goto(f"{live_server.url}/admin/login/")
            wrong += faults(page, whole=True)
            log_in(page, live_server.url)
            page.wait_for_url("**/faces/cluster/")
            wrong += faults(page, whole=True)
            for url in pages:
                page.goto(f"{live_server.url}{url}")
                wrong += faults(page)

        assert wrong == []

    def test_that_ask_whether_it_is_meant_are_accessible(
        self, live_server: LiveServer, browsing: Browsing, house: House
    ) -> None:
        wrong: list[str] = []
        with browsing() as page:
            page.add_init_script(AXE_SCRIPT)
            log_in(page, live_server.url)
            page.wait_for_url("**/faces/cluster/")
            for label in ("faces.cluster", "faces.face", "faces.person"):
                for action in ACTIONS[label]["R"].split():
                    page.goto(f"{live_server.url}{address(label, 'changelist')}")
                    with page.expect_navigation():
                        page.evaluate(CHOOSE, action)
                    asks = page.locator("form.asking").count()
                    wrong += faults(page) if asks else ()

        assert wrong == []
