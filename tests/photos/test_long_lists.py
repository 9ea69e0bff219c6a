"""Lists of the admin of any length: pages by where the one before has ended."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from django.test import Client

from faces.admin.clusters import ClusterAdmin
from faces.admin.faces import FaceAdmin
from faces.admin.people import PersonAdmin
from photos.long_lists import LongList
from tests.factories import make_cluster, make_face, make_owner, make_person, make_photo

pytestmark = pytest.mark.django_db
FACES = "/admin/faces/face/"
CLUSTERS = "/admin/faces/cluster/"
PEOPLE = "/admin/faces/person/"


@pytest.fixture(autouse=True)
def _pages_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    for page in (ClusterAdmin, FaceAdmin, PersonAdmin):
        monkeypatch.setattr(page, "list_per_page", 2)


def keys(shown: LongList) -> list[int]:
    return [row.pk for row in shown.result_list]


def at(client: Client, url: str) -> LongList:
    shown: LongList = client.get(url).context["cl"]
    return shown


def pages(client: Client, url: str, way: str) -> list[list[int]]:
    """The rows of each page from `url` on, as long as there is one more `way`."""
    path, _, query = url.partition("?")
    shown = at(client, f"{path}?{query}")
    found = [keys(shown)]
    while further := getattr(shown, f"{way}_query"):
        shown = at(client, f"{path}{further}")
        found.append(keys(shown))
    return found


class TestPages:
    @pytest.mark.parametrize("order", ["", "?o=5", "?o=-5.6", "?o=6", "?o=4"])
    def test_show_each_row_once_whatever_they_are_sorted_by(
        self, admin_client: Client, order: str
    ) -> None:
        faces = [make_face(quality=(number % 3) / 4, confidence=0.5) for number in range(7)]

        found = pages(admin_client, f"{FACES}{order}", "next")

        assert [len(page) for page in found] == [2, 2, 2, 1]
        assert sorted(key for page in found for key in page) == [face.pk for face in faces]

    def test_go_back_to_what_was_before(self, admin_client: Client) -> None:
        for number in range(5):
            make_face(quality=(number % 2) / 2)
        ahead = pages(admin_client, f"{FACES}?o=6", "next")
        second = at(admin_client, FACES + str(at(admin_client, f"{FACES}?o=6").next_query))
        third = at(admin_client, FACES + str(second.next_query))

        back = pages(admin_client, FACES + str(third.previous_query), "previous")

        assert back == [ahead[1], ahead[0]]
        assert at(admin_client, f"{FACES}?o=6").previous_query is None

    def test_of_moments_lose_nothing(self, admin_client: Client) -> None:
        people = [make_person(name=f"P{number}").pk for number in range(5)]

        column = [*at(admin_client, PEOPLE).list_display].index("created_at")
        found = pages(admin_client, f"{PEOPLE}?o={column}", "next")

        assert [key for page in found for key in page] == people

    def test_of_people_go_by_how_many_faces_they_have(self, admin_client: Client) -> None:
        owner = make_owner()
        people = []
        for count in (1, 3, 2, 0):
            people.append(make_person(owner=owner))
            make_cluster(owner=owner, person=people[-1], faces=count)
        column = [*at(admin_client, PEOPLE).list_display].index("faces")

        found = pages(admin_client, f"{PEOPLE}?o=-{column}", "next")

        one, three, two, none = (person.pk for person in people)
        assert found == [[three, two], [one, none]]

    def test_stay_where_they_are_when_rows_are_added(self, admin_client: Client) -> None:
        faces = [make_face().pk for _ in range(4)]
        first = at(admin_client, FACES)
        make_face()

        second = at(admin_client, FACES + str(first.next_query))

        assert keys(second) == faces[1::-1]

    @pytest.mark.parametrize("where", ["2", "x", "<script>", "%00", "W1sxXSwgZmFsc2Vd:1:x"])
    def test_that_are_none_are_the_first(self, admin_client: Client, where: str) -> None:
        faces = [make_face().pk for _ in range(3)]

        assert keys(at(admin_client, f"{FACES}?p={where}")) == faces[:0:-1]

    def test_of_another_order_are_the_first(self, admin_client: Client) -> None:
        for _ in range(3):
            make_face()
        first = at(admin_client, FACES)

        shown = at(admin_client, f"{FACES}{first.next_query}&o=6")

        assert shown.previous_query is None

    def test_keep_what_the_list_is_narrowed_down_to(self, admin_client: Client) -> None:
        clusters = [make_cluster(faces=1) for _ in range(3)]
        owner = clusters[0].owner
        mine = [clusters[0].pk, *(make_cluster(owner=owner, faces=1).pk for _ in range(2))]

        found = pages(admin_client, f"{CLUSTERS}?owner__id__exact={owner.pk}", "next")

        assert [key for page in found for key in page] == mine


class TestCount:
    def told(self, client: Client, url: str) -> Sequence[str]:
        page = client.get(url).content.decode()
        return re.findall(r"<span>([^<]* faces?)</span>", page)

    @pytest.mark.parametrize(("rows", "told"), [(1, "1 face"), (2, "2 faces"), (5, "5 faces")])
    def test_is_told(self, admin_client: Client, rows: int, told: str) -> None:
        for _ in range(rows):
            make_face()

        assert self.told(admin_client, FACES) == [told]

    def test_is_about_right_where_there_are_many(
        self, admin_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("photos.long_lists.MOST_COUNTED", 3)
        monkeypatch.setattr("photos.long_lists.estimated", lambda _rows: 1_234_567)
        photo = make_photo()
        for _ in range(4):
            make_face(photo=photo)

        assert self.told(admin_client, FACES) == ["about 1,200,000 faces"]

    def test_is_what_the_database_thinks_where_there_are_many(
        self, admin_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("photos.long_lists.MOST_COUNTED", 3)
        for _ in range(4):
            make_face()

        [told] = self.told(admin_client, FACES)

        assert re.fullmatch(r"about [\d,]+ faces", told)

    def test_costs_nothing_where_all_is_on_one_page(
        self, admin_client: Client, django_assert_num_queries: Any
    ) -> None:
        make_face()
        with django_assert_num_queries(5):
            admin_client.get(FACES)

        make_face()
        make_face()
        with django_assert_num_queries(6):
            admin_client.get(FACES)
