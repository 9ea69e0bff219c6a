"""The vocabulary's files: what they say, and what is said of a slip in them."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from export.coco import LABELS
from search.errors import VocabularyError
from search.vocabulary import load
from tests.search.factories import ENGLISH, changed, make_vocabulary, write

BEACH = {"word": "pantai", "prompts": ["foto pantai"]}
INDONESIAN = changed(
    "people", to={"one": "1 orang", "many": "{count} orang"}, of=changed("tags", "beach", to=BEACH)
)


class TestVocabulary:
    def test_has_tags_and_contexts_with_what_each_language_says(self, tmp_path: Path) -> None:
        vocabulary = make_vocabulary(tmp_path, en=ENGLISH, id=INDONESIAN)

        beach, formal, context = vocabulary.concepts
        assert (beach.key, beach.is_context) == ("beach", False)
        assert beach.words == {"en": "beach", "id": "pantai"}
        assert beach.prompts == {"en": ("a photo of a beach",), "id": ("foto pantai",)}
        assert (formal.key, formal.is_context) == ("formal", False)
        assert (context.key, context.is_context) == ("shaking_hands", True)

    def test_says_a_key_in_the_language_asked_for(self, tmp_path: Path) -> None:
        vocabulary = make_vocabulary(tmp_path, en=ENGLISH, id=INDONESIAN)

        said = [vocabulary.word("beach", language) for language in ("en", "id", "id-ID")]

        assert said == ["beach", "pantai", "pantai"]

    def test_falls_back_to_english_and_then_to_any_language(self, tmp_path: Path) -> None:
        only_indonesian = changed("tags", "sawah", to={"word": "sawah", "prompts": ["foto sawah"]})
        vocabulary = make_vocabulary(tmp_path, en=ENGLISH, id=only_indonesian)

        assert vocabulary.word("beach", "fr") == "beach"
        assert vocabulary.word("sawah", "en") == "sawah"
        assert vocabulary.wording("sawah", "en") is None

    def test_shows_a_key_that_it_has_no_more(self, tmp_path: Path) -> None:
        assert make_vocabulary(tmp_path).word("rice_field", "en") == "rice field"

    @pytest.mark.parametrize(
        ("key", "english", "indonesian"),
        [("people:1", "1 person", "1 orang"), ("people:12", "12 people", "12 orang")],
    )
    def test_counts_people(self, tmp_path: Path, key: str, english: str, indonesian: str) -> None:
        vocabulary = make_vocabulary(tmp_path, en=ENGLISH, id=INDONESIAN)

        assert (vocabulary.word(key, "en"), vocabulary.word(key, "id")) == (english, indonesian)

    def test_names_things_that_it_knows_and_shows_the_class_of_others(self, tmp_path: Path) -> None:
        vocabulary = make_vocabulary(tmp_path)

        said = [
            vocabulary.thing(label, count, "en")
            for label, count in (("cat", 1), ("cat", 2), ("cat", 9), ("drone", 1), ("drone", 2))
        ]

        assert said == ["a cat", "two cats", "9 cats", "drone", "drone (2)"]

    def test_is_parsed_again_only_when_a_file_has_changed(self, tmp_path: Path) -> None:
        before = make_vocabulary(tmp_path)
        assert load(tmp_path) is before

        write(tmp_path, "en.yaml", changed("tags", "beach", "word", to="seaside"))

        assert load(tmp_path).word("beach", "en") == "seaside"


class TestWordsOfQuestions:
    def test_are_those_of_all_languages(self, tmp_path: Path) -> None:
        cats = {"one": "a cat", "many": "{count} cats", "words": ["cat", "cats"]}
        kucing = {"one": "seekor kucing", "many": "{count} kucing", "words": ["kucing", "cat"]}
        vocabulary = make_vocabulary(
            tmp_path,
            en=changed("objects", to={"cat": cats, "drone": {"one": "a", "many": "{count}"}}),
            id=changed("objects", to={"cat": kucing}, of=INDONESIAN),
        )

        assert vocabulary.object_words == {"cat": ("cat", "cats", "kucing"), "drone": ()}

    def test_stay_one_where_a_tag_has_several(self, tmp_path: Path) -> None:
        photo = {"word": "Group photo", "prompts": ["a group photo"]}
        vocabulary = make_vocabulary(tmp_path, en=changed("tags", "group_photo", to=photo))

        assert "group photo" in vocabulary.phrases
        assert not any(" " not in phrase for phrase in vocabulary.phrases)

    def test_must_be_there_if_they_are_named(self, tmp_path: Path) -> None:
        cats = {"one": "a cat", "many": "{count} cats", "words": []}

        with pytest.raises(VocabularyError, match=r"en\.yaml: objects\.cat\.words"):
            make_vocabulary(tmp_path, en=changed("objects", to={"cat": cats}))

    def test_of_the_files_that_come_with_it_are_there_for_each_class(self) -> None:
        vocabulary = load(settings.VOCABULARY_DIR)

        for language in vocabulary.languages.values():
            wordless = [label for label, each in language.objects.items() if not each.words]
            assert wordless == ["person"]  # questions count people by their faces


class TestDigest:
    @pytest.mark.parametrize(
        ("path", "value"),
        [
            (("tags", "beach", "word"), "seaside"),
            (("tags", "beach", "scene"), "by the sea"),
            (("objects", "cat", "one"), "one cat"),
            (("sentence", "nothing"), "Just a photo."),
        ],
    )
    def test_stays_when_only_wordings_change(
        self, tmp_path: Path, path: tuple[str, ...], value: str
    ) -> None:
        before = make_vocabulary(tmp_path).digest

        write(tmp_path, "en.yaml", changed(*path, to=value))

        assert load(tmp_path).digest == before

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            (("tags", "beach", "prompts"), ["a photo of a beach", "sand"]),
            (("tags", "formal"), None),
            (("tags", "casual"), {"word": "casual", "prompts": ["people in jeans"]}),
            (("contexts",), {}),
        ],
    )
    def test_changes_with_keys_and_prompts(
        self, tmp_path: Path, path: tuple[str, ...], value: object
    ) -> None:
        before = make_vocabulary(tmp_path).digest

        write(tmp_path, "en.yaml", changed(*path, to=value))

        assert load(tmp_path).digest != before

    def test_does_not_depend_on_the_order_of_a_file(self, tmp_path: Path) -> None:
        before = make_vocabulary(tmp_path).digest

        write(tmp_path, "en.yaml", json.dumps({**ENGLISH, "tags": _reversed(ENGLISH["tags"])}))

        assert load(tmp_path).digest == before

    def test_is_sixteen_hex_digits(self, tmp_path: Path) -> None:
        digest = make_vocabulary(tmp_path).digest

        assert len(digest) == 16
        assert int(digest, 16) >= 0


class TestSlips:
    @pytest.mark.parametrize(
        ("path", "value", "message"),
        [
            (("tags",), None, "en.yaml: 'tags' is missing: add it."),
            (("tags",), {}, "en.yaml: tags: there are none: add one."),
            (("labels",), {}, "en.yaml: unknown field 'labels': use tags, contexts, objects, "),
            (("tags",), ["beach"], "en.yaml: tags: it must be a list of `name: value`, not list."),
            (("tags", "beach", "prompts"), None, "en.yaml: tags.beach: 'prompts' is missing"),
            (("tags", "beach", "prompts"), [], "en.yaml: tags.beach.prompts: it must be a list "),
            (("tags", "beach", "prompts"), "sand", "en.yaml: tags.beach.prompts: it must be a "),
            (("tags", "beach", "prompts"), [7], "en.yaml: tags.beach.prompts[0]: it must be text"),
            (("tags", "beach", "prompts"), ["sea", " "], "tags.beach.prompts[1]: it is empty"),
            (("tags", "beach", "word"), True, "tags.beach.word: it must be text, not bool: put"),
            (("tags", "beach", "synonym"), "sand", "tags.beach: unknown field 'synonym': use "),
            (("tags", "Beach!"), {}, "en.yaml: tags.Beach!: write keys in small letters"),
            (("tags", "people:3"), {}, "en.yaml: tags.people:3: write keys in small letters"),
            (("objects", "cat", "many"), "cats", "objects.cat.many: it must hold {count}, once"),
            (("objects", "cat", "many"), "{n} cats", "objects.cat.many: it must hold {count}, "),
            (("objects", "cat", "many"), "{count cats", "objects.cat.many: expected '}'"),
            (("people", "many"), "{count!r} {count}", "en.yaml: people.many: it must hold {count}"),
            (("sentence", "things"), "{people}.", "sentence.things: it must hold {things}, once"),
            (("sentence", "nothing"), "{0}", "sentence.nothing: it must hold nothing in braces"),
            (("sentence", "numbers"), None, "en.yaml: sentence: 'numbers' is missing: add it."),
            (("tags", "beach", "word"), "a\0b", "tags.beach.word: it holds what is no letter: "),
            (("tags", "beach", "scene"), "at \ud83d", "tags.beach.scene: it holds what is no "),
        ],
    )
    def test_are_told_with_the_file_the_place_and_what_to_do(
        self, tmp_path: Path, path: tuple[str, ...], value: object, message: str
    ) -> None:
        write(tmp_path, "en.yaml", changed(*path, to=value))

        with pytest.raises(VocabularyError) as error:
            load(tmp_path)

        assert message in str(error.value)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "en.yaml: it must be a list of `name: value`, not nothing."),
            ("tags: {beach: [", "en.yaml: line 1: "),
            ("tags:\n  a: {}\n  a: {}\n", "en.yaml: line 3: 'a' is there twice: remove one."),
            ("tags: !!python/object:os.system {}\n", "en.yaml: line 1: could not determine a "),
            ("no: 1\n", "en.yaml: the name False is not text: put it in quotes."),
            ("? [a, b]\n: 1\n", "en.yaml: line 1: found unhashable key"),
        ],
    )
    def test_of_yaml_are_told_with_the_line(self, tmp_path: Path, text: str, message: str) -> None:
        write(tmp_path, "en.yaml", text)

        with pytest.raises(VocabularyError) as error:
            load(tmp_path)

        assert str(error.value).startswith(message)

    def test_include_a_file_that_is_no_text(self, tmp_path: Path) -> None:
        (tmp_path / "en.yaml").write_bytes(b"\xff\xfe\x00\xd8")

        with pytest.raises(VocabularyError, match=r"^en\.yaml: it is no YAML text in UTF-8"):
            load(tmp_path)

    @pytest.mark.parametrize("value", ["2024-99-99", "[" * 3000], ids=["no day", "too deep"])
    def test_include_what_yaml_can_not_make_a_value_of(self, tmp_path: Path, value: str) -> None:
        write(tmp_path, "en.yaml", f"tags: {value}")

        with pytest.raises(VocabularyError, match=r"^en\.yaml: it is no YAML text in UTF-8"):
            load(tmp_path)

    def test_include_a_key_that_is_a_tag_here_and_a_context_there(self, tmp_path: Path) -> None:
        other = changed("contexts", "beach", to={"word": "sedang di pantai", "prompts": ["pantai"]})
        write(tmp_path, "id.yaml", changed("tags", "beach", to=None, of=other))

        with pytest.raises(VocabularyError, match=r"^beach: it is under `tags` in one place"):
            make_vocabulary(tmp_path)

    @pytest.mark.parametrize("name", ["english.yaml", "de.yml", "EN.yaml"])
    def test_include_a_file_that_is_not_named_after_a_language(
        self, tmp_path: Path, name: str
    ) -> None:
        write(tmp_path, name, ENGLISH)

        with pytest.raises(VocabularyError, match=f"^{name}: name the file after its language"):
            load(tmp_path)

    def test_include_a_folder_without_files(self, tmp_path: Path) -> None:
        with pytest.raises(VocabularyError, match=r"there is no file such as en\.yaml: add one"):
            load(tmp_path / "vocabulary")

    def test_include_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "en.yaml").mkdir()

        with pytest.raises(VocabularyError, match=r"^en\.yaml: it can't be read: "):
            load(tmp_path)


class TestOurFiles:
    def test_say_everything_in_english_and_in_indonesian(self) -> None:
        vocabulary = load(settings.BASE_DIR / "vocabulary")

        assert list(vocabulary.languages) == ["en", "id"]
        assert [each.key for each in vocabulary.concepts if len(each.words) != 2] == []
        for part in ("scene", "subject"):
            said = [_said_in(each.wordings, part) for each in vocabulary.concepts]
            assert {len(languages) for languages in said} <= {0, 2}

    def test_name_each_class_of_the_object_detector(self) -> None:
        vocabulary = load(settings.BASE_DIR / "vocabulary")

        for language in vocabulary.languages.values():
            assert list(language.objects) == list(LABELS)

    def test_use_each_word_and_each_prompt_for_one_concept_only(self) -> None:
        vocabulary = load(settings.BASE_DIR / "vocabulary")

        for language in vocabulary.languages:
            words = [each.words[language] for each in vocabulary.concepts]
            prompts = [text for each in vocabulary.concepts for text in each.prompts[language]]
            assert len(set(words)) == len(words)
            assert len(set(prompts)) == len(prompts)

    def test_know_the_words_of_the_system_that_they_replace(self) -> None:
        vocabulary = load(settings.BASE_DIR / "vocabulary")

        english = [vocabulary.word(key, "en") for key in ("outdoor", "formal", "group_photo")]
        indonesian = [vocabulary.word(key, "id") for key in ("people:3", "shaking_hands")]

        assert english == ["outdoor", "formal", "group photo"]
        assert indonesian == ["3 orang", "sedang bersalaman"]


def _reversed(mapping: dict[str, Any]) -> dict[str, Any]:
    return dict(reversed(mapping.items()))


def _said_in(wordings: Any, part: str) -> list[str]:
    return [language for language, wording in wordings.items() if getattr(wording, part)]
