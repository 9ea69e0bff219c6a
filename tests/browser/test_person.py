"""Staff look at a person in a real browser, and sort out who they are."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from faces.models import Cluster, Membership, Person, Rejection
from faces.people import naming, placing
from inference.arrays import Array
from photos.models import Owner, Space
from tests.browser.conftest import Browsing
from tests.browser.staff import log_in, make_staff, shoot
from tests.browser.test_admin import portrait
from tests.faces.house import at
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_person,
    make_photo,
    make_space,
)


def face_in(cluster: Cluster | None, owner: Owner, look: tuple[int, int], vector: Array) -> int:
    """A face that looks so, in a photo of some month."""
    person, shade = look
    picture = ContentFile(portrait(person, shade % 9))
    key = default_storage.save(f"{owner.pk}/{person}-{shade}.jpg", picture)
    date = datetime(2022 + shade % 3, 1 + (5 * shade + shade % 2) % 12, 9, tzinfo=UTC)
    photo = make_photo(owner=owner, thumbnail=key, width=192, height=192, dated_at=date)
    space = Space.objects.get()
    return make_face(cluster=cluster, photo=photo, crop=key, space=space, vector=vector).pk


@pytest.fixture
def anna(live_server: LiveServer) -> Person:
    user = make_staff()
    make_space(same_person_cosine=0.5)
    return make_anna(make_owner(subject="anna@photos.example"), user)


def make_anna(owner: Owner, user: User) -> Person:
    """Somebody with faces of all kinds, a friend, and two who may be her."""
    person = make_person(owner=owner, name="Anna Ek", aliases=["Anni", "Mrs Ek"])
    hers = make_cluster(owner=owner, person=person)
    for shade in range(14):
        face_in(hers, owner, (0, shade), at(0))
    for shade, similarity in enumerate((0.95, 0.9, 0.88, 0.42, 0.4)):
        face = face_in(None, owner, (0, 20 + shade), at(1.1))
        member = Membership(face_id=face, part_id=hers.pk, how="matched", similarity=similarity)
        member.save()
    alike = [make_cluster(owner=owner), make_cluster(owner=owner)]
    face_in(alike[0], owner, (0, 31), at(0.2))
    face_in(alike[1], owner, (1, 32), at(1.1))
    friend = make_cluster(owner=owner, person=make_person(owner=owner, name="Ben"))
    for member in hers.memberships.select_related("face")[:3]:
        make_face(cluster=friend, photo=member.face.photo, crop=member.face.crop.name)
    placing.reject(owner, [face_in(None, owner, (2, 33), at(2))], person, by=user)
    first = hers.memberships.order_by("pk").values_list("face", flat=True)[0]
    stranger = face_in(None, owner, (2, 34), at(2))
    placing.answer(owner, first, stranger, same=False, by=user)
    naming.change(person, favourite=True, by=user)
    return person


class TestPersonPage:
    def test_sorts_out_faces_and_who_is_the_same(
        self, live_server: LiveServer, browsing: Browsing, anna: Person, settings: Any
    ) -> None:
        folder = settings.VAR / "test"
        uncertain = Membership.objects.filter(how="matched").order_by("similarity")
        keys = list(uncertain.values_list("face", flat=True))
        with browsing() as page:
            log_in(page, live_server.url)
            page.goto(f"{live_server.url}/admin/faces/person/{anna.pk}/change/")
            shoot(page, "person-page", folder)
            page.emulate_media(color_scheme="dark")
            shoot(page, "person-page-dark", folder)
            page.emulate_media(color_scheme="light")
            page.get_by_label(f"Choose face {keys[0]}").check()
            page.get_by_role("button", name="Not Anna Ek").click()
            expect(page.get_by_text("Rejected 1 face.")).to_be_visible()
            page.get_by_role("button", name="Same: add").first.click()
            expect(page.get_by_text("They are one person now.")).to_be_visible()
            page.get_by_role("group", name="Two people").get_by_role("button").first.click()
            expect(page.get_by_text("Taken back")).to_be_visible()
            page.set_viewport_size({"width": 820, "height": 1180})
            shoot(page, "person-page-tablet", folder)
            page.set_viewport_size({"width": 390, "height": 844})
            wide = page.evaluate("document.documentElement.scrollWidth")

        assert Rejection.objects.filter(person=anna, face=keys[0]).exists()
        assert anna.clusters.count() == 2
        assert wide == 390
