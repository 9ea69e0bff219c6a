"""Staff draw, move, name and delete faces on a photo, in a real browser, by mouse and by keys."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

import photos.services
from faces.gone import box_of
from faces.models import Edit, Face
from inference.geometry import Box
from photos import roles
from photos.models import Photo
from tests.browser.conftest import Browsing
from tests.browser.staff import log_in, make_staff
from tests.browser.test_photo import page_of
from tests.factories import make_cluster, make_face, make_person, make_photo

LAUGHING = Box(765, 360, 110, 150)  # about where one of the group has his face


@pytest.fixture
def photo(live_server: LiveServer, group_photo: bytes) -> Photo:
    """Of a group of people, of whom no face is known yet."""
    make_staff()
    width, height = Image.open(BytesIO(group_photo)).size
    photo = make_photo(width=width, height=height)
    for file in (photo.original, photo.thumbnail):
        default_storage.save(str(file), ContentFile(group_photo))
    return photo


@pytest.fixture
def anna(photo: Photo) -> Face:
    """Who is known in it."""
    anna = make_person(owner=photo.owner, name="Anna Ek")
    known = make_cluster(owner=photo.owner, person=anna)
    return make_face(photo=photo, cluster=known, x=100, y=200, width=100, height=120)


def open_page(page: Page, live_server: LiveServer, photo: Photo) -> None:
    """With its script at work."""
    log_in(page, live_server.url, page_of(photo))
    expect(page.locator(".desk.live")).to_be_visible()


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a pixel of the photo is on the screen."""
    script = "(svg, [x, y]) => new DOMPoint(x, y).matrixTransform(svg.getScreenCTM()).toJSON()"
    seen = page.locator(".photo svg").evaluate(script, [x, y])
    return seen["x"], seen["y"]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From one pixel of the photo to another."""
    begin, finish = place(page, *start), place(page, *end)
    page.mouse.move(*begin)
    page.mouse.down()
    page.mouse.move(*finish, steps=5)
    page.mouse.up()


def scale(page: Page) -> float:
    """Pixels of the screen for one of the photo."""
    return float(page.locator(".photo svg").evaluate("svg => svg.getScreenCTM().a"))


class TestDrawingAFace:
    def test_stores_it_with_its_vector(
        self,
        live_server: LiveServer,
        browsing: Browsing,
        photo: Photo,
        triton_url: str,
        settings: Any,
    ) -> None:
        settings.TRITON_URL = triton_url
        roles.sync(settings.MODEL_REPOSITORY)
        with browsing(height=1000) as page:
            open_page(page, live_server, photo)
            page.get_by_role("link", name="Draw a face").click()
            drag(page, (LAUGHING.x, LAUGHING.y), (LAUGHING.right, LAUGHING.bottom))
            page.get_by_label("Name:").fill("Chandler")
            page.screenshot(path=settings.VAR / "test" / "drawing.png", full_page=True)
            page.get_by_role("button", name="Add this face").click()
            expect(page.get_by_text("Added a face.")).to_be_visible()
            expect(page.locator(".photo .faces text")).to_have_text("Chandler")

        face = Face.objects.with_people().get()
        assert face.drawn
        assert box_of(face).iou(LAUGHING) > 0.95
        assert face.person
        assert face.person.name == "Chandler"
        vector = face.vectors.get()
        assert vector.space == photos.services.current_space("face_embedder")
        assert np.linalg.norm(vector.vector) == pytest.approx(1, abs=0.01)

    def test_needs_no_mouse(
        self, live_server: LiveServer, browsing: Browsing, photo: Photo
    ) -> None:
        with browsing(height=1000) as page:
            open_page(page, live_server, photo)
            page.keyboard.press("d")
            for _ in range(5):
                page.keyboard.press("ArrowLeft")
                page.keyboard.press("Shift+ArrowDown")
            x, height = (page.locator(f"#id_{each}").input_value() for each in ("x", "height"))
            page.keyboard.press("Enter")
            page.keyboard.type("Ben")
            page.keyboard.press("Enter")
            expect(page.get_by_text("Added a face.")).to_be_visible()

        face = Face.objects.with_people().get()
        assert face.person
        assert (face.person.name, face.x, face.height) == ("Ben", float(x), float(height))
        assert face.height > face.width


class TestChangingAFace:
    def test_moves_it_and_its_corner_by_dragging(
        self, live_server: LiveServer, browsing: Browsing, photo: Photo, anna: Face
    ) -> None:
        with browsing(height=1000) as page:
            open_page(page, live_server, photo)
            page.locator(f"#face-{anna.pk} rect").click()
            drag(page, (150, 260), (250, 310))
            drag(page, (300, 370), (340, 400))
            page.get_by_role("button", name="Save", exact=True).click()
            expect(page.get_by_text("Changed the face.")).to_be_visible()

        now = box_of(Face.objects.get())
        assert [now.x, now.y, now.width, now.height] == pytest.approx([200, 250, 140, 150], abs=3)
        assert Edit.objects.get().actor is not None

    def test_moves_it_by_keys_and_deletes_it_and_takes_that_back(
        self, live_server: LiveServer, browsing: Browsing, photo: Photo, anna: Face
    ) -> None:
        with browsing(height=1000) as page:
            open_page(page, live_server, photo)
            page.locator(f"#face-{anna.pk}").focus()
            page.keyboard.press("Enter")
            page.keyboard.press("Control+ArrowRight")
            expect(page.locator("#id_x")).to_have_value("101")
            page.keyboard.press("Delete")
            expect(page.get_by_text("Deleted the face.")).to_be_visible()
            expect(page.locator(".photo .faces a")).to_have_count(0)
            page.get_by_role("button", name="Undo", exact=True).click()
            expect(page.locator(".photo .faces text")).to_have_text("Anna Ek")

        assert Face.objects.get() == anna

    def test_leaves_it_as_it_is_with_escape(
        self, live_server: LiveServer, browsing: Browsing, photo: Photo, anna: Face
    ) -> None:
        with browsing(height=1000) as page:
            open_page(page, live_server, photo)
            page.locator(f"#face-{anna.pk} rect").click()
            expect(page.locator(".photo .draft")).to_be_visible()
            page.keyboard.press("Escape")
            expect(page.locator(".photo .draft")).to_be_hidden()
            expect(page.locator("#face-form")).to_be_hidden()

        assert not Edit.objects.exists()

    def test_works_without_javascript(
        self, live_server: LiveServer, browsing: Browsing, photo: Photo, anna: Face
    ) -> None:
        with browsing(height=1000) as page:
            page.route("**/photo.js", lambda route: route.abort())
            log_in(page, live_server.url, page_of(photo))
            page.locator(".who a").click()
            page.get_by_label("Name:").fill("Ben")
            page.get_by_label("From the left:").fill("120.5")
            page.get_by_role("button", name="Save", exact=True).click()
            expect(page.get_by_text("Changed the face.")).to_be_visible()

        face = Face.objects.with_people().get()
        assert face.person
        assert (face.x, face.person.name) == (120.5, "Ben")


class TestLooking:
    def test_changes_nothing_for_who_may_do_no_more(
        self, live_server: LiveServer, browsing: Browsing, photo: Photo, anna: Face
    ) -> None:
        reader = User.objects.get()
        reader.is_superuser = False
        reader.user_permissions.set(Permission.objects.filter(codename="view_photo"))
        reader.save()
        with browsing(height=1000) as page:
            errors = list[str]()
            page.on("pageerror", lambda error: errors.append(str(error)))
            open_page(page, live_server, photo)
            for key in ("d", "+", "f", "Enter", "Delete", "Escape"):
                page.keyboard.press(key)
            expect(page.locator(".photo .faces text")).to_be_hidden()
            expect(page.locator("#face-form")).to_have_count(0)
            expect(page.get_by_role("link", name="Draw a face")).to_have_count(0)

        assert errors == []

    def test_shows_the_thumbnail_where_the_original_is_gone(
        self, live_server: LiveServer, browsing: Browsing, photo: Photo
    ) -> None:
        default_storage.delete(str(photo.original))
        with browsing() as page:
            open_page(page, live_server, photo)
            expect(page.locator(".photo img")).to_have_attribute("src", photo.thumbnail.url)
            page.wait_for_function("document.querySelector('.photo img').naturalWidth > 0")

        assert photo.thumbnail.url.endswith("thumbnail.jpg")

    def test_also_where_it_had_failed_before_the_script_came(
        self, live_server: LiveServer, browsing: Browsing, photo: Photo
    ) -> None:
        default_storage.delete(str(photo.original))

        def late(script: Route) -> None:
            page = script.request.frame.page
            page.wait_for_function("document.querySelector('.photo img')?.complete")
            script.continue_()

        with browsing() as page:
            page.route("**/kindred/photo*.js", late)
            open_page(page, live_server, photo)
            expect(page.locator(".photo img")).to_have_attribute("src", photo.thumbnail.url)


class TestZoom:
    def test_by_keys_buttons_and_wheel_stays_where_one_looks(
        self, live_server: LiveServer, browsing: Browsing, photo: Photo, tmp_path: Path
    ) -> None:
        with browsing(height=1000) as page:
            open_page(page, live_server, photo)
            fitting = scale(page)
            page.keyboard.press("+")
            by_key = scale(page)
            page.get_by_role("button", name="Larger").click()
            by_button = scale(page)
            page.locator(".view").focus()
            before = place(page, 640, 440)
            page.mouse.move(*before)
            page.mouse.wheel(0, -100)
            page.wait_for_function(
                "before => document.querySelector('.photo svg').getScreenCTM().a > before + 0.01",
                arg=by_button,
            )
            by_wheel, after = scale(page), place(page, 640, 440)
            shown = page.locator(".zooming output").inner_text()
            page.keyboard.press("0")
            fitting_again = scale(page)

        steps = [by_key / fitting, by_button / by_key, by_wheel / by_button]
        assert steps == pytest.approx([1.25] * 3, abs=0.02)
        assert after == pytest.approx(before, abs=2)
        assert shown == f"{by_wheel:.0%}"
        assert fitting_again == pytest.approx(fitting, abs=0.01)

    def test_lets_one_pan_by_mouse_and_keys(
        self, live_server: LiveServer, browsing: Browsing, photo: Photo
    ) -> None:
        with browsing(height=1000) as page:
            open_page(page, live_server, photo)
            for _ in range(4):
                page.keyboard.press("+")
            x, y = place(page, 640, 440)
            drag(page, (640, 440), (590, 440))
            dragged = place(page, 640, 440)
            moved = x - dragged[0]
            page.keyboard.press("ArrowDown")
            page.wait_for_function(
                "top => new DOMPoint(640, 440).matrixTransform("
                "document.querySelector('.photo svg').getScreenCTM()).y < top - 10",
                arg=y,
            )
            zoomed = scale(page)
            page.reload()
            expect(page.locator(".desk.live")).to_be_visible()
            again = scale(page)

        assert moved == pytest.approx(50 * zoomed, abs=2)
        assert again == pytest.approx(zoomed, abs=0.01)
