"""Staff sort out clusters with the keyboard alone, in a real browser."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from faces.models import Cluster, Person
from tests.browser.conftest import Browsing
from tests.browser.staff import log_in, make_staff, shoot
from tests.browser.test_admin import make_people
from tests.factories import make_owner, make_person


@pytest.fixture
def clusters(live_server: LiveServer) -> list[Cluster]:
    """Of nine faces, of six, and of three; two people are known."""
    make_staff()
    owner = make_owner(subject="anna@photos.example")
    for name in ("Anna Ek", "Joanna <script>"):
        make_person(owner=owner, name=name)
    make_person(name="Annabel of another owner")
    return make_people(owner)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def gallery(page: Page, address: str) -> None:
    """Log in, and wait until keys are listened to."""
    log_in(page, address)
    page.wait_for_url("**/faces/cluster/")
    page.wait_for_load_state()


def chosen(page: Page) -> list[int]:
    boxes = page.locator(".gallery .choose:checked")
    return [int(value) for value in boxes.evaluate_all("all => all.map(one => one.value)")]


class TestGallery:
    def test_is_gone_through_and_chosen_from(
        self,
        live_server: LiveServer,
        browsing: Browsing,
        clusters: list[Cluster],
        settings: Any,
        tmp_path: Path,
    ) -> None:
        nine, six, three = (each.pk for each in clusters)
        seen = []
        with browsing() as page:
            gallery(page, live_server.url)
            press(page, "ArrowRight", "Space")
            seen.append(chosen(page))
            press(page, "Shift+ArrowRight", "Shift+ArrowRight")
            seen.append(chosen(page))
            expect(page.locator("[data-chosen]")).to_have_text("3 chosen")
            press(page, "ArrowLeft", "Space")
            seen.append(chosen(page))
            press(page, "Escape")
            seen.append(chosen(page))
            press(page, "a")
            seen.append(chosen(page))
            press(page, "a", "?")
            expect(page.get_by_text("go from one to the next")).to_be_visible()
            shoot(page, "keys", tmp_path, settings.VAR / "test")

        assert seen == [[nine], [nine, six, three], [nine, three], [], [nine, six, three]]

    def test_is_chosen_from_with_the_mouse(
        self, live_server: LiveServer, browsing: Browsing, clusters: list[Cluster]
    ) -> None:
        nine, six, three = (each.pk for each in clusters)
        seen = []
        with browsing() as page:
            gallery(page, live_server.url)
            card = "#cluster-{} {}"
            page.locator(card.format(nine, ".choose")).click()
            seen.append(chosen(page))
            page.locator(card.format(three, ".mosaic")).click(modifiers=["Shift"])
            seen.append(chosen(page))
            page.locator(card.format(six, ".mosaic")).click()
            seen.append(chosen(page))
            press(page, "Escape")
            page.locator(card.format(six, ".mosaic")).click()
            page.wait_for_url(f"**/cluster/{six}/change/**")

        assert seen == [[nine], [nine, six, three], [nine, three]]

    def test_merges_and_takes_it_back(
        self, live_server: LiveServer, browsing: Browsing, clusters: list[Cluster]
    ) -> None:
        with browsing() as page:
            gallery(page, live_server.url)
            press(page, "ArrowRight", "ArrowRight", "Space", "Shift+ArrowRight", "m")
            page.wait_for_selector("text=All 9 faces will be of one cluster.")
            press(page, "Enter")
            expect(page.get_by_text("Merged 2 clusters.")).to_be_visible()
            expect(page.locator(f"#cluster-{clusters[1].pk} .mosaic")).to_be_focused()
            press(page, "u")
            expect(page.get_by_text("Undid edit")).to_be_visible()
            expect(page).to_have_url(f"{live_server.url}/admin/faces/cluster/")

        assert [each.memberships.count() for each in clusters] == [9, 6, 3]

    def test_leaves_everything_as_it_was_when_one_goes_back(
        self, live_server: LiveServer, browsing: Browsing, clusters: list[Cluster]
    ) -> None:
        with browsing() as page:
            gallery(page, live_server.url)
            press(page, "ArrowRight", "h")
            page.wait_for_selector("text=They will not be shown in lists.")
            press(page, "Escape")
            page.wait_for_selector(".gallery")

        assert not Cluster.objects.filter(hidden=True).exists()


class TestNaming:
    def test_offers_the_people_of_the_owner_and_goes_on_to_the_next(
        self, live_server: LiveServer, browsing: Browsing, clusters: list[Cluster]
    ) -> None:
        options = "#names option"
        with browsing() as page:
            gallery(page, live_server.url)
            press(page, "ArrowRight", "n")
            page.keyboard.type("Ann")
            expect(page.locator(options)).to_have_count(2)
            offered = page.locator(options).evaluate_all("all => all.map(one => one.value)")
            page.keyboard.type("a Ek")
            press(page, "Enter")
            expect(page.get_by_text("Named Anna Ek.")).to_be_visible()
            after = page.get_by_label(f"Name of {clusters[1].label}")
            expect(after).to_be_focused()
            page.keyboard.type("Ben")
            press(page, "Escape", "ArrowRight", "n")
            expect(page.get_by_label(f"Name of {clusters[2].label}")).to_be_focused()

        assert offered == ["Anna Ek", "Joanna <script>"]
        assert Person.objects.get(name="Anna Ek").clusters.get() == clusters[0]
        assert not Person.objects.filter(name="Ben").exists()


class TestClusterPage:
    def test_takes_faces_out(
        self,
        live_server: LiveServer,
        browsing: Browsing,
        clusters: list[Cluster],
        settings: Any,
        tmp_path: Path,
    ) -> None:
        best = list(clusters[0].memberships.order_by("-face__quality").values_list("face_id"))
        with browsing() as page:
            gallery(page, live_server.url)
            page.goto(f"{live_server.url}/admin/faces/cluster/{clusters[0].pk}/change/")
            press(page, "ArrowRight", "Space", "Shift+ArrowRight", "r")
            page.wait_for_selector("text=Take 2 faces out")
            shoot(page, "taking-out", tmp_path, settings.VAR / "test")
            press(page, "Enter")
            expect(page.get_by_text("Took out 2 faces.")).to_be_visible()

        left = clusters[0].memberships.order_by("-face__quality").values_list("face_id")
        assert list(left) == best[2:]
