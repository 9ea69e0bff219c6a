"""A real browser, where there is one."""

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import pytest
from playwright.sync_api import Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
FORBIDDEN = (
    "Content Security Policy"  # what a browser says of it in the console begins in many ways
)


class Browsing(Protocol):
    """Opens a browser for a block, and gives its one page.

    The page may break no rule of its policy, and its scripts end with no error.

    Playwright runs an event loop as long as the block lasts, and Django refuses its database
    to a thread that runs one: arrange before the block, and look at rows after it.
    """

    def __call__(self, *, width: int = 1280, height: int = 800) -> AbstractContextManager[Page]: ...


@pytest.fixture(autouse=True)
def _quick_hash(settings: Any) -> None:
    """Staff log in with a password: a good hash of it takes a third of a second, twice a test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    return found


@contextmanager
def watched(page: Page) -> Iterator[None]:
    """
    Raises:
        AssertionError: a page that was opened meanwhile was to load or run what its policy
            forbids, or a script of it failed.
    """
    failed: list[str] = []
    said: list[str] = []
    page.on("pageerror", lambda error: failed.append(f"{page.url}: {error}"))
    page.on("console", lambda message: said.append(message.text))
    yield
    assert failed + [text for text in said if FORBIDDEN in text] == []


@pytest.fixture
def browsing(chromium: str) -> Browsing:
    @contextmanager
    def opened(*, width: int = 1280, height: int = 800) -> Iterator[Page]:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=[*QUIET, *sandbox], timeout=60_000
            )
            page = browser.new_page(viewport={"width": width, "height": height})
            with watched(page):
                yield page
            browser.close()

    return opened
