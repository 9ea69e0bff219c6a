"""In which language the service speaks: pages of staff, and the API."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings as of_django
from django.contrib.admin.models import LogEntry
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from faces.models import Edit
from faces.people import naming
from jobs.overview import Count
from tests.factories import make_cluster, make_owner, make_person, make_photo, make_user

pytestmark = pytest.mark.django_db
INDONESIAN = {"Accept-Language": "id-ID,id;q=0.9,en;q=0.5"}
_TOOK = re.compile(rb'"time":[0-9.e-]+')
HOSTILE = "<script>alert(1)</script> %(name)s %s {0} {{7*7}} =cmd() \u202eannA"
DOORS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("get", "/api/v1/people/", {}),
    ("get", "/api/v1/people/999/", {}),
    ("post", "/api/v1/people/", {"name": ""}),
    ("post", "/api/v1/faces/clusters/merge/", {}),
    ("post", "/api/v1/search/", {"limit": "many"}),
    ("post", "/api/v1/process/image/", {}),
    ("delete", "/api/v1/people/", {}),
    ("get", "/api/v1/nothing/here/", {}),
    ("post", "/admin/cleanup/", {"days": "many"}),
    ("get", "/api/schema/?format=json", {}),
    ("get", "/collections/none", {}),
    ("get", "/health/", {}),
)


@pytest.fixture(autouse=True)
def _no_server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.TRITON_URL = "127.0.0.1:9"
    monkeypatch.setattr("config.health.machine", dict)  # how busy it is changes between answers


@pytest.fixture
def staff() -> Client:
    """Whose browser asks for Indonesian."""
    client = Client(headers=INDONESIAN)
    client.force_login(make_user(username="ani", is_staff=True, is_superuser=True))
    return client


def language_of(answer: Any) -> str:
    """As its page says."""
    html = answer.content.decode()
    return str(html[html.index("<html") :].split('"')[1])


class TestPages:
    def test_speak_the_language_of_the_browser(self) -> None:
        asked = {"id": "id", "id-ID,en;q=0.5": "id", "de,en;q=0.5": "en", "de": "en", "": "en"}

        spoken = {
            each: language_of(Client().get("/admin/login/", headers={"Accept-Language": each}))
            for each in asked
        }

        assert spoken == asked

    def test_speak_the_language_that_was_chosen(self, staff: Client) -> None:
        answer = staff.post("/admin/language/", {"language": "en", "next": "/admin/"}, follow=True)

        assert answer.redirect_chain == [("/admin/", 302)]
        assert language_of(answer) == language_of(staff.get("/admin/faces/person/")) == "en"
        assert staff.cookies["django_language"]["httponly"]

    def test_stay_as_they_are_if_another_language_is_chosen(self, staff: Client) -> None:
        staff.post("/admin/language/", {"language": "xx", "next": "/admin/"})

        assert language_of(staff.get("/admin/")) == "id"

    def test_lead_to_no_other_site_after_a_choice(self, staff: Client) -> None:
        data = {"language": "en", "next": "https://elsewhere.example/"}

        assert staff.post("/admin/language/", data)["Location"] == "/"

    def test_offer_the_other_language_in_its_own_words(self, staff: Client) -> None:
        indonesian = staff.get("/admin/").content.decode()
        english = Client().get("/admin/login/").content.decode()

        assert '<button name="language" value="en" lang="en">English</button>' in indonesian
        assert '<button name="language" value="id" lang="id">Bahasa Indonesia</button>' in english

    def test_tell_caches_what_they_depend_on(self, staff: Client) -> None:
        answer = staff.get("/admin/")

        assert {"Accept-Language", "Cookie"} <= {*answer["Vary"].split(", ")}
        assert answer["Content-Language"] == "id"

    def test_leave_no_language_behind(self, staff: Client) -> None:
        staff.get("/admin/")

        assert translation.get_language() == of_django.LANGUAGE_CODE


class TestWords:
    def test_are_of_dates_as_well(self, staff: Client) -> None:
        owner = make_owner()
        make_photo(owner=owner, dated_at=datetime(2024, 8, 17, tzinfo=UTC))

        page = staff.get("/admin/search/?since=2024-01-01").content.decode()

        assert ">17 Agt 2024<" in page or ">17 Agu 2024<" in page
        assert "1 foto" in page

    def test_are_of_numbers_as_well(self) -> None:
        with translation.override("id"):
            shown = render_to_string("admin/home/count.html", {"count": Count(12345)})

        assert shown.strip() == "12.345"

    def test_are_of_messages_and_of_what_is_refused(self, staff: Client) -> None:
        cluster = make_cluster(faces=1)
        make_person(owner=cluster.owner, name="Anna", aliases=["Ani"])

        def name_it(name: str) -> str:
            door = f"/admin/faces/cluster/{cluster.pk}/name/"
            answer = staff.post(door, {"name": name}, follow=True)
            return " ".join(str(each) for each in answer.context["messages"])

        refused, done = name_it(" "), name_it("Ben")

        assert refused.endswith(": Beri orang ini nama: masih kosong.")
        assert done.startswith("Ben dinamai. <button")
        assert ">Urungkan</button>" in done

    def test_are_stored_as_whoever_did_it_reads_them(self, staff: Client) -> None:
        cluster = make_cluster(faces=1)

        staff.post(f"/admin/faces/cluster/{cluster.pk}/name/", {"name": "Ben"})

        assert LogEntry.objects.get().change_message == "Ben dinamai."
        assert Edit.objects.get().kind == Edit.Kind.LABEL


class TestHostileNames:
    def test_are_only_names_in_indonesian_too(self, staff: Client) -> None:
        cluster = make_cluster(faces=2)
        naming.name_cluster(cluster, HOSTILE)
        person = cluster.owner.people.get()
        faces = list(cluster.memberships.values_list("face", flat=True))
        asking = {"do": "reject", "face": faces}

        pages = [
            staff.get("/admin/faces/cluster/"),
            staff.get("/admin/faces/person/"),
            staff.get(f"/admin/faces/person/{person.pk}/change/"),
            staff.get(f"/admin/faces/person/{person.pk}/erase/"),
            staff.get("/admin/faces/edit/"),
            staff.get("/admin/search/"),
            staff.post(f"/admin/faces/cluster/{cluster.pk}/faces/", asking),
        ]

        assert [page.status_code for page in pages] == [200] * len(pages)
        for page in pages:
            html = page.content.decode()
            assert "<script>alert" not in html
            assert "&lt;script&gt;alert(1)&lt;/script&gt; %(name)s %s {0} {{7*7}}" in html


class TestApi:
    @pytest.mark.parametrize(("method", "path", "data"), DOORS)
    def test_is_english_whatever_is_asked_for(
        self, method: str, path: str, data: dict[str, str]
    ) -> None:
        make_person(owner=make_owner(subject="ani"), name="Anna")
        answers = list(answers_to(method, path, data))

        assert len({answer.status_code for answer in answers}) == 1
        assert len({_TOOK.sub(b"", answer.content) for answer in answers}) == 1

    def test_is_english_to_strangers_too(self) -> None:
        answer = Client(headers=INDONESIAN).get("/api/v1/people/")

        assert answer.json()["detail"] == "Authentication credentials were not provided."

    def test_is_english_after_a_page_was_not(self, staff: Client) -> None:
        staff.get("/admin/")

        answer = staff.get("/api/v1/people/999/")

        assert "Content-Language" not in answer.headers
        assert answer.json()["detail"] == "No Person matches the given query."


def answers_to(method: str, path: str, data: dict[str, str]) -> Iterator[Any]:
    """To staff with browsers of both languages, and to those who have chosen."""
    user = make_user(is_staff=True, is_superuser=True)
    for headers, chosen in (({}, None), (INDONESIAN, None), ({}, "id")):
        client = Client(headers=headers)
        client.force_login(user)
        if chosen:
            client.cookies["django_language"] = chosen
        ask = getattr(client, method)
        yield ask(path) if method == "get" else ask(path, data, content_type="application/json")
