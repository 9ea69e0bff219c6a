"""Staff look at a photo, and at what is in it, in a real browser."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from faces.models import Person
from jobs.operations import current_recipes
from photos.models import Photo
from photos.operations import OBJECTS, OCR, OPERATIONS, TAGS
from search.models import DetectedObject
from tests.browser.conftest import Browsing
from tests.browser.staff import log_in, make_staff
from tests.factories import make_cluster, make_face, make_person, make_photo
from tests.search.findings import (
    make_active,
    make_analysis,
    make_caption,
    make_line,
    make_object,
    make_tag,
)

ROLES = ("object_detector", "image_encoder", "text_encoder")
READERS = ("text_detector", "text_orienter", "text_recognizer")


@pytest.fixture
def photo(live_server: LiveServer) -> Photo:
    make_staff()
    return make_marked_photo(make_person(name="Anna Ek"))


def make_marked_photo(anna: Person) -> Photo:
    """With her face, two objects, one of them before the other, and a line of text."""
    make_active(*ROLES, *READERS)
    recipes, photo = current_recipes(), make_photo(owner=anna.owner)
    known = make_cluster(owner=photo.owner, person=anna)
    make_face(photo=photo, cluster=known, x=400, y=60, width=90, height=110)
    for label, x, side in (("chair", 60, 200), ("cat", 100, 110)):
        make_object(
            photo=photo, recipe=recipes[OBJECTS], label=label, x=x, y=120, width=side, height=side
        )
    quad = [[60, 400], [260, 410], [258, 450], [58, 440]]
    make_line(photo=photo, recipe=recipes[OCR], text="Warung Padang", quad=quad)
    make_tag(photo=photo, recipe=recipes[TAGS], key="beach")
    make_caption(photo=photo, recipe=recipes["caption"], sentence="A cat on a chair.")
    for operation in OPERATIONS:
        if operation in recipes:
            make_analysis(photo=photo, operation=operation, recipe=recipes[operation])
    return photo


def page_of(photo: Photo) -> str:
    return f"/admin/photos/photo/{photo.pk}/change/"


class TestPhotoPage:
    def test_hides_and_shows_each_kind_of_mark(
        self, live_server: LiveServer, browsing: Browsing, photo: Photo, settings: Any
    ) -> None:
        names = {"Objects": "chair 90%", "Faces": "Anna Ek", "Text": "1"}
        with browsing() as page:
            log_in(page, live_server.url, page_of(photo))
            page.screenshot(path=settings.VAR / "test" / "photo.png", full_page=True)
            layers = page.get_by_role("group", name="What is drawn over the photo")
            for kind, words in names.items():
                mark = page.locator(f".photo .{kind.lower()} text", has_text=words)
                expect(mark).to_be_visible()
                layers.get_by_label(kind).uncheck()
                expect(mark).to_be_hidden()
                page.keyboard.press(kind[0].lower())
                expect(mark).to_be_visible()
            landmarks = page.locator(".photo .landmarks path")
            expect(landmarks).to_be_hidden()
            page.keyboard.press("l")
            expect(landmarks).to_be_visible()

    def test_draws_marks_where_the_picture_has_them(
        self, live_server: LiveServer, browsing: Browsing, photo: Photo
    ) -> None:
        with browsing() as page:
            log_in(page, live_server.url, page_of(photo))
            picture = page.locator(".photo img").bounding_box()
            chair = page.locator(".photo .objects rect").first.bounding_box()

        assert picture
        assert chair
        scale = picture["width"] / photo.width
        assert chair["x"] - picture["x"] == pytest.approx(60 * scale, abs=3)
        assert chair["y"] - picture["y"] == pytest.approx(120 * scale, abs=3)
        assert chair["width"] == pytest.approx(200 * scale, abs=6)

    def test_shows_the_object_that_staff_came_from(
        self, live_server: LiveServer, browsing: Browsing, photo: Photo, tmp_path: Path
    ) -> None:
        cat = DetectedObject.objects.get(label="cat")
        with browsing() as page:
            log_in(page, live_server.url, f"/admin/search/detectedobject/?label={cat.label}")
            page.get_by_role("link", name=str(photo), exact=True).click()
            page.wait_for_url(f"**{page_of(photo)}#detectedobject-{cat.pk}")
            width = page.locator(f"#detectedobject-{cat.pk} rect").evaluate(
                "one => getComputedStyle(one).strokeWidth"
            )
            page.locator(f"#detectedobject-{cat.pk} rect").click()
            page.wait_for_url(f"**/admin/search/detectedobject/{cat.pk}/change/")

        assert width == "5px"

    def test_fits_a_phone(self, live_server: LiveServer, browsing: Browsing, photo: Photo) -> None:
        with browsing(width=390, height=844) as page:
            log_in(page, live_server.url, page_of(photo))
            expect(page.get_by_text("A cat on a chair.")).to_be_visible()
            wide = page.evaluate("document.documentElement.scrollWidth")

        assert wide == 390
