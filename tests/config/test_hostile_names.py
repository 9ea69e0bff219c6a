"""Names are words, whatever they look like: on every page where they show, and in what is sent."""

from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from rest_framework.test import APIClient

from faces.models import MAX_NAME, Cluster, Edit, Person
from faces.people import merging, naming
from photos.models import Owner, Space
from search.models import SavedSearch
from tests.faces.house import UNSURE, at, cluster_of, join
from tests.factories import make_face, make_person, make_photo, make_space, make_user

pytestmark = pytest.mark.django_db
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": "\"><img src=x onerror='alert(1)'>",
    "template": "{{7*7}}{% debug %}",
    "formula": "=cmd()|' /C calc'!A0",
    "backwards": "\u202e\u05d0\u05d1\u05d2",
    "long": "x" * MAX_NAME,
}
TOO_LONG = "x" * 300


@dataclass(frozen=True)
class Library:
    """Somebody with a hostile name, alias and owner, in one photo with somebody else."""

    owner: Owner
    person: Person
    other: Person
    cluster: Cluster
    unnamed: Cluster
    photo: int
    face: int
    edit: Edit

    @classmethod
    def build(cls, owner: Owner, space: Space, name: str) -> "Library":
        owner.subject = name
        owner.save()
        person = make_person(owner=owner, name=name, aliases=[f"{name[:-1]}?"])
        other = make_person(owner=owner, name=f"{name[:-1]}!")
        cluster = cluster_of(owner, space, at(0), at(0.01), person=person)
        cluster_of(owner, space, at(UNSURE), person=other)
        face = cluster.memberships.order_by("pk")[0].face
        make_face(photo=face.photo, cluster=other.clusters.get(), x=500.0)
        unnamed = cluster_of(owner, space, at(3))
        join(cluster, at(1), 0.5)
        gone = make_person(owner=owner, name=f"{name[:-1]}+")
        merging.merge_people(owner, person, [gone], by=make_user(username=name[:150]))
        edit = Edit.objects.get()
        SavedSearch.objects.create(
            owner=owner, name=name[:100], asked={"person_ids": [person.pk]}, count=1
        )
        make_photo(owner=owner)
        return cls(owner, person, other, cluster, unnamed, face.photo_id, face.pk, edit)

    def pages(self) -> dict[str, bool]:
        """Addresses, and whether the name shows there."""
        mine = {"owner": self.owner.pk}
        theirs = {**mine, "person_ids": self.person.pk}
        return {
            "/admin/": False,
            "/admin/faces/cluster/": True,
            f"/admin/faces/cluster/{self.cluster.pk}/change/": True,
            "/admin/faces/face/": True,
            f"/admin/faces/face/{self.face}/change/": True,
            "/admin/faces/person/": True,
            f"/admin/faces/person/{self.person.pk}/change/": True,
            f"/admin/faces/person/{self.other.pk}/change/": True,
            f"/admin/faces/person/{self.person.pk}/erase/": True,
            "/admin/faces/edit/": True,
            f"/admin/faces/edit/{self.edit.pk}/change/": True,
            f"/admin/faces/edit/{self.edit.pk}/undo/": True,
            "/admin/faces/erasure/": False,
            f"/admin/review/?{urlencode({**mine, 'kind': 'assignments'})}": True,
            f"/admin/search/?{urlencode(theirs)}": True,
            f"/admin/search/?{urlencode({**mine, 'q': self.person.name})}": True,
            "/admin/search/savedsearch/": True,
            "/admin/photos/photo/": True,
            f"/admin/photos/photo/{self.photo}/change/": True,
            f"/admin/photos/photo/{self.photo}/change/?face={self.face}": True,
            "/admin/photos/owner/": True,
            "/admin/admin/logentry/": False,
            "/admin/jobs/job/": False,
        }


class _Tags(HTMLParser):
    """What a browser makes of a page: scripts, and attributes that run one."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.running: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "script" and not (names.get("src") or names.get("type") == "application/json"):
            self.running.append(tag)
        self.running += [name for name in names if name.startswith("on")]


class _Turned(HTMLParser):
    """Where a name stands beside other words of a line that it may turn around.

    That is neither in a `bdi` nor alone in its block; nor is it in what has no lines: choices,
    fields, and words in pictures.
    """

    BLOCKS = frozenset(
        [
            "p",
            "li",
            "dd",
            "dt",
            "td",
            "th",
            "div",
            "h1",
            "h2",
            "h3",
            "button",
            "figcaption",
            "section",
        ]
    )
    APART = frozenset(["bdi", "title", "option", "textarea", "script", "style", "text"])
    EMPTY = frozenset(["img", "input", "br", "link", "meta", "hr"])

    def __init__(self, page: str, name: str) -> None:
        super().__init__()
        self.name = name
        self.open: list[tuple[str, list[str]]] = []  # tags, and the words of blocks
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.EMPTY:
            self.open.append((tag, []))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """It has no words."""

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            closed, words = self.open.pop()
            if closed in self.BLOCKS:
                said = [each.strip() for each in words if each.strip()]
                self.found += [each for each in said if self.name in each and len(said) > 1]
            if closed == tag:
                return

    def handle_data(self, data: str) -> None:
        for tag, words in reversed(self.open):
            if tag in self.APART:
                return
            if tag in self.BLOCKS:
                words.append(data)
                return


def running(page: str) -> list[str]:
    return _Tags(page).running


@pytest.fixture
def space(db: None) -> Space:
    return make_space(same_person_cosine=0.5)


@pytest.fixture(params=list(HOSTILE.values()), ids=list(HOSTILE))
def library(request: Any, owner: Owner, space: Space) -> Library:
    return Library.build(owner, space, request.param)


class TestHostileNames:
    def test_are_words_on_every_page(self, admin_client: Client, library: Library) -> None:
        lacking, broken = [], []
        for address, shows in library.pages().items():
            response = admin_client.get(address)
            assert response.status_code == 200, address
            page = response.content.decode()
            if shows and not any(each in page for each in _written(library.person.name)):
                lacking.append(address)
            if running(page):
                broken.append((address, running(page)))

        assert (lacking, broken) == ([], [])

    @pytest.mark.parametrize(
        ("page", "turned"),
        [
            ("<p><a>Anna</a> and others</p>", ["Anna"]),
            ("<p><a><bdi>Anna</bdi></a> and others</p>", []),
            ("<td><a>Anna</a></td><td>others</td>", []),
            ("<li>Named Anna. <button>Undo</button></li>", []),
            ("<p>Of Anna<br><img>go <b>3</b> faces</p>", ["Of Anna"]),
        ],
    )
    def test_are_found_where_they_turn_others_around(self, page: str, turned: list[str]) -> None:
        assert _Turned(page, "Ann").found == turned

    @pytest.mark.parametrize("library", [HOSTILE["backwards"]], indirect=True)
    def test_turn_no_other_words_around(self, admin_client: Client, library: Library) -> None:
        letters = library.person.name[:3]  # the others are called nearly the same

        turned = {
            address: _Turned(admin_client.get(address).content.decode(), letters).found
            for address in library.pages()
        }

        assert {address: found for address, found in turned.items() if found} == {}

    def test_are_words_where_something_is_asked_and_told(
        self, admin_client: Client, library: Library
    ) -> None:
        cluster = {"action": "name_as", "_selected_action": [library.unnamed.pk]}
        people = {"_selected_action": [library.person.pk, library.other.pk]}
        sent: list[tuple[str, dict[str, Any]]] = [
            ("/admin/faces/cluster/", cluster),
            ("/admin/faces/person/", {"action": "hide", "_selected_action": library.person.pk}),
            ("/admin/faces/person/", {"action": "merge", **people}),
            ("/admin/faces/cluster/", {**cluster, "answered": "on", "name": library.other.name}),
        ]

        pages = [admin_client.post(url, data, follow=True).content.decode() for url, data in sent]

        assert [running(page) for page in pages] == [[]] * len(pages)
        assert all("alert(1)</" not in page for page in pages)

    def test_are_words_in_what_is_offered_as_one_types(
        self, admin_client: Client, library: Library
    ) -> None:
        typed: dict[str, Any] = {"owner": library.owner.pk, "q": library.person.name[:6]}

        offered = admin_client.get("/admin/faces/cluster/names/", typed)
        found = admin_client.get("/admin/search/suggest", typed)

        assert library.person.name in offered.json()["names"]
        for answer in (offered, found):
            assert answer["Content-Type"] == "application/json"
            assert answer["X-Content-Type-Options"] == "nosniff"

    def test_come_out_of_the_api_as_they_went_in(self, api: APIClient, library: Library) -> None:
        person = api.get(f"/api/v1/people/{library.person.pk}/")

        assert person.json()["name"] == library.person.name
        assert person["Content-Type"] == "application/json"


class TestTooLongNames:
    def test_are_refused_by_pages_and_doors(
        self, admin_client: Client, api: APIClient, owner: Owner, space: Space
    ) -> None:
        cluster = cluster_of(owner, space, at(0))

        page = admin_client.post(
            f"/admin/faces/cluster/{cluster.pk}/name/", {"name": TOO_LONG}, follow=True
        )
        door = api.post(f"/api/v1/faces/clusters/{cluster.public_id}/label/", {"name": TOO_LONG})

        [told] = page.context["messages"]
        assert "200" in str(told)
        assert door.status_code in {400, 422}
        assert not Person.objects.exists()
        with pytest.raises(Exception, match="200"):
            naming.checked_name(TOO_LONG)


def _written(name: str) -> tuple[str, ...]:
    """As it may stand in a page, whole or cut; an attribute has quotes escaped."""
    words = escape(name)
    return words, words[:60] if len(name) > 60 else words
