"""The rows that words are looked for in."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from photos.models import Photo
from search.models import PhotoTag, PhotoWords
from search.words import index, to_index
from search.words.indexing import MAX_WORDS
from tests.factories import make_owner, make_photo
from tests.search.factories import ENGLISH, changed, make_vocabulary
from tests.search.words.library import caption, photo_of, row, see, tag, write

pytestmark = pytest.mark.django_db


def lexemes(photo: Photo) -> set[str]:
    """Of the words of a photo, without their places and what stands for the owner."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tsvector_to_array(words) FROM search_photowords WHERE photo_id = %s", [photo.pk]
        )
        [(found,)] = cursor.fetchall()
    return set(found) - {f"owner:{photo.owner_id}"}


class TestIndex:
    def test_has_a_tags_words_in_every_language_and_the_tag_itself(self) -> None:
        photo = photo_of(make_owner(), tags=("beach",))

        assert lexemes(photo) == {"beach", "panta", "tag:beach"}

    def test_has_one_and_more_of_an_object(self) -> None:
        photo = make_photo()
        see(photo, "mouse")
        see(photo, "mouse")

        index([photo.pk])

        assert {"mous", "mice", "comput", "object:mouse"} < lexemes(photo)

    def test_has_the_stems_of_captions_by_their_language(self) -> None:
        photo = make_photo()
        caption(photo, "The dogs are running", context="playing in parks")
        caption(photo, "Anak-anak berlari di pantai", "id")

        index([photo.pk])

        assert lexemes(photo) == {"dog", "run", "play", "park", "anak", "lari", "panta"}

    def test_has_text_in_any_language_and_as_it_is_written(self) -> None:
        photo = photo_of(make_owner(), text=("The Beaches", "dibuka: 10.30"))

        words, text = row(photo)

        assert lexemes(photo) == {"beach", "beaches", "buka", "dibuka", "10", "30"}
        assert "'beach':2 'beaches':2" in words  # the weight of text is not written
        assert text == "'10':4 '30':5 'beaches':2 'dibuka':3 'the':1"

    def test_keeps_what_several_models_have_read_apart(self) -> None:
        photo = make_photo()
        write(photo, "happy", recipe="old")
        write(photo, "birthday", recipe="new")

        index([photo.pk])

        assert row(photo)[1] == "'birthday':1 'happy':12"

    def test_knows_the_owner_by_a_word_that_no_text_has(self) -> None:
        photo = photo_of(make_owner(), text=("owner:1 tag:beach",))

        assert {"owner", "1", "tag", "beach"} == lexemes(photo)
        assert PhotoWords.objects.get().owner_id == photo.owner_id

    def test_gives_a_photo_of_nothing_a_row(self) -> None:
        photo = photo_of(make_owner())

        assert row(photo) == (f"'owner:{photo.owner_id}'", "")

    def test_twice_changes_nothing(self) -> None:
        photo = photo_of(make_owner(), tags=("beach", "sea"), says="A dog", text=("Hi",))
        before = versions()

        index([photo.pk])

        assert versions() == before

    def test_takes_what_is_not_there_any_more_away(self) -> None:
        photo = photo_of(make_owner(), tags=("beach", "sea"), text=("Hi",))
        PhotoTag.objects.filter(key="sea").delete()
        photo.text_lines.all().delete()

        index([photo.pk])

        assert lexemes(photo) == {"beach", "panta", "tag:beach"}
        assert row(photo)[1] == ""

    def test_takes_as_many_queries_for_one_photo_as_for_many(self) -> None:
        photos = [photo_of(make_owner(), tags=("beach",), says="A dog").pk for _ in range(3)]

        index(photos)  # stems are remembered
        for some in (photos[:1], photos):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                index(some)
            assert len(queries) == 2

    def test_knows_no_photo_that_is_not_there(self) -> None:
        index([0])

        assert PhotoWords.objects.count() == 0

    def test_takes_any_text(self) -> None:
        odd = "it's \\ 'quoted' & | ! <-> :* \u00e9\u202e 😀 1e6c 5e %s {x} $$ -- ; DROP TABLE"
        photo = make_photo()
        for part in (odd, "'", "\\", "'\\'"):
            tag(photo, part)
            see(photo, part)
        caption(photo, odd)
        write(photo, odd)

        index([photo.pk])

        assert {"1e6c", "5e", "tag:'\\'", f"object:{odd}"} < lexemes(photo)

    def test_ends_where_a_page_of_text_has_no_end(self) -> None:
        photo = make_photo()
        write(photo, *(f"{'x' * 60}{number}" for number in range(9)))
        write(photo, " ".join(f"{number:060}" for number in range(5000)), recipe="other")
        caption(photo, " ".join(f"w{number}" for number in range(5000)))

        index([photo.pk])

        words, text = row(photo)
        assert text.count(":") == MAX_WORDS
        assert len(words) < 1_000_000

    def test_goes_with_its_photo(self) -> None:
        photo = photo_of(make_owner(), says="A dog")

        photo.delete()

        assert PhotoWords.objects.count() == 0


class TestToIndex:
    def test_are_photos_without_words(self) -> None:
        photo_of(make_owner())
        new = make_photo()

        assert list(to_index(Photo.objects.all())) == [new]

    def test_are_all_photos_once_a_tag_is_called_otherwise(
        self, tmp_path: Path, settings: Any
    ) -> None:
        settings.VOCABULARY_DIR = tmp_path
        make_vocabulary(tmp_path)
        photo = photo_of(make_owner(), tags=("beach",))

        make_vocabulary(tmp_path, en=changed("tags", "beach", "word", to="shore", of=ENGLISH))

        assert list(to_index(Photo.objects.all())) == [photo]
        index([photo.pk])
        assert list(to_index(Photo.objects.all())) == []
        assert lexemes(photo) == {"shore", "tag:beach"}

    def test_are_none_where_prompts_and_sentences_change(
        self, tmp_path: Path, settings: Any
    ) -> None:
        settings.VOCABULARY_DIR = tmp_path
        make_vocabulary(tmp_path)
        photo_of(make_owner(), tags=("beach",))

        make_vocabulary(tmp_path, en=changed("tags", "beach", "prompts", to=["sand"], of=ENGLISH))

        assert list(to_index(Photo.objects.all())) == []


def versions() -> list[Any]:
    """Which version of each row is stored: another one after any UPDATE."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT photo_id, ctid, xmin FROM search_photowords ORDER BY 1")
        return list(cursor.fetchall())
