"""The lists of what was found in photos."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from photos import staff
from search import filters
from search.models import Unembedded
from tests.factories import make_owner, make_photo, make_space, make_user
from tests.search.factories import ENGLISH, changed, make_vocabulary, write
from tests.search.findings import make_analysis, make_caption, make_line, make_object, make_tag
from tests.search.listed import listed, offered, page_of

pytestmark = pytest.mark.django_db
OBJECTS = "/admin/search/detectedobject/"
LINES = "/admin/search/textline/"
TAGS = "/admin/search/phototag/"
CAPTIONS = "/admin/search/caption/"
INDONESIAN = changed("tags", "beach", "word", to="pantai")
INDONESIAN = changed("people", to={"one": "1 orang", "many": "{count} orang"}, of=INDONESIAN)

Make = Callable[..., Any]
LISTS = [(OBJECTS, make_object), (LINES, make_line), (TAGS, make_tag), (CAPTIONS, make_caption)]


@pytest.fixture(autouse=True)
def _vocabulary(settings: Any, tmp_path: Path) -> None:
    """Of two languages."""
    settings.VOCABULARY_DIR = tmp_path / "vocabulary"
    settings.VOCABULARY_DIR.mkdir()
    make_vocabulary(settings.VOCABULARY_DIR, en=ENGLISH, id=INDONESIAN)


@pytest.mark.parametrize(("url", "make"), LISTS)
class TestEachList:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_however_many_rows(
        self,
        admin_client: Client,
        django_assert_num_queries: Any,
        url: str,
        make: Make,
        rows: int,
    ) -> None:
        for number in range(rows):
            make(recipe=f"model.{number}")
        queries = {OBJECTS: 7, LINES: 6, TAGS: 7, CAPTIONS: 7}[url]

        with django_assert_num_queries(queries):
            found = listed(admin_client, url)

        assert len(found) == rows

    def test_shows_the_newest_first_and_links_to_their_photos(
        self, admin_client: Client, url: str, make: Make
    ) -> None:
        old, new = make(), make()

        found = listed(admin_client, url)
        page = page_of(admin_client, url)

        assert found == [new.pk, old.pk]
        for row in (old, new):
            assert f'href="/admin/photos/photo/{row.photo_id}/change/#' in page
            assert row.photo.thumbnail.url in page
            assert row.photo.original.url not in page

    def test_shows_what_any_model_has_found_and_says_which(
        self, admin_client: Client, url: str, make: Make
    ) -> None:
        photo = make_photo()
        for pack in ("one", "two"):
            make(photo=photo, recipe=f"some_role.{pack}.1+other_role.{pack}.1")

        page = page_of(admin_client, url)

        for pack in ("one", "two"):
            assert f">some_role.{pack}.1</span>" in page
            assert f">other_role.{pack}.1</span>" in page

    def test_narrows_down_to_a_recipe_and_to_an_owner(
        self, admin_client: Client, url: str, make: Make
    ) -> None:
        hers, _ = make(recipe="a.b.1+c.d.1"), make(recipe="e.f.1")
        owner = hers.photo.owner_id

        assert listed(admin_client, f"{url}?recipe=a.b.1%2Bc.d.1") == [hers.pk]
        assert listed(admin_client, f"{url}?photo__owner__id__exact={owner}") == [hers.pk]
        assert listed(admin_client, f"{url}?photo__id__exact={hers.photo_id}") == [hers.pk]

    def test_counts_no_further_than_its_pages_go(
        self, admin_client: Client, monkeypatch: pytest.MonkeyPatch, url: str, make: Make
    ) -> None:
        monkeypatch.setattr(staff, "PAGED", 2)
        for _ in range(3):
            make()

        response = admin_client.get(url)

        assert response.context["cl"].result_count == 2
        assert [str(each) for each in response.context["messages"]] == [
            "The first 2 are listed here. Search, or filter, to find others."
        ]

    def test_changes_nothing(self, admin_client: Client, url: str, make: Make) -> None:
        row = make()

        assert admin_client.get(f"{url}add/").status_code == 403
        assert admin_client.post(f"{url}{row.pk}/change/").status_code == 403
        assert admin_client.post(f"{url}{row.pk}/delete/").status_code == 403

    def test_wears_our_style_sheet_and_nothing_inline(
        self, admin_client: Client, url: str, make: Make
    ) -> None:
        row = make()

        pages = [page_of(admin_client, url), page_of(admin_client, f"{url}{row.pk}/change/")]

        for page in pages:
            assert 'href="/static/kindred/admin.css"' in page
            assert not re.search(r"<script>|\sstyle=|\son[a-z]+=", page)

    def test_is_not_for_staff_without_the_right(self, client: Client, url: str, make: Make) -> None:
        client.force_login(make_user(is_staff=True))
        refused = client.get(url).status_code
        reader = make_user(is_staff=True)
        model = url.split("/")[-2]
        reader.user_permissions.add(Permission.objects.get(codename=f"view_{model}"))
        client.force_login(reader)
        row = make()

        assert refused == 403
        assert listed(client, url) == [row.pk]


class TestObjects:
    def test_are_found_by_their_label(self, admin_client: Client) -> None:
        cat, dog = make_object(label="cat"), make_object(label="dog")

        assert listed(admin_client, f"{OBJECTS}?q=CAT") == [cat.pk]
        assert listed(admin_client, f"{OBJECTS}?label=dog") == [dog.pk]
        assert offered(admin_client, OBJECTS, "label") == ["cat", "dog"]

    def test_are_seen_through_a_window_on_the_thumbnail(self, admin_client: Client) -> None:
        make_object(x=100, y=50, width=200, height=80)

        page = page_of(admin_client, OBJECTS)

        assert 'viewBox="80.0 30.0 240.0 120.0"' in page
        assert 'width="640" height="480"></image>' in page

    def test_offer_the_recipes_that_objects_were_found_by(self, admin_client: Client) -> None:
        make_object()
        make_analysis(operation="objects", recipe="object_detector.tiny.1")
        make_analysis(operation="ocr", recipe="text_detector.tiny.1")

        assert offered(admin_client, OBJECTS, "recipe") == ["object_detector.tiny.1"]

    def test_offer_no_more_labels_than_fit(
        self, admin_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(filters, "OFFERED", 2)
        for label in ("a", "b", "c"):
            make_object(label=label)

        assert offered(admin_client, OBJECTS, "label") == ["a", "b"]


class TestTextLines:
    def test_are_found_by_their_words(self, admin_client: Client) -> None:
        menu, _ = make_line(text="Warung Padang"), make_line(text="EXIT")

        assert listed(admin_client, f"{LINES}?q=padang") == [menu.pk]

    def test_show_hostile_text_as_text(self, admin_client: Client) -> None:
        line = make_line(text="<script>alert(1)</script>")

        for url in (LINES, f"{LINES}{line.pk}/change/"):
            page = page_of(admin_client, url)
            assert "&lt;script&gt;alert(1)" in page
            assert "<script>alert" not in page

    def test_are_seen_through_a_window_around_their_corners(self, admin_client: Client) -> None:
        make_line(quad=[[20, 30], [120, 40], [118, 60], [18, 50]])

        assert 'viewBox="7.8 19.8 122.4 50.4"' in page_of(admin_client, LINES)


class TestTags:
    @pytest.mark.parametrize("words", ["beach", "PANTAI", "pan"])
    def test_are_found_by_their_words_in_any_language(
        self, admin_client: Client, words: str
    ) -> None:
        beach, _ = make_tag(key="beach"), make_tag(key="formal")

        assert listed(admin_client, f"{TAGS}?q={words}") == [beach.pk]

    def test_that_count_people_are_found_by_the_number(self, admin_client: Client) -> None:
        three, _ = make_tag(key="people:3"), make_tag(key="people:4")

        assert listed(admin_client, f"{TAGS}?q=3 orang") == [three.pk]

    def test_that_left_the_vocabulary_are_found_by_their_key(self, admin_client: Client) -> None:
        gone = make_tag(key="old_word")

        assert listed(admin_client, f"{TAGS}?q=old_w") == [gone.pk]

    def test_show_their_words_in_each_language(self, admin_client: Client) -> None:
        make_tag(key="beach")
        make_tag(key="people:3")

        page = page_of(admin_client, TAGS)

        assert '<span class="pill">beach · pantai</span>' in page
        assert '<span class="pill">3 people · 3 orang</span>' in page
        assert offered(admin_client, TAGS, "key") == ["beach · pantai", "3 people · 3 orang"]

    def test_of_what_is_going_on_are_a_kind_of_their_own(self, admin_client: Client) -> None:
        thing = make_tag(key="beach")
        deed = make_tag(key="shaking_hands", is_context=True)

        assert listed(admin_client, f"{TAGS}?context=yes") == [deed.pk]
        assert listed(admin_client, f"{TAGS}?context=no") == [thing.pk]
        assert listed(admin_client, f"{TAGS}?key=beach") == [thing.pk]

    def test_show_their_keys_while_the_vocabulary_is_broken(
        self, admin_client: Client, settings: Any
    ) -> None:
        tag = make_tag(key="beach")
        write(settings.VOCABULARY_DIR, "en.yaml", "tags: [")

        response = admin_client.get(f"{TAGS}?q=beach")

        told = [str(message) for message in response.context["messages"]]
        assert [row.pk for row in response.context["cl"].result_list] == [tag.pk]
        assert '<span class="pill">beach</span>' in response.content.decode()
        assert len(told) == 1
        assert told[0].startswith("en.yaml")

    def test_have_a_page_that_names_the_vocabulary(self, admin_client: Client) -> None:
        tag = make_tag()

        page = page_of(admin_client, f"{TAGS}{tag.pk}/change/")

        assert ">vocabulary 01234567</span>" in page
        assert ">image_encoder.packaged.1</span>" in page


class TestCaptions:
    def test_are_found_by_their_words(self, admin_client: Client) -> None:
        cats = make_caption(sentence="Two cats.")
        hands = make_caption(sentence="People.", context="shaking hands")

        assert listed(admin_client, f"{CAPTIONS}?q=cats") == [cats.pk]
        assert listed(admin_client, f"{CAPTIONS}?q=shaking") == [hands.pk]

    def test_narrow_down_to_a_language_and_a_source(self, admin_client: Client) -> None:
        photo = make_photo(owner=make_owner())
        english = make_caption(photo=photo, language="en", source="model")
        other = make_caption(photo=photo, language="id", source="template")

        assert offered(admin_client, CAPTIONS, "language") == ["en", "id"]
        assert listed(admin_client, f"{CAPTIONS}?language=id") == [other.pk]
        assert listed(admin_client, f"{CAPTIONS}?source__exact=model") == [english.pk]

    def test_offer_no_languages_while_the_vocabulary_is_broken(
        self, admin_client: Client, settings: Any
    ) -> None:
        caption = make_caption()
        write(settings.VOCABULARY_DIR, "en.yaml", "tags: [")

        response = admin_client.get(CAPTIONS)

        assert [row.pk for row in response.context["cl"].result_list] == [caption.pk]
        assert [str(each)[:7] for each in response.context["messages"]] == ["en.yaml"]


class TestPhotosThatCannotFollow:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_are_listed_with_the_reason_at_the_same_cost(
        self, admin_client: Client, django_assert_num_queries: Any, rows: int
    ) -> None:
        space = make_space()
        for photo in [make_photo() for _ in range(rows)]:
            Unembedded.objects.create(
                photo=photo, owner=photo.owner, space=space, code="original_missing", detail="Gone."
            )

        with django_assert_num_queries(5):
            page = page_of(admin_client, "/admin/search/unembedded/")

        assert page.count('<td class="field-code">original_missing</td>') == rows
