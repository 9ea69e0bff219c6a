"""Staff name people in a real browser."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from faces.models import Cluster
from photos.models import Owner
from tests.browser.conftest import Browsing
from tests.browser.staff import log_in, log_in_by_password, make_staff
from tests.factories import make_cluster, make_face, make_owner

SIDE = 192  # pixels of a crop
SKINS = ("#f1c9a5", "#c68642", "#8d5524")
HAIRS = ("#3b2a1e", "#b8860b", "#1c1c1c")


def portrait(person: int, shade: int) -> bytes:
    """Somebody, drawn: the same `person` looks alike in each `shade` of background."""
    image = Image.new("RGB", (SIDE, SIDE), (120 + shade * 14, 150, 190 - shade * 12))
    draw = ImageDraw.Draw(image)
    draw.ellipse((42, 22, 150, 140), fill=HAIRS[person])
    draw.ellipse((36, 138, 156, 270), fill=("#7a4fa3", "#2f7d5b", "#b3472f")[person])
    draw.ellipse((54, 42, 138, 156), fill=SKINS[person])
    for x in (76, 108):
        draw.ellipse((x, 84, x + 9, 96), fill="#222")
    draw.arc((74, 96, 118, 134), 20, 160, fill="#7a2f2f", width=4)
    file = io.BytesIO()
    image.save(file, "JPEG")
    return file.getvalue()


def make_people(owner: Owner) -> list[Cluster]:
    """Three clusters: of nine faces, of six, and of three."""
    clusters = []
    for person, count in enumerate((9, 6, 3)):
        cluster = make_cluster(owner=owner)
        for shade in range(count):
            picture = ContentFile(portrait(person, shade))
            key = default_storage.save(f"{owner.pk}/{person}-{shade}.jpg", picture)
            make_face(cluster=cluster, crop=key, quality=0.9 - shade / 20)
        clusters.append(cluster)
    return clusters


def pictures_are_there(page: Page) -> bool:
    """Whether every picture of the gallery has pixels."""
    page.wait_for_load_state("networkidle")
    script = "all => all.length > 0 && all.every(one => one.complete && one.naturalWidth > 0)"
    return bool(page.locator(".mosaic img:visible").evaluate_all(script))


@pytest.fixture
def clusters(live_server: LiveServer) -> list[Cluster]:
    make_staff()
    return make_people(make_owner(subject="anna@photos.example"))


class TestPeopleDesk:
    def test_names_a_person(
        self,
        live_server: LiveServer,
        browsing: Browsing,
        clusters: list[Cluster],
        tmp_path: Path,
        settings: Any,
    ) -> None:
        shots = [tmp_path / "clusters.png", settings.VAR / "test" / "clusters.png"]
        with browsing() as page:
            log_in_by_password(page, live_server.url)
            loaded = pictures_are_there(page)
            name = page.get_by_label(f"Name of {clusters[0].label}")
            name.fill("Anna Ek")
            name.press("Enter")
            expect(page.get_by_text("Named Anna Ek.")).to_be_visible()
            expect(page.locator(f"#cluster-{clusters[0].pk} [name=name]")).to_have_value("Anna Ek")
            page.goto(f"{live_server.url}/admin/faces/cluster/")
            pictures_are_there(page)
            for shot in shots:
                page.screenshot(path=shot)
            page.goto(f"{live_server.url}/admin/faces/person/")
            expect(page.get_by_role("link", name="Anna Ek", exact=True)).to_be_visible()

        assert loaded
        assert Cluster.objects.get(person__name="Anna Ek") == clusters[0]
        assert tmp_path.joinpath("clusters.png").stat().st_size > 0

    def test_fits_a_phone(
        self,
        live_server: LiveServer,
        browsing: Browsing,
        clusters: list[Cluster],
        tmp_path: Path,
    ) -> None:
        with browsing(width=390, height=844) as page:
            log_in(page, live_server.url)
            loaded = pictures_are_there(page)
            wide = page.evaluate("document.documentElement.scrollWidth")
            page.screenshot(path=tmp_path / "phone.png")

        assert loaded
        assert wide == 390
