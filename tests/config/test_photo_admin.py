"""A photo's page for staff."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from jobs.operations import current_recipes
from photos.models import Photo, Role, ServedModel
from photos.operations import CAPTION, OBJECTS, OCR, TAGS
from tests.config.photo_pages import find_all, page_of, standings
from tests.factories import make_face, make_photo, unit
from tests.search.factories import changed, make_image_vector, make_vocabulary, write
from tests.search.findings import (
    make_active,
    make_analysis,
    make_caption,
    make_line,
    make_object,
    make_tag,
)

pytestmark = pytest.mark.django_db
ROLES = (
    "image_encoder",
    "text_encoder",
    "object_detector",
    "text_detector",
    "text_orienter",
    "text_recognizer",
)


@pytest.fixture(autouse=True)
def recipes(settings: Any, tmp_path: Path) -> dict[str, str]:
    """Of the models that are active: all roles but those of faces and captions have one."""
    settings.VOCABULARY_DIR = tmp_path / "vocabulary"
    settings.VOCABULARY_DIR.mkdir()
    make_vocabulary(settings.VOCABULARY_DIR)
    make_active(*ROLES)
    return current_recipes()


class TestDrawing:
    def test_shows_objects_text_and_faces_each_in_a_layer(
        self, admin_client: Client, recipes: dict[str, str]
    ) -> None:
        photo = make_photo(width=640, height=480)
        bear = make_object(photo=photo, recipe=recipes[OBJECTS], label="bear", x=10, y=20.5)
        line = make_line(photo=photo, recipe=recipes[OCR], quad=[[1, 2], [9, 2], [9, 5], [1.5, 5]])
        face = make_face(photo=photo, x=300, y=40)

        page = page_of(admin_client, photo)

        layers = re.findall(r'<g class="(objects|text|faces)">', page)
        assert layers == ["objects", "text", "faces"]
        assert f'<a id="detectedobject-{bear.pk}" href="/admin/search/detectedobject/' in page
        assert "translate(10.0 20.5)" in page
        assert "bear 90%</text>" in page
        assert f'<a id="textline-{line.pk}"' in page
        assert 'points="1,2 9,2 9,5 1.5,5 "' in page
        assert f'<a id="face-{face.pk}"' in page

    def test_shows_a_label_without_room_only_when_pointed_at(
        self, admin_client: Client, recipes: dict[str, str]
    ) -> None:
        photo = make_photo(width=1000, height=1000)
        wide = make_object(photo=photo, recipe=recipes[OBJECTS], label="cat", width=200)
        tight = make_object(photo=photo, recipe=recipes[OBJECTS], label="cat", width=20)

        page = page_of(admin_client, photo)

        marks = re.findall(r'<a id="detectedobject-(\d+)" href="[^"]*"( class="tight")?>', page)
        assert marks == [(str(wide.pk), ""), (str(tight.pk), ' class="tight"')]

    def test_lets_no_label_hide_the_name_of_a_face(
        self, admin_client: Client, recipes: dict[str, str]
    ) -> None:
        photo = make_photo(width=1000, height=1000)
        make_face(photo=photo, x=110, y=50, width=60, height=60)
        make_object(photo=photo, recipe=recipes[OBJECTS], x=100, y=100, width=300, height=300)

        page = page_of(admin_client, photo)

        assert '<text x="0.0" y="274.0" dx="0.3em" dy="1em">cat 90%</text>' in page

    def test_draws_what_lies_before_another_over_it(
        self, admin_client: Client, recipes: dict[str, str]
    ) -> None:
        photo = make_photo()
        sizes = {"spoon": 20.0, "table": 400.0, "plate": 100.0}
        for label, side in sizes.items():
            make_object(photo=photo, recipe=recipes[OBJECTS], label=label, width=side, height=side)

        page = page_of(admin_client, photo)

        assert re.findall(r"(\w+) 90%</text>", page) == ["table", "plate", "spoon"]

    def test_wears_our_style_sheet_and_nothing_inline(
        self, admin_client: Client, recipes: dict[str, str]
    ) -> None:
        photo = make_photo()
        find_all(photo, recipes)

        page = page_of(admin_client, photo)

        assert not re.search(r"<script>|<style|\sstyle=|\son[a-z]+=", page)


class TestWords:
    def test_tell_captions_tags_objects_and_text(
        self, admin_client: Client, recipes: dict[str, str]
    ) -> None:
        photo = make_photo()
        find_all(photo, recipes)
        make_object(photo=photo, recipe=recipes[OBJECTS], label="teddy bear")
        make_tag(photo=photo, recipe=recipes[TAGS], key="shaking_hands", is_context=True)

        page = page_of(admin_client, photo)

        assert re.search(r'<p class="caption" lang="en">\s*A bear\.', page)
        assert "<span>waving</span>" in page
        assert re.search(r'<li class="pill" title="formal">formal <b>70%</b>', page)
        assert re.search(r'<li class="pill context"[^>]*>shaking hands <b>70%</b>', page)
        assert '<li class="pill">teddy bear <b>× 2</b></li>' in page  # noqa: RUF001  # a real sign
        assert re.search(r'<a href="#textline-\d+">Warung Padang</a> <b>80%</b>', page)

    def test_are_those_of_the_active_models_only(
        self, admin_client: Client, recipes: dict[str, str]
    ) -> None:
        photo = make_photo()
        find_all(photo, dict.fromkeys(recipes, "some_role.old.1"))

        page = page_of(admin_client, photo)

        for words in ("teddy bear", "Warung Padang", "formal", "A bear."):
            assert words not in page

    def test_show_hostile_text_as_text(self, admin_client: Client, recipes: dict[str, str]) -> None:
        photo, hostile = make_photo(), "<script>alert(1)</script>"
        make_line(photo=photo, recipe=recipes[OCR], text=hostile)
        make_object(photo=photo, recipe=recipes[OBJECTS], label=hostile)
        make_caption(photo=photo, recipe=recipes[CAPTION], sentence=hostile, context=hostile)

        page = page_of(admin_client, photo)

        assert "<script>alert" not in page
        assert page.count("&lt;script&gt;alert(1)") == 7

    def test_are_the_keys_of_tags_that_left_the_vocabulary(
        self, admin_client: Client, recipes: dict[str, str]
    ) -> None:
        photo = make_photo()
        make_tag(photo=photo, recipe=recipes[TAGS], key="old_word")

        assert "old word <b>70%</b>" in page_of(admin_client, photo)


class TestAnalyses:
    def test_say_what_was_done_with_which_models_and_what_was_not(
        self, admin_client: Client, recipes: dict[str, str]
    ) -> None:
        photo = make_photo()
        make_analysis(photo=photo, operation=OBJECTS, recipe=recipes[OBJECTS])

        page = page_of(admin_client, photo)

        assert standings(page) == [
            ("embedding", "not done"),
            ("objects", "active"),
            ("ocr", "not done"),
            ("tags", "not done"),
            ("caption", "not done"),
        ]
        assert ">text_recognizer.packaged.1</span>" in page
        assert "What other models have found is kept" not in page

    def test_say_that_there_are_results_of_other_models(
        self, admin_client: Client, recipes: dict[str, str]
    ) -> None:
        photo = make_photo()
        make_object(photo=photo, recipe="object_detector.old.1", label="zebra")
        make_analysis(photo=photo, operation=OBJECTS, recipe=recipes[OBJECTS])
        make_analysis(photo=photo, operation=OBJECTS, recipe="object_detector.old.1")

        page = page_of(admin_client, photo)
        link = re.findall(r'href="([^"]*)">results', page)[1].replace("&amp;", "&")

        assert "zebra" not in page
        assert "What other models have found is kept" in page
        assert standings(page)[1:3] == [("objects", "active"), ("objects", "other models")]
        assert "zebra" in admin_client.get(unquote(link)).content.decode()

    def test_count_tags_by_an_older_vocabulary_and_say_so(
        self, admin_client: Client, recipes: dict[str, str], settings: Any
    ) -> None:
        photo = make_photo()
        make_tag(photo=photo, recipe=recipes[TAGS], key="formal")
        make_analysis(photo=photo, operation=TAGS, recipe=recipes[TAGS])
        prompts = changed("tags", "formal", "prompts", to=["a suit"])
        write(settings.VOCABULARY_DIR, "en.yaml", prompts)

        page = page_of(admin_client, photo)

        assert recipes[TAGS] != current_recipes()[TAGS]
        assert "by an older vocabulary" in page
        assert "formal <b>70%</b>" in page
        assert ("tags", "not done") not in standings(page)

    def test_name_the_spaces_that_the_photo_is_found_in(self, admin_client: Client) -> None:
        photo = make_photo()
        vector = make_image_vector(photo, unit(1))

        page = page_of(admin_client, photo)

        assert f"{vector.space.name}</span> (8 numbers)." in page

    def test_say_that_no_model_is_active(self, admin_client: Client) -> None:
        Role.objects.all().delete()
        ServedModel.objects.all().delete()

        page = page_of(admin_client, make_photo())

        assert "Nothing was done on this photo, and no model is active." in page


class TestPage:
    @pytest.mark.parametrize("count", [1, 3])
    def test_costs_the_same_however_much_was_found(
        self,
        admin_client: Client,
        django_assert_num_queries: Any,
        recipes: dict[str, str],
        count: int,
    ) -> None:
        photo = make_photo()
        for number in range(count):
            make_object(photo=photo, recipe=recipes[OBJECTS])
            make_line(photo=photo, recipe=recipes[OCR])
            make_tag(photo=photo, recipe=recipes[TAGS], key=f"tag_{number}")
            make_caption(photo=photo, recipe=recipes[CAPTION], language=f"l{number}")
            make_face(photo=photo)
            make_analysis(photo=photo, recipe=f"object_detector.old.{number}")

        with django_assert_num_queries(14):
            page = page_of(admin_client, photo)

        assert page.count('<a id="') == 3 * count

    def test_never_reads_vectors(
        self, admin_client: Client, django_assert_max_num_queries: Any
    ) -> None:
        photo = make_photo()
        make_image_vector(photo, unit(1))
        make_face(photo=photo, vector=unit(1))

        with django_assert_max_num_queries(30) as queries:
            page_of(admin_client, photo)

        assert not [q for q in queries.captured_queries if '."vector"' in q["sql"]]

    def test_says_what_is_wrong_with_the_vocabulary_and_shows_faces(
        self, admin_client: Client, recipes: dict[str, str], settings: Any
    ) -> None:
        photo = make_photo()
        find_all(photo, recipes)
        face = make_face(photo=photo)
        write(settings.VOCABULARY_DIR, "en.yaml", "tags: [")

        page = page_of(admin_client, photo)

        assert re.search(r' role="alert">en\.yaml.* Until then, only faces are shown\.', page)
        assert f'<a id="face-{face.pk}"' in page
        assert "teddy bear" not in page


class TestAPhotoWithoutAFile:
    def test_says_so(self, admin_client: Client) -> None:
        photo = make_photo()
        Photo.objects.update(original="", thumbnail="")

        answer = admin_client.get(f"/admin/photos/photo/{photo.pk}/change/")

        assert answer.status_code == 200
        assert "There is no file of this photo." in answer.content.decode()
        assert "no file</dd>" in answer.content.decode()

    def test_is_in_the_list(self, admin_client: Client) -> None:
        make_photo()
        Photo.objects.update(original="", thumbnail="")

        assert admin_client.get("/admin/photos/photo/").status_code == 200
