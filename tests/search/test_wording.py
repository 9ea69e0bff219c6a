"""Questions in words that a text encoder understands."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from inference.errors import InferenceCorrupt
from inference.identity import ModelIdentity
from search.vocabulary import Vocabulary, load
from search.wording import Worded, worded
from tests.search.factories import ENGLISH, IMAGES, changed, make_vocabulary

INDONESIAN = changed(
    "contexts", to={"shaking_hands": {"word": "sedang bersalaman", "prompts": ["jabat tangan"]}}
)


def _images(**parameters: str) -> ModelIdentity:
    return replace(IMAGES, parameters={**IMAGES.parameters, **parameters})


@pytest.fixture
def vocabulary() -> Vocabulary:
    """The one that is shipped."""
    return load(settings.VOCABULARY_DIR)


class TestKnownLanguage:
    @pytest.mark.parametrize("languages", ["*", "en, id", "id"])
    @pytest.mark.parametrize("language", ["id", "id-ID"])
    def test_is_passed_on_as_it_is(
        self, languages: str, language: str, vocabulary: Vocabulary
    ) -> None:
        images = _images(languages=languages)

        asked = worded(" sebuah anjing di pantai ", language, images, vocabulary)

        assert asked == Worded("sebuah anjing di pantai")

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("dog", "dog"),
            ("A photo of a dog", "dog"),
            ("two Dogs on the beach", "Dogs on the beach"),
            ("at the beach", "beach"),
            ("a man rides a wave on a board", "a man rides a wave on a board"),
            ("the", "the"),
            ("…", "…"),
            ("", ""),
        ],
    )
    def test_of_a_space_that_knows_things_alone_is_cut_to_their_names(
        self, text: str, name: str, vocabulary: Vocabulary
    ) -> None:
        images = _images(tag_contexts="no")

        assert worded(text, "en", images, vocabulary) == Worded(name)

    def test_keeps_a_sentence_where_deeds_are_known(self, vocabulary: Vocabulary) -> None:
        asked = worded("a photo of a dog", "en", IMAGES, vocabulary)

        assert asked == Worded("a photo of a dog")


class TestOtherLanguage:
    @pytest.mark.parametrize(
        ("asked", "text"),
        [
            ("anjing di pantai", "dog beach"),
            ("Air terjun", "waterfall"),  # and not water
            ("kebun binatang", "zoo"),  # and not a garden
            ("dua ekor kucing di dapur", "cat kitchen"),
            ("anak-anak dan layang-layang", "child kite"),
            ("mobilnya", "car"),
            ("pegunungan", "mountains"),
            ("foto bersama", "group photo"),
            ("sedang bersalaman", "shaking hands"),
            ("bersalaman", "shaking hands"),
        ],
    )
    def test_is_translated_by_the_vocabulary(
        self, asked: str, text: str, vocabulary: Vocabulary
    ) -> None:
        assert worded(asked, "id", IMAGES, vocabulary) == Worded(text)

    def test_keeps_words_that_the_encoder_knows_already(self, vocabulary: Vocabulary) -> None:
        asked = worded("cat di sofa", "id", IMAGES, vocabulary)

        assert asked == Worded("cat sofa")

    def test_says_which_words_are_left(self, vocabulary: Vocabulary) -> None:
        asked = worded(
            "Kucing oranye di sofa, Oranye bersama Anna oranye", "id", IMAGES, vocabulary
        )

        assert asked == Worded("cat sofa", left=("oranye", "Oranye", "Anna"))

    def test_of_words_that_are_all_unknown_leaves_nothing_to_encode(
        self, vocabulary: Vocabulary
    ) -> None:
        assert worded("fajar menyingsing", "id", IMAGES, vocabulary) == Worded(
            "", ("fajar", "menyingsing")
        )

    @pytest.mark.parametrize("text", ["", " ", "di 2023", "…"])
    def test_of_nothing_is_nothing(self, text: str, vocabulary: Vocabulary) -> None:
        assert worded(text, "id", IMAGES, vocabulary) == Worded("")

    def test_that_the_vocabulary_does_not_have_is_all_left(self, tmp_path: Path) -> None:
        english = make_vocabulary(tmp_path)

        assert worded("kucing di kucing", "id", IMAGES, english) == Worded("", ("kucing", "di"))

    def test_is_not_translated_into_one_that_is_not_there(self, tmp_path: Path) -> None:
        indonesian = make_vocabulary(tmp_path, id=INDONESIAN)

        assert worded("bersalaman", "id", IMAGES, indonesian) == Worded("", ("bersalaman",))

    def test_follows_a_change_of_the_vocabulary(self, tmp_path: Path) -> None:
        before = make_vocabulary(tmp_path, en=ENGLISH, id=INDONESIAN)
        first = worded("bersalaman", "id", IMAGES, before)

        other = changed("contexts", "shaking_hands", "word", to="greeting")
        after = make_vocabulary(tmp_path, en=other, id=INDONESIAN)

        assert first == Worded("shaking hands")
        assert worded("bersalaman", "id", IMAGES, after) == Worded("greeting")

    def test_needs_a_model_that_says_what_it_knows(self, vocabulary: Vocabulary) -> None:
        silent = replace(IMAGES, parameters={"dimension": "8"})

        with pytest.raises(InferenceCorrupt, match="languages"):
            worded("kucing", "id", silent, vocabulary)
