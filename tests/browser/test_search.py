"""Staff search photos in a real browser: real models, on real photos."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

import search.words
from inference.client import TritonClient
from jobs.active import ActiveOperations
from local.packages import fetch
from local.photos import PHOTOS, SCIKIT_IMAGE
from photos import roles
from photos.images import decode
from photos.models import Owner, Photo
from photos.operations import CAPTION, EMBEDDING, OBJECTS, OCR, TAGS, Place
from photos.services import note_analyses
from search.models import SavedSearch
from tests.browser.conftest import Browsing
from tests.browser.staff import log_in, log_in_by_password, make_staff, shoot
from tests.factories import make_owner, make_person, make_photo, make_place
from tests.search.words.library import show

SEARCH = "/admin/search/"
FACE = {"x": 175.0, "y": 68.0, "width": 100.0, "height": 130.0}  # of the astronaut
MAX_PHOTO_PIXELS = 10_000_000


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Real photos, by their names."""
    paths = fetch(SCIKIT_IMAGE, PHOTOS[SCIKIT_IMAGE], tmp_path_factory.mktemp("pictures"))
    return {path.stem: path.read_bytes() for path in paths}


@pytest.fixture
def library(
    live_server: LiveServer,
    pictures: dict[str, bytes],
    triton: TritonClient,
    triton_url: str,
    settings: Any,
) -> dict[str, Photo]:
    """The real photos, looked at by the real models, by their names; Eileen is in one."""
    settings.TRITON_URL = triton_url
    roles.sync(settings.MODEL_REPOSITORY)
    make_staff()
    owner = make_owner(subject="anna@photos.example")
    operations = ActiveOperations(triton, Path(django_settings.MODEL_REPOSITORY))()
    chosen = [operations[name] for name in (EMBEDDING, OBJECTS, TAGS, CAPTION, OCR)]
    photos = {name: _keep(owner, data, at, chosen) for name, data, at in _dated(pictures)}
    show(photos["astronaut"], make_person(owner=owner, name="Eileen"), **FACE)
    return photos


def _dated(pictures: dict[str, bytes]) -> list[tuple[str, bytes, datetime]]:
    return [
        (name, data, datetime(2019 + number // 2, 1 + number, 11, 12, tzinfo=UTC))
        for number, (name, data) in enumerate(pictures.items())
    ]


def _keep(owner: Owner, data: bytes, at: datetime, operations: list[Any]) -> Photo:
    pixels = decode(data, max_pixels=MAX_PHOTO_PIXELS).pixels
    height, width, _ = pixels.shape
    key = default_storage.save(f"{owner.pk}/{at:%m}/thumbnail.jpg", ContentFile(data))
    photo = make_photo(
        owner=owner, thumbnail=key, width=width, height=height, dated_at=at,
        dated_by=Photo.DatedBy.EXIF, place=make_place(name=("Ubud", "Jakarta")[at.month % 2]),
    )  # fmt: skip
    for operation in operations:
        operation.look(pixels).keep(Place(owner, ""))(photo)
        note_analyses(photo, {operation.name: operation.recipe})
    search.words.index([photo.pk])
    return photo


def ask(page: Page, question: str) -> None:
    box(page).fill(question)
    box(page).press("Enter")


def box(page: Page) -> Any:
    return page.get_by_role("combobox", name="Search the photos of")


def photo(page: Page, one: Photo) -> Any:
    return page.locator(f'.hits a[href$="/photo/{one.pk}/change/"]')


@pytest.fixture
def album(live_server: LiveServer) -> dict[str, Photo]:
    """Photos of Eileen, of Ben and of both, which no model has seen, by who is there."""
    make_staff()
    owner = make_owner(subject="anna@photos.example")
    eileen, ben = (make_person(owner=owner, name=name) for name in ("Eileen", "Ben"))
    together, hers, his = (make_photo(owner=owner) for _ in range(3))
    for photo_, person in ((together, eileen), (together, ben), (hers, eileen), (his, ben)):
        show(photo_, person)
    return {"both": together, "Eileen": hers, "Ben": his}


class TestSearchPage:
    def test_finds_by_looks_and_says_why(
        self,
        live_server: LiveServer,
        browsing: Browsing,
        library: dict[str, Photo],
        settings: Any,
    ) -> None:
        folder = settings.VAR / "test"
        with browsing() as page:
            log_in(page, live_server.url, SEARCH)
            shoot(page, "search-empty", folder)
            ask(page, "a cat")
            cat = photo(page, library["chelsea"])
            drawn = cat.locator("svg")
            expect(drawn).to_have_css("opacity", "0")
            cat.hover()
            expect(drawn).to_have_css("opacity", "1")
            expect(drawn.locator(".objects rect")).to_have_count(1)
            shoot(page, "search-cat", folder)
            ask(page, "photos of Eileen")
            photo(page, library["astronaut"]).focus()
            shown = photo(page, library["astronaut"]).locator("svg")
            expect(shown.locator(".faces rect")).to_have_count(1)
            page.emulate_media(color_scheme="dark")
            shoot(page, "search-dark", folder)
            ask(page, "2019-2030")
            expect(page.locator(".hit")).to_have_count(len(library))
            shoot(page, "search-many", folder)
            page.set_viewport_size({"width": 390, "height": 844})
            page.emulate_media(color_scheme="light")
            shoot(page, "search-phone", folder)
            wide = page.evaluate("document.documentElement.scrollWidth")

        assert wide == 390

    def test_works_without_scripts(
        self,
        live_server: LiveServer,
        browsing: Browsing,
        album: dict[str, Photo],
        settings: Any,
    ) -> None:
        with browsing(scripts=False) as page:
            log_in_by_password(page, live_server.url, SEARCH)
            ask(page, "Eileen and Ben, not with Zork")
            expect(page.get_by_text("not understood: Zork")).to_be_visible()
            expect(page.locator(".hit")).to_have_count(1)
            shoot(page, "search-parts", settings.VAR / "test")
            page.get_by_role("link", name="Without “Ben”").click()
            expect(page.locator(".hit")).to_have_count(2)
            page.get_by_role("navigation", name="Only some").get_by_text("Ben").click()
            expect(page.locator(".hit")).to_have_count(1)
            page.get_by_text("Save this search").click()
            page.get_by_label("Name of the search").fill("The two")
            page.get_by_role("button", name="Save", exact=True).click()
            expect(page.get_by_text("Saved “The two”.")).to_be_visible()
            page.goto(f"{live_server.url}{SEARCH}")
            page.get_by_role("link", name="The two").click()
            expect(photo(page, album["both"])).to_be_visible()
            page.get_by_role("link", name="Without the filter “with Ben”").click()
            expect(page.locator(".hit")).to_have_count(2)

        assert SavedSearch.objects.get().count == 1

    def test_is_steered_by_keyboard(
        self, live_server: LiveServer, browsing: Browsing, album: dict[str, Photo]
    ) -> None:
        with browsing() as page:
            log_in(page, live_server.url, SEARCH)
            box(page).press_sequentially("photos of Ei")
            suggested = page.locator("#suggestions option")
            expect(suggested).to_have_attribute("value", "photos of Eileen")
            ask(page, "Eileen")
            expect(page.locator(".hit")).to_have_count(2)
            page.keyboard.press("/")
            expect(box(page)).to_be_focused()
            page.keyboard.press("Escape")
            expect(box(page)).not_to_be_focused()
            for key, focused in (
                ("ArrowRight", "Eileen"),
                ("ArrowRight", "both"),
                ("ArrowLeft", "Eileen"),
            ):
                page.keyboard.press(key)
                expect(photo(page, album[focused])).to_be_focused()
            page.keyboard.press("ArrowUp")
            expect(box(page)).to_be_focused()
            photo(page, album["both"]).press("Enter")
            expect(page).to_have_url(
                f"{live_server.url}/admin/photos/photo/{album['both'].pk}/change/"
            )
