"""Staff read the pages in Indonesian, in a real browser."""

from typing import Any

from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from faces.models import Person
from photos.models import Photo
from tests.browser.conftest import Browsing
from tests.browser.staff import PASSWORD, make_staff
from tests.browser.test_person import anna

__all__ = ["anna"]  # a fixture

WIDTHS = (820, 1280)
PAGES = {
    "home": ("/admin/", "Yang memerlukan Anda"),
    "clusters": ("/admin/faces/cluster/", "Klaster"),
    "review": ("/admin/review/?kind=assignments", "Apakah ini satu orang?"),
    "person": ("/admin/faces/person/{person}/change/", "Linimasa"),
    "photo": ("/admin/photos/photo/{photo}/change/", "Asalnya"),
}


def log_in(page: Page, address: str) -> None:
    """On the page that speaks Indonesian, after its button was pressed."""
    page.goto(f"{address}/admin/login/")
    page.get_by_role("button", name="Indonesia").click()
    page.get_by_label("Nama pengguna").fill("staff")
    page.get_by_label("Sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()


class TestChoice:
    def test_is_kept_until_another_one_is_made(
        self, live_server: LiveServer, browsing: Browsing
    ) -> None:
        make_staff()
        with browsing() as page:
            log_in(page, live_server.url)
            expect(page.locator("html")).to_have_attribute("lang", "id")
            page.goto(f"{live_server.url}/admin/faces/person/?q=anna")
            expect(page.get_by_role("heading", name="Orang", exact=True)).to_be_visible()
            page.get_by_role("button", name="English").click()
            expect(page.get_by_role("heading", name="People", exact=True)).to_be_visible()
            asked = page.url

        assert asked == f"{live_server.url}/admin/faces/person/?q=anna"


class TestPages:
    def test_have_room_for_its_longer_words(
        self, live_server: LiveServer, browsing: Browsing, anna: Person, settings: Any
    ) -> None:
        photo = Photo.objects.order_by("pk").first()
        assert photo
        keys, wide = {"person": anna.pk, "photo": photo.pk}, {}
        with browsing() as page:
            log_in(page, live_server.url)
            for name, (path, words) in PAGES.items():
                page.goto(live_server.url + path.format(**keys))
                expect(page.get_by_role("heading", name=words).first).to_be_visible()
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": 800})
                    wide[name, width] = page.evaluate("document.documentElement.scrollWidth")
                    shot = settings.VAR / "test" / f"{name}-id-{width}.png"
                    page.screenshot(path=shot, full_page=True)

        assert wide == {(name, width): width for name in PAGES for width in WIDTHS}
