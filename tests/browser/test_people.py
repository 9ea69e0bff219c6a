"""Staff sort out clusters and people in a real browser, and take it back."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from faces.models import Cluster, Person
from tests.browser.conftest import Browsing
from tests.browser.staff import log_in, make_staff, shoot
from tests.browser.test_admin import make_people, pictures_are_there
from tests.factories import make_owner


@pytest.fixture
def clusters(live_server: LiveServer) -> list[Cluster]:
    """Of nine faces, of six, and of three."""
    make_staff()
    return make_people(make_owner(subject="anna@photos.example"))


def choose(page: Page, *labels: str) -> None:
    for label in labels:
        page.get_by_label(f"Choose {label}").check()


def do(page: Page, action: str) -> None:
    page.get_by_label("Action:").select_option(action)
    page.get_by_role("button", name="Go", exact=True).click()


class TestPeopleDesk:
    def test_merges_clusters_and_takes_it_back(
        self,
        live_server: LiveServer,
        browsing: Browsing,
        clusters: list[Cluster],
        settings: Any,
        tmp_path: Path,
    ) -> None:
        folders = [tmp_path, settings.VAR / "test"]
        with browsing() as page:
            log_in(page, live_server.url)
            choose(page, *(each.label for each in clusters[:2]))
            page.get_by_role("button", name="Merge m").click()
            shoot(page, "merging-clusters", *folders)
            page.get_by_role("button", name="Go on").click()
            expect(page.get_by_text("Merged 2 clusters.")).to_be_visible()
            shoot(page, "merged", *folders)
            page.get_by_role("button", name="Undo").click()
            expect(page.get_by_text("Undid edit")).to_be_visible()
            shoot(page, "undone", *folders)
            page.goto(f"{live_server.url}/admin/faces/edit/")
            shoot(page, "edits", *folders)

        assert [each.memberships.count() for each in Cluster.objects.order_by("pk")] == [9, 6, 3]

    def test_splits_a_cluster(
        self,
        live_server: LiveServer,
        browsing: Browsing,
        clusters: list[Cluster],
        settings: Any,
        tmp_path: Path,
    ) -> None:
        keys = list(clusters[0].memberships.order_by("face_id").values_list("face_id", flat=True))
        with browsing() as page:
            log_in(page, live_server.url)
            page.goto(f"{live_server.url}/admin/faces/cluster/{clusters[0].pk}/change/")
            choose(page, *(f"face {key}" for key in keys[:2]))
            page.get_by_label("Name of the chosen faces").fill("Ben")
            shoot(page, "cluster", tmp_path, settings.VAR / "test")
            page.get_by_role("button", name="Split off, named or not").click()
            shoot(page, "splitting", tmp_path, settings.VAR / "test")
            page.get_by_role("button", name="Go on").click()
            expect(page.get_by_text("Split off 2 faces.")).to_be_visible()

        assert Cluster.objects.get(person__name="Ben").memberships.count() == 2
        assert clusters[0].memberships.count() == 7

    def test_names_clusters_and_merges_their_people(
        self,
        live_server: LiveServer,
        browsing: Browsing,
        clusters: list[Cluster],
        settings: Any,
        tmp_path: Path,
    ) -> None:
        folders = [tmp_path, settings.VAR / "test"]
        with browsing() as page:
            log_in(page, live_server.url)
            for cluster, name in zip(clusters, ("Anna", "Anni"), strict=False):
                choose(page, cluster.label)
                page.get_by_role("button", name="Name n").click()
                page.get_by_label("Name").fill(name)
                shoot(page, "naming", *folders)
                page.get_by_role("button", name="Go on").click()
                expect(page.get_by_text(f"Named 1 cluster {name}.")).to_be_visible()
            page.goto(f"{live_server.url}/admin/faces/person/")
            page.locator("#action-toggle").check()
            do(page, "Merge…")
            page.get_by_label("Anni").check()
            shoot(page, "merging", *folders)
            page.get_by_role("button", name="Go on").click()
            expect(page.get_by_text("Merged 2 people into Anni.")).to_be_visible()
            shoot(page, "people", *folders)
            page.get_by_role("link", name="Anni", exact=True).click()
            shoot(page, "person", *folders)
            page.get_by_role("link", name="Erase…").click()
            shoot(page, "erase", *folders)

        anni = Person.objects.get()
        assert (anni.name, anni.aliases, anni.clusters.count()) == ("Anni", ["Anna"], 2)

    def test_fits_a_phone(
        self, live_server: LiveServer, browsing: Browsing, clusters: list[Cluster], tmp_path: Path
    ) -> None:
        with browsing(width=390, height=844) as page:
            log_in(page, live_server.url)
            loaded = pictures_are_there(page)
            page.goto(f"{live_server.url}/admin/faces/cluster/{clusters[0].pk}/change/")
            shoot(page, "phone-cluster", tmp_path)
            wide = page.evaluate("document.documentElement.scrollWidth")

        assert loaded
        assert wide == 390
