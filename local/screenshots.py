"""Pictures of the running program for the documents: what staff see of the demo's photos.

    python -m local.screenshots

The pages are those of a copy of what the last demo found, in which some people are named: its own
results stay as they are. The pictures go to `docs/pictures`.
"""

import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from local import LocalError
from local.accounts import NAME, Admin
from local.database import Database
from local.processes import interruptible
from local.stack import CHECKOUT, Surroundings
from local.stage import DATABASE, Stage
from local.triton import LOOPBACK, free_ports
from local.up import start

FOLDER = CHECKOUT / "docs" / "pictures"
COPY = "kindred_pictures"  # of the demo's database
WIDTH, HEIGHT = 1280, 800  # of a page, in pixels
QUALITY = 80  # of WebP, 0 to 100
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Whose the one face of a photo is; who is in the others waits for somebody to say it.
KNOWN = {
    "obama.jpg": "Barack Obama",
    "obama2.jpg": "Barack Obama",
    "obama3.jpg": "Barack Obama",
    "astronaut.png": "Eileen Collins",
    "biden.jpg": "Joe Biden",
    "Tom_Hanks_54745.png": "Tom Hanks",
}


def _ready(page: Page) -> None:
    """Nothing is left to be done on the page before it is looked at."""


@dataclass(frozen=True)
class Shot:
    """One picture: of the page at `path`, after what staff do there first."""

    name: str
    path: str
    first: Callable[[Page], None] = field(default=_ready)
    dark: bool = False


def main() -> int:
    try:
        with interruptible():
            run(Surroundings.read())
    except LocalError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


def run(surroundings: Surroundings) -> None:
    """Start everything, make all pictures, stop everything.

    Raises:
        LocalError: there was no demo yet, there is no browser, or a part does not start.
    """
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        raise LocalError("Chromium is not installed: apt-get install chromium")
    stage, admin = Stage(surroundings.var / "demo"), Admin(surroundings.var / "admin-password")
    with ExitStack() as stack:
        stack.enter_context(stage.held())
        url = stack.enter_context(_copied(surroundings))
        port, *_ = free_ports()
        start(stack, surroundings, {"DATABASE_URL": url, **stage.settings}, port)
        address = f"http://{LOOPBACK}:{port}"
        with _logged_in(chromium, address, admin) as page:
            for photo, person in KNOWN.items():
                _name(page, address, photo, person)
            for shot in shots():
                _take(page, address, shot)


@contextmanager
def _copied(surroundings: Surroundings) -> Iterator[str]:
    """The URL of a database with all that the demo has found."""
    with surroundings.database_server() as server:
        copy, demo = Database(server, COPY), Database(server, DATABASE)
        if not demo.exists():
            raise LocalError("There is nothing to show yet: run `make demo` first.")
        copy.copy(demo)
        yield copy.url
        copy.drop()


def _name(page: Page, address: str, photo: str, person: str) -> None:
    """As staff do it."""
    page.goto(f"{address}/admin/faces/face/?q={photo}")
    page.locator("#action-toggle").check()
    page.get_by_label("Action:").select_option("assign")
    page.get_by_role("button", name="Go", exact=True).click()
    page.get_by_label("Name").fill(person)
    page.get_by_role("button", name="Go on").click()
    page.locator(".messagelist .success").wait_for()


@contextmanager
def _logged_in(chromium: str, address: str, admin: Admin) -> Iterator[Page]:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=sandbox)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.add_init_script("localStorage.setItem('django.admin.navSidebarIsOpen', 'false')")
        page.goto(f"{address}/admin/")
        page.get_by_label("Username").fill(NAME)
        page.get_by_label("Password").fill(admin.file.read_text().strip())
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/admin/")
        yield page
        browser.close()


def _take(page: Page, address: str, shot: Shot) -> None:
    page.emulate_media(color_scheme="dark" if shot.dark else "light", reduced_motion="reduce")
    page.goto(f"{address}{shot.path}")
    shot.first(page)
    page.wait_for_load_state("networkidle")
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{shot.name}.webp"
    Image.open(io.BytesIO(page.screenshot())).save(file, quality=QUALITY, method=6)
    sys.stdout.write(f"{file.stat().st_size // 1000:5} kB  {file.relative_to(CHECKOUT)}\n")


# --- The pages ------------------------------------------------------------------------------------


def _to_person(page: Page) -> None:
    page.get_by_role("link", name="Barack Obama", exact=True).click()
    page.wait_for_url("**/change/**")


def _to_photo(page: Page) -> None:
    page.locator("#result_list .field-small a").first.click()
    page.locator(".desk.live").wait_for()


def _to_question(page: Page) -> None:
    """Of the first kind of which there is one."""
    kinds = page.locator(".review-head .sorts a")
    for number in range(kinds.count()):
        if page.locator(".question").count():
            return
        kinds.nth(number).click()


def shots() -> list[Shot]:
    return [
        Shot("home", "/admin/"),
        Shot("clusters", "/admin/faces/cluster/"),
        Shot("clusters-dark", "/admin/faces/cluster/", dark=True),
        Shot("person", "/admin/faces/person/", _to_person),
        Shot("review", "/admin/review/", _to_question),
        Shot("photo", "/admin/photos/photo/?q=astronaut", _to_photo),
        Shot("search", "/admin/search/?q=Barack+Obama+with+a+tie,+not+with+Joe+Biden"),
        Shot("queue", "/admin/queue/"),
        Shot("models", "/admin/photos/servedmodel/"),
    ]


if __name__ == "__main__":
    sys.exit(main())
