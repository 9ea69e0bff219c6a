"""Zero-shot tags."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings

import search.tagging
from inference import roles
from inference.client import TritonClient
from inference.encoders import TritonTextEncoder
from inference.errors import InferenceCorrupt
from inference.identity import ModelIdentity
from inference.tokens import FileTokens
from search.errors import ForeignVectors, NoPrompts
from search.tagging import MAX_TAGS, Tag, tagger_of
from search.vocabulary import load
from tests.factories import unit
from tests.search.factories import ENGLISH, IMAGES, FakeTextEncoder, changed, make_vocabulary
from tests.served import MODELS, served

TOLERANCE = 1e-6
BEACH, SUITS, HANDSHAKE = "a photo of a beach", "people in suits", "a handshake"


@pytest.fixture(autouse=True)
def _nothing_is_made_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search.tagging, "_taggers", {})


class TestTagger:
    def test_is_surer_of_what_is_nearer(self, tmp_path: Path) -> None:
        texts = FakeTextEncoder({BEACH: unit(1), SUITS: unit(0, 1)})
        tagger = tagger_of(IMAGES, texts, make_vocabulary(tmp_path))
        photo = unit(0.8, 0.6)

        (tags,) = tagger.tags(photo[None])

        assert [tag.key for tag in tags] == ["beach", "formal"]
        assert tags[0].confidence == pytest.approx(1 / (1 + np.exp(-10 * (0.8 - 0.5))))
        assert tags[1].confidence == pytest.approx(1 / (1 + np.exp(-10 * (0.6 - 0.5))))

    def test_says_nothing_of_which_it_is_not_sure(self, tmp_path: Path) -> None:
        texts = FakeTextEncoder({BEACH: unit(1)})
        tagger = tagger_of(IMAGES, texts, make_vocabulary(tmp_path))

        just_off = unit(0.49, np.sqrt(1 - 0.49**2))

        assert tagger.tags(np.stack([just_off, unit(0, 0, 1)])) == [[], []]

    def test_compares_with_the_mean_direction_of_a_tags_prompts(self, tmp_path: Path) -> None:
        two = changed("tags", "beach", "prompts", to=[BEACH, "sand"])
        texts = FakeTextEncoder({BEACH: unit(1), "sand": unit(0, 1)})

        tagger = tagger_of(IMAGES, texts, make_vocabulary(tmp_path, en=two))

        np.testing.assert_allclose(tagger.vectors[0], unit(1, 1), atol=TOLERANCE)

    def test_gives_the_best_tags_and_the_best_context_alone(self, tmp_path: Path) -> None:
        many = {
            "tags": {f"tag_{number:02}": _concept(number) for number in range(MAX_TAGS + 3)},
            "contexts": {"first": _concept(100), "second": _concept(101)},
        }
        vectors = {f"prompt {number}": unit(1, 0.02 * number) for number in range(MAX_TAGS + 3)}
        vectors |= {"prompt 100": unit(1, 0.5), "prompt 101": unit(1, 0.1)}
        vocabulary = make_vocabulary(tmp_path, en={**ENGLISH, **many})

        (tags,) = tagger_of(IMAGES, FakeTextEncoder(vectors), vocabulary).tags(unit(1)[None])

        assert [tag.key for tag in tags] == [
            *(f"tag_{number:02}" for number in range(MAX_TAGS)),
            "second",
        ]
        assert tags[-1] == Tag("second", tags[-1].confidence, is_context=True)

    def test_knows_no_contexts_where_the_model_knows_no_deeds(self, tmp_path: Path) -> None:
        texts = FakeTextEncoder({BEACH: unit(1), HANDSHAKE: unit(1)})
        nouns = _with(IMAGES, tag_contexts="no")

        (tags,) = tagger_of(nouns, texts, make_vocabulary(tmp_path)).tags(unit(1)[None])

        assert [tag.key for tag in tags] == ["beach"]
        assert texts.calls == [[BEACH, SUITS]]

    def test_refuses_vectors_of_another_length(self, tmp_path: Path) -> None:
        tagger = tagger_of(IMAGES, FakeTextEncoder(), make_vocabulary(tmp_path))

        with pytest.raises(ForeignVectors, match=r"^Vectors of 3 numbers can't be compared"):
            tagger.tags(np.ones((1, 3), np.float32))


class TestPrompts:
    @pytest.mark.parametrize(
        ("languages", "encoded"),
        [
            ("en", [BEACH, SUITS, HANDSHAKE]),
            ("id", ["foto pantai", SUITS, HANDSHAKE]),
            ("id, en", [BEACH, "foto pantai", SUITS, SUITS, HANDSHAKE, HANDSHAKE]),
            ("*", [BEACH, "foto pantai", SUITS, SUITS, HANDSHAKE, HANDSHAKE]),
        ],
    )
    def test_are_those_in_languages_that_the_model_knows(
        self, tmp_path: Path, languages: str, encoded: list[str]
    ) -> None:
        texts = FakeTextEncoder()
        indonesian = changed("tags", "beach", "prompts", to=["foto pantai"])
        vocabulary = make_vocabulary(tmp_path, en=ENGLISH, id=indonesian)

        tagger_of(_with(IMAGES, languages=languages), texts, vocabulary)

        assert texts.calls == [encoded]

    def test_leave_out_a_tag_that_has_none_in_such_a_language(self, tmp_path: Path) -> None:
        only_indonesian = {**ENGLISH, "tags": {"sawah": _concept(1)}, "contexts": {}}
        vocabulary = make_vocabulary(tmp_path, en=ENGLISH, id=only_indonesian)

        tagger = tagger_of(IMAGES, FakeTextEncoder(), vocabulary)

        assert [each.key for each in tagger.concepts] == ["beach", "formal", "shaking_hands"]

    def test_must_be_there_in_one_of_the_languages(self, tmp_path: Path) -> None:
        with pytest.raises(NoPrompts, match="what the models know: fr"):
            tagger_of(_with(IMAGES, languages="fr"), FakeTextEncoder(), make_vocabulary(tmp_path))

    def test_are_encoded_once_for_all_threads(self, tmp_path: Path) -> None:
        texts, vocabulary = FakeTextEncoder(), make_vocabulary(tmp_path)

        with ThreadPoolExecutor(4) as threads:
            made = list(threads.map(lambda _: tagger_of(IMAGES, texts, vocabulary), range(8)))

        assert len({id(tagger) for tagger in made}) == 1
        assert len(texts.calls) == 1

    def test_are_encoded_again_when_they_change(self, tmp_path: Path) -> None:
        texts = FakeTextEncoder()
        tagger_of(IMAGES, texts, make_vocabulary(tmp_path))
        fewer = changed("tags", "formal", to=None)

        tagger = tagger_of(IMAGES, texts, make_vocabulary(tmp_path, en=fewer))

        assert [each.key for each in tagger.concepts] == ["beach", "shaking_hands"]
        assert len(texts.calls) == 2

    def test_are_kept_for_a_few_models_only(self, tmp_path: Path) -> None:
        vocabulary = make_vocabulary(tmp_path)

        for number in range(6):
            images = replace(IMAGES, space=f"image_encoder:fake:{number}")
            tagger_of(images, FakeTextEncoder(), vocabulary)

        assert len(search.tagging._taggers) == 4  # noqa: SLF001  # that memory does not grow


class TestModels:
    def test_of_different_spaces_are_never_compared(self, tmp_path: Path) -> None:
        foreign = FakeTextEncoder()
        foreign.identity = _with(foreign.identity, joint_space="other:1")

        with pytest.raises(ForeignVectors, match="are of fake:1, the text encoder's of other:1"):
            tagger_of(IMAGES, foreign, make_vocabulary(tmp_path))

        assert foreign.calls == []

    @pytest.mark.parametrize("parameter", ["tag_cosine", "tag_scale", "languages", "joint_space"])
    def test_must_say_how_they_tag(self, tmp_path: Path, parameter: str) -> None:
        kept = {name: text for name, text in IMAGES.parameters.items() if name != parameter}

        with pytest.raises(InferenceCorrupt, match=f"does not say its {parameter}"):
            tagger_of(
                replace(IMAGES, parameters=kept), FakeTextEncoder(), make_vocabulary(tmp_path)
            )


class TestOurVocabulary:
    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ("a dog", "dog"),
            ("a bride and her groom", "wedding"),
            ("people sitting in a meeting", "meeting"),
            ("a slope with deep snow", "snow"),
        ],
    )
    def test_means_what_it_says_to_the_packaged_text_encoder(
        self, triton: TritonClient, text: str, key: str
    ) -> None:
        model = served(roles.TEXT_ENCODER)
        if model.name not in MODELS:
            pytest.skip("The tests' model server does not serve the packaged text encoder.")
        tokens = FileTokens(settings.MODEL_REPOSITORY / model.name / "1" / "tokenizer.json")
        texts = TritonTextEncoder(triton, tokens, model)
        images = _with(IMAGES, joint_space=texts.identity.text("joint_space"), tag_scale="10")
        tagger = tagger_of(images, texts, load(settings.BASE_DIR / "vocabulary"))

        (tags,) = tagger.tags(texts.encode([text]))

        assert tags[0].key == key


def _concept(number: int) -> dict[str, object]:
    return {"word": f"word {number}", "prompts": [f"prompt {number}"]}


def _with(identity: ModelIdentity, **parameters: str) -> ModelIdentity:
    return replace(identity, parameters={**identity.parameters, **parameters})
