"""The first page of staff."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from faces.models import Inquiry, Membership, OpenQuestion
from jobs import overview, steering, tasks, totals
from jobs.models import State
from jobs.overview import Count
from jobs.roles import AUDITOR, OPERATOR, REVIEWER
from jobs.totals import Census
from photos.models import Photo
from tests.faces.house import two_in_plane
from tests.factories import (
    make_cluster,
    make_face,
    make_item,
    make_owner,
    make_person,
    make_photo,
    make_space,
    make_user,
    make_webhook,
)
from tests.search.findings import make_active, make_analysis

pytestmark = pytest.mark.django_db
HOME = "/admin/"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    cache.clear()


def home(client: Client, *groups: str) -> str:
    """What staff of `groups` see of it."""
    user = make_user(is_staff=True)
    user.groups.set(Group.objects.filter(name__in=groups))
    client.force_login(user)
    return client.get(HOME).content.decode()


def cards(page: str) -> dict[str, str]:
    """The numbers, by their titles, with the words about them."""
    found = re.findall(r'"what">(.*?)</span>\s*<strong>(.*?)</strong>', page, re.DOTALL)
    return {title: re.sub(r"<[^>]*>", "", count).strip() for title, count in found}


def links(page: str) -> set[str]:
    """From the numbers and the plots to where they are worked on."""
    part = page.partition('class="home"')[2].partition("All pages")[0]
    return set(re.findall(r'href="([^"]*)"', part))


def taken(year: int, **values: Any) -> Photo:
    return make_photo(dated_at=datetime(year, 7, 1, tzinfo=UTC), **values)


class TestNumbers:
    def test_say_what_needs_staff(self, admin_client: Client) -> None:
        make_cluster(faces=2)
        make_cluster(faces=1, person=make_person())
        make_item()
        make_item(state=State.FAILED, error_code="too_large")
        make_webhook(disabled_at=datetime(2026, 1, 1, tzinfo=UTC))
        Membership.objects.filter(part__cluster__person=None).update(how="matched")

        found = cards(admin_client.get(HOME).content.decode())

        assert found == {
            "Review": "0",
            "Clusters that nobody has named": "about 1",
            "Matched by themselves": "2",
            "Photos that wait": "1",
            "Photos that failed": "1",
            "Webhooks that are off": "1",
            "Photos": "3",
            "Faces": "3",
            "People": "1",
            "Clusters": "2",
        }

    def test_say_how_many_questions_are_left(self, admin_client: Client, admin_user: User) -> None:
        owner = make_owner()
        Inquiry.objects.create(owner=owner, kind="same", found_at=timezone.now())
        for number in range(3):
            OpenQuestion.objects.create(
                owner=owner, kind="same", key=str(number), place=number, about={}
            )

        page = admin_client.get(HOME).content.decode()

        assert cards(page)["Review"] == "about 3"
        assert "questions: are these two one person?" in page

    def test_say_it_of_few_faces_too_before_anybody_was_at_the_desk(
        self, admin_client: Client
    ) -> None:
        owner, space = make_owner(), make_space(same_person_cosine=0.5)
        two_in_plane(owner, space, 0)

        tasks.group_faces()

        assert cards(admin_client.get(HOME).content.decode())["Review"] == "about 1"

    def test_mark_what_is_to_be_done(self, admin_client: Client) -> None:
        Inquiry.objects.create(owner=make_owner(), kind="same", found_at=timezone.now())
        make_item(state=State.FAILED, error_code="too_large")

        page = admin_client.get(HOME).content.decode()

        assert page.count('<li class="needed">') == 1

    def test_say_that_the_queue_stands_still(self, admin_client: Client) -> None:
        steering.pause_queue(by="anna")

        page = admin_client.get(HOME).content.decode()

        assert '<span class="words">paused</span>' in page

    def test_leave_out_hidden_and_ignored_clusters(self, admin_client: Client) -> None:
        make_cluster(faces=1, hidden=True)
        make_cluster(faces=1, ignored=True)

        found = cards(admin_client.get(HOME).content.decode())

        assert found["Clusters that nobody has named"] == "0"

    @pytest.mark.parametrize("rows", [1, 3, 30])
    def test_cost_the_same_however_much_there_is(
        self, admin_client: Client, django_assert_num_queries: Any, rows: int
    ) -> None:
        make_active("object_detector")
        for number in range(rows):
            make_cluster(faces=1)
            make_item(state=State.FAILED, error_code=f"code_{number}")
            make_analysis(photo=taken(1990 + number))

        with django_assert_num_queries(24):
            admin_client.get(HOME)

    def test_of_an_empty_library_are_none(self, admin_client: Client) -> None:
        page = admin_client.get(HOME).content.decode()

        assert "There are no photos yet." in page
        assert "No model is known here." in page


class TestPlots:
    def test_show_the_photos_of_each_year(self, admin_client: Client) -> None:
        for year in (2019, 2021, 2021):
            taken(year)

        page = admin_client.get(HOME).content.decode()

        assert 'aria-label="Photos by year: 2019: 1, 2020: 0, 2021: 2"' in page
        assert re.findall(r'height="(\d+)" rx="2"', page)[:3] == ["50", "0", "100"]

    def test_show_clusters_by_their_size(self, admin_client: Client) -> None:
        make_cluster(faces=1)
        make_cluster(faces=4)
        make_cluster(faces=5)

        page = admin_client.get(HOME).content.decode()

        assert "Unnamed clusters by faces: 1-4: 2, 5-19: 1, 20-99: 0, 100+: 0" in page

    def test_show_what_the_active_models_have_done(self, admin_client: Client) -> None:
        make_active("object_detector")
        photo = make_photo()
        make_photo()
        make_analysis(photo=photo, recipe="object_detector.packaged.1")
        make_analysis(photo=photo, recipe="object_detector.old.1")

        page = " ".join(admin_client.get(HOME).content.decode().split())

        row = re.search(r'<th scope="row">objects</th>(.*?)</tr>', page)
        assert row is not None
        assert 'width="50"' in row[1]
        assert "50 %" in row[1]

    def test_have_nothing_inline(self, admin_client: Client) -> None:
        taken(2020)

        page = admin_client.get(HOME).content.decode()

        assert not re.search(r"<script>|<style|\sstyle=|\son[a-z]+=", page)


class TestEstimates:
    @pytest.fixture
    def million(self, monkeypatch: pytest.MonkeyPatch) -> Photo:
        """A library that is large, as far as the page knows, of which PostgreSQL has noted much."""
        owner, first = make_owner(), taken(2001)
        for year in (2001, 2001, 2003):
            make_analysis(photo=taken(year, owner=owner))
        for _ in range(4):
            make_face(cluster=make_cluster(owner=owner))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE photos_photo, photos_analysis, faces_membership, faces_face")
        monkeypatch.setattr(totals, "FEW", 2)
        return first

    def test_are_said_to_be_about(self, million: Photo, admin_client: Client) -> None:
        found = cards(admin_client.get(HOME).content.decode())

        assert found["Photos"] == f"about {Photo.objects.count()}"
        assert found["Faces"] == "about 4"

    def test_know_the_years_without_reading_the_photos(
        self, million: Photo, django_assert_num_queries: Any
    ) -> None:
        Photo.objects.exclude(dated_at__year__in=(2001, 2003)).delete()
        make_photo(dated_at=datetime(2003, 9, 1, tzinfo=UTC))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE photos_photo")

        with django_assert_num_queries(1) as queries:
            found = overview.years(Count(5, is_about=True))

        assert found == [(2001, 3), (2002, 0), (2003, 2)]
        assert "FROM photos_photo" not in queries.captured_queries[0]["sql"]

    def test_know_how_much_was_done(self, million: Photo) -> None:
        recipes = {"objects": "object_detector.packaged.1", "ocr": "another"}

        found = overview.coverage(Census(), recipes, 6)

        assert [(each.operation, each.photos, each.percent) for each in found] == [
            ("objects", Count(3, is_about=True), 50),
            ("ocr", Count(0, is_about=True), 0),
        ]

    def test_of_sizes_are_remembered(self, django_assert_num_queries: Any) -> None:
        make_cluster(faces=1)
        before = overview.unknown_clusters()
        make_cluster(faces=1)

        with django_assert_num_queries(0):
            again = overview.unknown_clusters()

        assert before == again == [("1-4", 1), ("5-19", 0), ("20-99", 0), ("100+", 0)]


class TestRoles:
    def test_see_what_is_theirs(self, client: Client) -> None:
        found = {name: set(cards(home(client, name))) for name in (REVIEWER, OPERATOR, AUDITOR)}

        people = {"Clusters that nobody has named", "Matched by themselves"}
        people |= {"Photos", "Faces", "People", "Clusters"}
        work = {"Photos that wait", "Photos that failed", "Webhooks that are off"}
        assert found == {
            REVIEWER: people | {"Review"},
            OPERATOR: work,
            AUDITOR: people | work,
        }

    @pytest.mark.parametrize("group", [REVIEWER, OPERATOR, AUDITOR])
    def test_can_go_wherever_it_leads(self, client: Client, group: str) -> None:
        taken(2020)
        make_cluster(faces=1)

        there = links(home(client, group))

        assert there
        assert {url: client.get(url).status_code for url in there} == dict.fromkeys(there, 200)

    def test_none_see_nothing(self, client: Client) -> None:
        make_cluster(faces=1)

        page = home(client)

        assert cards(page) == {}
        assert links(page) == set()
        assert 'class="chart"' not in page

    def test_are_asked_for_by_the_page_of_an_app_alone(self, admin_client: Client) -> None:
        page = admin_client.get("/admin/faces/").content.decode()

        assert cards(page) == {}
