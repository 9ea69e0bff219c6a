"""The site of the documents, as somebody reads it: whole by itself, with its own search."""

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from local import site
from local.triton import LOOPBACK
from tests.browser.conftest import Browsing

pytestmark = pytest.mark.skipif(
    not site.PROGRAM.exists(), reason="The generator is not installed: `make docs`."
)
PAGES = ("index.html", "tutorial.html", "how-to/family.html", "reference/rest/people.html")


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_words: Any) -> None:
        """Nobody wants to read it."""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    site.build(tmp_path / "site")
    handler = functools.partial(_Silent, directory=str(tmp_path / "site"))
    with ThreadingHTTPServer((LOOPBACK, 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{LOOPBACK}:{server.server_port}"
        server.shutdown()
        thread.join()


class TestSite:
    def test_asks_nobody_else_and_finds_a_page_by_words(
        self, address: str, browsing: Browsing
    ) -> None:
        asked: list[str] = []
        with browsing() as page:
            page.on("request", lambda request: asked.append(request.url))
            for path in PAGES:
                page.goto(f"{address}/{path}", wait_until="networkidle")
            page.keyboard.press("/")
            page.get_by_role("combobox").fill("merge and undo")
            page.get_by_role("option", name="5. Merge, and undo").click()
            page.wait_for_url("**/tutorial.html*")
            shown = page.get_by_role("heading", name="5. Merge, and undo").is_visible()

        assert shown
        assert len(asked) > len(PAGES)
        assert {url for url in asked if not url.startswith((address, "data:", "blob:"))} == set()
