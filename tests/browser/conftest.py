"""A real browser, where there is one."""

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
FORBIDDEN = "Content Security Policy"
# Where scripts run, by its event, which tests can wait for; else by the console.
TELLS = f"""
document.addEventListener("securitypolicyviolation", event => told(
  `{FORBIDDEN}: ${{event.effectiveDirective}} forbids ${{event.blockedURI}} ${{event.sample}}`))
"""


class Browsing(Protocol):
    """Opens, for a block, a window that knows nothing of those before, and gives its one page.

    The page may break no rule of its policy, and its scripts end with no error.
    """

    def __call__(
        self, *, width: int = 1280, height: int = 800, scripts: bool = True
    ) -> AbstractContextManager[Page]: ...


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
    page.on("pageerror", lambda error: failed.append(f"{page.url}: {error}"))
    page.on("console", lambda told: failed.extend([told.text] if FORBIDDEN in told.text else []))
    page.expose_binding("told", lambda source, text: failed.append(f"{source['page'].url}: {text}"))
    page.add_init_script(TELLS)
    yield
    assert failed == []


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    """One for all tests: to start it takes longer than most of them.

    Playwright runs an event loop in this thread as long as it is there. Django refuses its
    database to such a thread, unless it is told that nobody awaits anything here.
    """
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(
            executable_path=chromium, args=[*QUIET, *sandbox], timeout=60_000
        )
        yield browser
        browser.close()


@pytest.fixture
def browsing(browser: Browser) -> Browsing:
    @contextmanager
    def opened(*, width: int = 1280, height: int = 800, scripts: bool = True) -> Iterator[Page]:
        viewport: ViewportSize = {"width": width, "height": height}
        context = browser.new_context(viewport=viewport, java_script_enabled=scripts)
        try:
            page = context.new_page()
            with watched(page):
                yield page
        finally:
            context.close()

    return opened
