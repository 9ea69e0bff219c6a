"""The page on which staff search photos."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from inference.errors import InferenceUnavailable
from jobs.admin.searching import trying
from photos.models import Owner, Photo
from search.models import SavedSearch
from tests.factories import make_owner, make_person, make_photo, make_place
from tests.jobs.search_desk import SEARCH, links, look, shown, staff
from tests.search.words.library import photo_of, show

pytestmark = pytest.mark.django_db

ASKING = 19
IN_2023 = datetime(2023, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def anna(owner: Owner) -> Photo:
    """A photo of Anna, taken in Ubud in 2023."""
    place = make_place(name="Ubud")
    photo = make_photo(owner=owner, place=place, dated_at=IN_2023, dated_by=Photo.DatedBy.EXIF)
    show(photo, make_person(owner=owner, name="Anna"), x=7.0)
    return photo


class TestResults:
    def test_show_when_where_and_why(self, admin_client: Client, anna: Photo) -> None:
        make_photo(owner=anna.owner)

        page = look(admin_client, q="Anna")

        assert shown(page) == [anna.pk]
        assert "1 photo </p>" in page
        assert "1 May 2023</time>" in page
        assert ">Ubud</span>" in page
        assert '<g class="faces"><rect x="7.0" y="10.0" width="50.0" height="60.0">' in page
        assert f'alt="Photo {anna.pk}: Anna"' in page

    def test_draw_things_and_text(self, admin_client: Client, owner: Owner) -> None:
        photo = photo_of(owner, text=("TERMINAL",))

        page = look(admin_client, q='"terminal"')

        assert shown(page) == [photo.pk]
        assert '<g class="text"><polygon points="1.0,2.0 9.0,2.0 9.0,5.0 1.0,5.0 ">' in page
        assert "“TERMINAL”" in page

    def test_come_page_by_page_in_the_order_asked_for(
        self, admin_client: Client, owner: Owner
    ) -> None:
        photos = [make_photo(owner=owner).pk for _ in range(3)]

        first = look(admin_client, faces="0", limit="2")
        [following] = [each for each in links(first) if "cursor=" in each]
        second = " ".join(admin_client.get(SEARCH + following).content.decode().split())

        assert "3 photos </p>" in first
        assert shown(first) + shown(second) == photos[::-1]
        assert "First page</a>" in second
        assert shown(look(admin_client, faces="0", sort="oldest")) == photos

    def test_cost_a_fixed_number_of_queries(
        self,
        admin_client: Client,
        owner: Owner,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        anna = make_person(owner=owner, name="Anna")
        show(make_photo(owner=owner, place=make_place()), anna)
        look(admin_client, q="Anna")  # what is remembered of words
        for count in (1, 2):
            for _ in range(count):
                show(make_photo(owner=owner, place=make_place()), anna)
            with django_assert_num_queries(ASKING):
                page = look(admin_client, q="Anna")
        assert len(shown(page)) == 4


class TestInterpretation:
    def test_is_told_and_parts_can_be_left_out(self, admin_client: Client, anna: Photo) -> None:
        page = look(admin_client, q="Anna in 1999")

        assert shown(page) == []
        assert '<li class="chip people" title="Anna">' in page
        [without] = re.findall(r'href="([^"]*)" aria-label="Without “1999”', page)
        again = " ".join(unescape(admin_client.get(SEARCH + without).content.decode()).split())
        assert shown(again) == [anna.pk]
        assert "All words again" in again

    def test_tells_what_was_not_understood(self, admin_client: Client, anna: Photo) -> None:
        page = look(admin_client, q="Anna, not with Zork")

        assert "<span>not understood: Zork</span>" in page
        assert shown(page) == [anna.pk]


class TestFilters:
    def test_are_offered_and_taken_away(self, admin_client: Client, anna: Photo) -> None:
        other = make_photo(owner=anna.owner)

        page = look(admin_client, faces="0-")
        counted = re.findall(
            r'<li><bdi><a href="([^"]*)">([^<]*)</a></bdi> <span>(\d+)</span>', page
        )
        offered = {name: (link, int(count)) for link, name, count in counted}

        assert {"Anna", "2023", "Ubud", "Indonesia"} < offered.keys()
        for name in ("Anna", "2023", "Ubud"):
            link, count = offered[name]
            narrowed = admin_client.get(SEARCH + link).content.decode()
            assert (shown(narrowed), count) == ([anna.pk], 1)
            [away] = re.findall(
                rf'href="([^"]*)" aria-label="Without the filter “[^”]*{name}”', narrowed
            )
            wide = admin_client.get(SEARCH + unescape(away)).content.decode()
            assert set(shown(wide)) == {anna.pk, other.pk}

    def test_stay_when_other_words_are_asked(self, admin_client: Client, anna: Photo) -> None:
        page = look(admin_client, q="Anna", places="Ubud", without="")

        assert '<input type="hidden" name="places" value="Ubud">' in page


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "too much": ({"q": "a" * 10_000}, "The question"),
    "a cursor that is none": ({"faces": "0", "cursor": "x"}, "cursor: "),
    "a part that is none": ({"q": "2023", "without": "x"}, ""),
    "a wrong date": ({"since": "2023-02-31"}, "since: "),
    "an unknown filter": ({"q": "x", "colour": "red"}, "colour: There is no such parameter"),
    "nobody": ({"people": "Nobody"}, "people: nothing here is called 'Nobody'"),
    "a person who is none": ({"person_ids": "99999999"}, "person_ids: there is no person"),
    "letters that are none": ({"q": "a\x00b"}, "q: "),
    "too many": ({"q": "x", "limit": "1000"}, "limit: "),
}


class TestMistakes:
    @pytest.mark.parametrize("mistake", WRONG)
    def test_are_told_above_nothing(self, admin_client: Client, anna: Photo, mistake: str) -> None:
        asked, message = WRONG[mistake]

        page = look(admin_client, **asked)

        [told] = re.findall(r'<p class="trouble" role="alert">([^<]+)</p>', page)
        assert told.startswith(message)
        assert shown(page) == []

    def test_say_that_the_model_server_is_silent(
        self, admin_client: Client, anna: Photo, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def silent(*_: object) -> None:
            raise InferenceUnavailable("nobody listens")

        monkeypatch.setattr(trying, "answer", silent)

        page = look(admin_client, q="Anna")

        assert "The model server gives no answer" in page
        assert '<li class="chip people" title="Anna">' in page


class TestOwners:
    def test_never_see_what_is_others(self, admin_client: Client, anna: Photo) -> None:
        theirs = make_owner()
        show(make_photo(owner=theirs), make_person(owner=theirs, name="Ben"))
        SavedSearch.objects.create(owner=theirs, name="Theirs", asked={"faces": "0"})

        for asked in ({}, {"faces": "0-"}):
            page = look(admin_client, owner=anna.owner_id, **asked)
            assert not re.search("Ben|Theirs", page)
        assert shown(look(admin_client, owner=anna.owner_id, q="Ben")) == []
        assert "nothing here is called 'Ben'" in look(
            admin_client, owner=anna.owner_id, people="Ben"
        )
        assert shown(look(admin_client, owner=theirs.pk, q="Anna")) == []

    def test_are_the_users_own_or_of_the_newest_photo(
        self, admin_client: Client, admin_user: Any, anna: Photo
    ) -> None:
        newest = make_photo()
        option = '<option value="{}" selected>'

        assert option.format(newest.owner_id) in look(admin_client)
        own = make_owner(user=admin_user)
        assert option.format(own.pk) in look(admin_client)

    @pytest.mark.parametrize("key", ["999999", "x", "1" * 30, "-1", "²"])
    def test_that_are_not_there_are_not_found(self, admin_client: Client, key: str) -> None:
        for address in (SEARCH, f"{SEARCH}suggest"):
            assert admin_client.get(address, {"owner": key, "q": "an"}).status_code == 404
        assert admin_client.post(f"{SEARCH}save?owner={key}&faces=0", {}).status_code == 404

    def test_may_be_none_at_all(self, admin_client: Client) -> None:
        assert "There is no photo yet." in look(admin_client)
        assert admin_client.get(f"{SEARCH}suggest?q=an").json() == {"results": []}
        assert admin_client.post(f"{SEARCH}save?faces=0", {"name": "x"}).status_code == 404


class TestPermissions:
    def test_are_needed(self, client: Client, anna: Photo) -> None:
        assert client.get(SEARCH).status_code == 302
        staff(client, "view_job")
        for address in (SEARCH, f"{SEARCH}suggest"):
            assert client.get(address).status_code == 403

    def test_to_look_are_none_to_save(self, client: Client, anna: Photo) -> None:
        staff(client, "view_photo")

        assert "Save this search" not in look(client, q="Anna")
        assert client.post(f"{SEARCH}save?q=Anna", {"name": "x"}).status_code == 403
        assert not SavedSearch.objects.exists()


class TestSuggestions:
    def test_are_of_the_owner(self, admin_client: Client, anna: Photo) -> None:
        answer = admin_client.get(f"{SEARCH}suggest", {"owner": str(anna.owner_id), "q": "an"})

        assert answer.json() == {"results": [{"kind": "people", "words": "Anna"}]}
        assert admin_client.get(f"{SEARCH}suggest").json() == {"results": []}


class TestSavedSearches:
    def test_are_kept_and_asked_again(self, admin_client: Client, anna: Photo) -> None:
        address = f"{SEARCH}save?owner={anna.owner_id}&q=Anna&places=Ubud"

        kept = admin_client.post(address, {"name": "Mine"}, follow=True)

        assert [str(each) for each in kept.context["messages"]] == ["Saved “Mine”."]
        assert shown(kept.content.decode()) == [anna.pk]
        saved = SavedSearch.objects.get()
        assert (saved.asked, saved.count) == ({"q": "Anna", "places": ["Ubud"]}, 1)
        [link] = [each for each in links(look(admin_client)) if "places" in each]
        SavedSearch.objects.update(count=0)
        assert shown(admin_client.get(SEARCH + link).content.decode()) == [anna.pk]
        saved.refresh_from_db()
        assert saved.count == 1

    @pytest.mark.parametrize(
        ("query", "name", "message"),
        [
            ("q=Anna", "Mine", "There is another saved search named 'Mine'."),
            ("q=Anna", "", "name: "),
            ("q=Anna", "x" * 201, "name: "),
            ("people=Nobody", "Other", "people: "),
            ("", "Other", "q: "),
        ],
    )
    def test_tell_what_can_not_be_kept(
        self, admin_client: Client, anna: Photo, query: str, name: str, message: str
    ) -> None:
        SavedSearch.objects.create(owner=anna.owner, name="Mine", asked={"q": "Anna"})

        kept = admin_client.post(f"{SEARCH}save?{query}", {"name": name}, follow=True)

        assert [str(each)[: len(message)] for each in kept.context["messages"]] == [message]
        assert SavedSearch.objects.count() == 1


class TestEmptyPage:
    def test_gives_examples_of_the_owners_own(self, admin_client: Client, anna: Photo) -> None:
        page = look(admin_client)

        examples = re.findall(r'<a class="chip" href="[^"]*">([^<]*)</a>', page)
        assert examples == ["Anna", "photos in Ubud", "photos from 2023"]
        for example in examples:
            assert shown(look(admin_client, q=example)) == [anna.pk]

    def test_is_linked_on_the_first_page(self, admin_client: Client) -> None:
        assert f'href="{SEARCH}"' in admin_client.get("/admin/").content.decode()

    def test_has_no_inline_styles_or_scripts(self, admin_client: Client, anna: Photo) -> None:
        for page in (look(admin_client), look(admin_client, q="Anna")):
            assert not re.search(r"<script>|<style|\sstyle=|\son[a-z]+=", page)
