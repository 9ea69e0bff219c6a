"""Staff go through the review queue in a real browser, by keyboard."""

from itertools import cycle, islice
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from faces.models import Cluster, Edit, Membership, Pair, Rejection
from photos.models import Owner
from tests.browser.conftest import Browsing
from tests.browser.staff import log_in, log_in_by_password, make_staff, shoot
from tests.browser.test_admin import portrait
from tests.faces.house import axis, join
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_person,
    make_photo,
    make_space,
    unit,
)

SAME, ASSIGNMENTS = (f"/admin/review/?kind={kind}" for kind in ("same", "assignments"))
MANY = 100  # answers
ALIKE = 1.18  # radians between clusters of three faces that may be one person


@pytest.fixture
def owner(live_server: LiveServer) -> Owner:
    make_staff()
    make_space(same_person_cosine=0.5)
    return make_owner(subject="anna@photos.example")


@pytest.fixture
def clusters(owner: Owner) -> list[Cluster]:
    """Three pairs of clusters that may be one person; the first one is Anna."""
    anna = make_person(owner=owner, name="Anna Ek")
    return [
        cluster(owner, number, angle, person=anna if (number, angle) == (0, 0) else None)
        for number in range(3)
        for angle in (0, ALIKE)
    ]


@pytest.fixture
def matched(owner: Owner) -> Cluster:
    """Somebody's, with a hundred faces that were matched."""
    home = cluster(owner, 0, 0, person=make_person(owner=owner, name="Anna Ek"))
    for number in range(MANY):
        join(home, unit(1, 1), 0.5 + number / 1000)
    return home


def cluster(owner: Owner, number: int, angle: float, **values: Any) -> Cluster:
    made = make_cluster(owner=owner, **values)
    for shade in range(3):
        picture = portrait(number, shade)
        key = default_storage.save(f"{owner.pk}/{number}-{shade}.jpg", ContentFile(picture))
        photo = make_photo(owner=owner, thumbnail=key, width=192, height=192)
        box = {"x": 50.0, "y": 30.0, "width": 92.0, "height": 126.0}
        vector = axis(number, angle)
        make_face(cluster=made, photo=photo, crop=key, space=made.space, vector=vector, **box)
    return made


def shown(page: Page) -> Any:
    return page.locator(".question:not([hidden])")


def press(page: Page, key: str) -> None:
    """Once the pictures of a pair are there, and before the server has answered."""
    before = shown(page).get_attribute("data-question")
    page.keyboard.press(key)
    page.wait_for_function(
        "before => document.querySelector('.question:not([hidden])')?.dataset.question !== before",
        arg=before,
    )


def settled(page: Page, done: int) -> None:
    """The server has answered all."""
    expect(page.get_by_text(f"{done} answered in this sitting")).to_be_visible()


def rows() -> list[Any]:
    return [
        *Cluster.objects.order_by("pk").values("pk", "person"),
        *Membership.objects.order_by("face").values("face", "part__cluster", "how", "similarity"),
        *Pair.objects.order_by("first").values("first", "second", "same"),
        *Rejection.objects.order_by("face").values("face", "person"),
    ]


class TestReviewDesk:
    def test_settles_pairs_by_keyboard_and_takes_them_back(
        self,
        live_server: LiveServer,
        browsing: Browsing,
        clusters: list[Cluster],
        settings: Any,
    ) -> None:
        folder, before = settings.VAR / "test", rows()
        with browsing() as page:
            log_in(page, live_server.url, SAME)
            first = shown(page).get_attribute("data-question")
            shoot(page, "review", folder)
            page.emulate_media(color_scheme="dark")
            shoot(page, "review-dark", folder)
            page.emulate_media(color_scheme="light")
            press(page, "y")
            expect(page.get_by_text("They are one person now.")).to_be_visible()
            shoot(page, "review-next", folder)
            press(page, "s")
            press(page, "n")
            expect(page.get_by_text("Nothing is left to be asked here.")).to_be_visible()
            settled(page, 2)
            shoot(page, "review-done", folder)
            for done in (1, 1, 0):
                page.keyboard.press("u")
                settled(page, done)
            expect(shown(page)).to_have_attribute("data-question", first or "")
            page.set_viewport_size({"width": 820, "height": 1180})
            shoot(page, "review-tablet", folder)
            page.set_viewport_size({"width": 390, "height": 844})
            shoot(page, "review-phone", folder)
            wide = page.evaluate("document.documentElement.scrollWidth")

        assert rows() == before
        assert wide == 390

    def test_settles_a_hundred_by_keyboard(
        self, live_server: LiveServer, browsing: Browsing, matched: Cluster
    ) -> None:
        faces = list(
            Membership.objects.filter(how="matched")
            .order_by("similarity")
            .values_list("face", flat=True)
        )
        with browsing() as page:
            log_in(page, live_server.url, ASSIGNMENTS)
            for key in islice(cycle("yyns"), MANY):
                press(page, key)
            settled(page, 75)
            expect(page.get_by_text("25 skipped")).to_be_visible()  # the last answer is a skip

        confirmed = Membership.objects.filter(face__in=faces, how="manual")
        rejected = Rejection.objects.filter(person=matched.person)
        waiting = Membership.objects.filter(how="matched")
        assert set(confirmed.values_list("face", flat=True)) == {*faces[::4], *faces[1::4]}
        assert set(rejected.values_list("face", flat=True)) == {*faces[2::4]}
        assert set(waiting.values_list("face", flat=True)) == {*faces[3::4]}

    def test_takes_back_as_many(
        self, live_server: LiveServer, browsing: Browsing, matched: Cluster
    ) -> None:
        before = rows()
        with browsing() as page:
            log_in(page, live_server.url, ASSIGNMENTS)
            for key in "yyns" * 3:
                press(page, key)
            settled(page, 9)
            for done in (9, 8, 7, 6, 6, 5, 4, 3, 3, 2, 1, 0):
                page.keyboard.press("u")
                settled(page, done)

        assert rows() == before
        assert Edit.objects.filter(undoes=None).count() == 9

    def test_keeps_keys_that_come_too_soon_from_what_is_not_seen_yet(
        self, live_server: LiveServer, browsing: Browsing, matched: Cluster
    ) -> None:
        with browsing() as page:
            log_in(page, live_server.url, ASSIGNMENTS)
            expect(shown(page)).to_be_visible()
            page.wait_for_load_state("load")
            page.evaluate(
                """() => ["y", "y", "y", "y", "y"].forEach((key) => document.body.dispatchEvent(
                    new KeyboardEvent("keydown", { key, bubbles: true })))"""
            )
            settled(page, 2)  # the one that is shown, and the next, which was there

        assert Membership.objects.filter(how="manual").count() == 2

    def test_works_without_scripts(
        self, live_server: LiveServer, browsing: Browsing, clusters: list[Cluster]
    ) -> None:
        with browsing(scripts=False) as page:
            log_in_by_password(page, live_server.url, SAME)
            page.get_by_role("button", name="Yes, one person").click()
            settled(page, 1)
            page.get_by_role("button", name="No, two").click()
            settled(page, 2)
            page.get_by_role("button", name="Undo").click()
            settled(page, 1)
            page.get_by_role("link", name="Very likely one").click()
            expect(page.get_by_text("Nothing is left to be asked here.")).to_be_visible()

        assert Cluster.objects.count() == len(clusters) - 1
        assert not Pair.objects.filter(same=False).exists()
