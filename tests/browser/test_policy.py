"""Tests hear of it when a page breaks its policy in a real browser."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import FORBIDDEN, Browsing

DRAWN_MS = 60_000  # until Swagger has drawn all operations, on a busy machine

BROKEN = {
    "script": "document.head.append(Object.assign(document.createElement('script'), {text: 'a'}))",
    "style": "document.body.setAttribute('style', 'color: red')",
    "sheet": "document.body.append(Object.assign(document.createElement('style'), "
    "{textContent: 'p {}'}))",
    # Chromium 156 says it when the handler is set, and 150 when it is called.
    "handler": "document.body.setAttribute('onclick', 'a()'); document.body.click()",
    "picture": "new Promise(done => { const image = new Image(); image.onerror = done;"
    " image.src = 'data:image/gif;base64,R0lGODlhAQABAAAAACw='; })",
    "host": "fetch('http://127.0.0.1:9/').catch(() => {})",
}

WATCHED = """() => {{
  const root = document.documentElement;
  document.addEventListener("securitypolicyviolation", () => {{ root.dataset.forbidden = ""; }});
  {};
}}"""


def run(browsing: Browsing, url: str, script: str) -> None:
    with browsing() as page:
        page.goto(url)
        page.evaluate(WATCHED.format(script))
        page.wait_for_selector("html[data-forbidden]", state="attached")


class TestPolicy:
    @pytest.mark.parametrize("kind", BROKEN)
    def test_is_said_to_be_broken(
        self, live_server: LiveServer, browsing: Browsing, kind: str
    ) -> None:
        with pytest.raises(AssertionError, match=FORBIDDEN):
            run(browsing, f"{live_server.url}/admin/login/", BROKEN[kind])


class TestDocumentation:
    def test_is_shown_whole_by_scripts_of_our_own(
        self, live_server: LiveServer, browsing: Browsing, settings: Any
    ) -> None:
        with browsing() as page:
            schema = page.request.get(f"{live_server.url}/api/schema/?format=json").json()
            page.goto(f"{live_server.url}/api/docs/")
            operations = expect(page.locator(".opblock"))
            operations.to_have_count(sum(map(len, schema["paths"].values())), timeout=DRAWN_MS)
            page.locator("#operations-jobs-jobs_list .opblock-summary").click()
            page.get_by_role("button", name="Try it out").click()
            page.get_by_role("button", name="Execute").click()
            expect(page.locator(".live-responses-table")).to_contain_text("not_authenticated")
            page.screenshot(path=Path(settings.VAR) / "test" / "docs.png")
