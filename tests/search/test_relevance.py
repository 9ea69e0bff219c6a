"""Scores of photos, and where to stop."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import search.relevance
from inference.errors import InferenceCorrupt
from photos.models import Owner
from photos.services import space_of
from search.models import ImageVector
from search.relevance import (
    ALIKE,
    FEWEST,
    FITS,
    MAY_FIT,
    NEAREST,
    SAMPLE,
    WORDS,
    Scale,
    Usual,
    fitting,
    least_score,
    lift_of,
    likeness,
    usual_photo,
    usual_words,
)
from search.tagging import tagger_of
from tests.factories import make_owner, make_photo, make_space, unit
from tests.search.factories import (
    ENGLISH,
    IMAGES,
    FakeTextEncoder,
    changed,
    make_image_vector,
    make_vocabulary,
)

HALF = 2e-3  # what half precision leaves of a number
SCALE = Scale(cosine=0.5, steepness=10)


@pytest.fixture(autouse=True)
def _nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search.tagging, "_taggers", {})


class TestScale:
    def test_is_the_one_that_photos_are_tagged_by(self, tmp_path: Path) -> None:
        texts = FakeTextEncoder({"a photo of a beach": unit(1)})
        tagger = tagger_of(IMAGES, texts, make_vocabulary(tmp_path))
        photo = unit(0.6, 0.8)

        [[sure, *_]] = tagger.confidences(photo[None])

        assert Scale.of(IMAGES).scores(np.array([0.6])) == pytest.approx([sure])

    def test_gives_one_half_where_a_photo_just_fits(self) -> None:
        scores = SCALE.scores(np.array([-1, 0.49, 0.5, 0.51, 1]))

        assert scores[2] == FITS
        assert list(scores >= FITS) == [False, False, True, True, True]
        assert list(scores) == sorted(scores)
        assert (scores > 0).all()
        assert (scores < 1).all()

    def test_is_lifted_as_a_question_is(self) -> None:
        lifted = SCALE.scores(np.array([0.4]), lift=0.2)

        assert lifted == pytest.approx(SCALE.scores(np.array([0.6])))

    @pytest.mark.parametrize("score", [MAY_FIT, FITS, 0.9])
    def test_says_from_which_cosine_on_photos_fit_so_well(self, score: float) -> None:
        least = SCALE.cosine_of(score, lift=0.1)

        assert SCALE.scores(np.array([least]), lift=0.1) == pytest.approx([score])

    @pytest.mark.parametrize("parameter", ["tag_cosine", "tag_scale"])
    def test_has_to_be_said_by_the_model(self, parameter: str) -> None:
        said = {key: value for key, value in IMAGES.parameters.items() if key != parameter}

        with pytest.raises(InferenceCorrupt, match=parameter):
            Scale.of(replace(IMAGES, parameters=said))


class TestLift:
    WORDS = np.stack([unit(0.6, 0.8), unit(0.4, np.sqrt(1 - 0.16))])  # 0.5 from `USUAL`, on average
    USUAL = Usual(unit(1), photos=1)

    def test_is_how_much_farther_photos_lie_than_from_words(self) -> None:
        assert lift_of(unit(0.2, np.sqrt(0.96)), self.WORDS, self.USUAL) == pytest.approx(0.3)

    def test_is_never_less_than_nothing(self) -> None:
        assert lift_of(unit(1), self.WORDS, self.USUAL) == 0

    def test_is_nothing_while_nothing_is_known(self) -> None:
        assert lift_of(unit(0, 1), self.WORDS, None) == 0
        assert lift_of(unit(0, 1), self.WORDS[:0], self.USUAL) == 0


class TestFitting:
    @pytest.mark.parametrize("text", ["dog", "a dog runs on grass"])
    def test_is_nothing_below_the_least_score(self, text: str) -> None:
        least = least_score(text)

        assert fitting(np.array([least]), text) == 1
        assert fitting(np.array([least - 0.01]), text) == 0

    def test_are_those_that_fit_the_name_of_a_thing(self) -> None:
        assert fitting(np.array([0.9, FITS, 0.49]), "a dog on grass") == 2

    def test_are_the_nearest_that_may_fit_a_sentence(self) -> None:
        scores = np.array([0.9, 0.3, MAY_FIT, 0.19])

        assert fitting(scores, "a dog runs on grass") == 3
        assert fitting(np.full(50, 0.4), "a dog runs on grass") == NEAREST

    def test_are_all_that_fit_a_sentence(self) -> None:
        assert fitting(np.full(50, 0.9), "a dog runs on grass") == 50

    @pytest.mark.parametrize("text", ["dog", "a dog runs on grass"])
    def test_are_none_where_nothing_is_near(self, text: str) -> None:
        assert fitting(np.array([0.1, 0.05]), text) == 0
        assert fitting(np.array([]), text) == 0


class TestLikeness:
    PHOTO = unit(1)

    def test_is_one_for_the_same_photo_and_zero_for_the_usual_one(self) -> None:
        usual = Usual(unit(0.6, 0.8), FEWEST)

        scores = likeness(np.array([1, 0.8, 0.6, -1]), self.PHOTO, usual)

        np.testing.assert_allclose(scores, [1, 0.5, 0, 0], atol=1e-6)

    def test_asks_for_more_where_all_photos_are_like_each_other(self) -> None:
        mixed, alike = (Usual(unit(each, 1 - each), FEWEST) for each in (0.4, 0.75))

        nine = np.array([0.9])

        assert likeness(nine, self.PHOTO, alike) < ALIKE < likeness(nine, self.PHOTO, mixed)

    def test_stands_photos_that_are_all_the_same(self) -> None:
        scores = likeness(np.array([1.0, 0.98]), self.PHOTO, Usual(unit(1), FEWEST))

        np.testing.assert_allclose(scores, [1, 0], atol=1e-6)

    @pytest.mark.parametrize("usual", [None, Usual(unit(1), FEWEST - 1)])
    def test_supposes_something_where_photos_are_few(self, usual: Usual | None) -> None:
        scores = likeness(np.array([1, 0.75, 0.4]), self.PHOTO, usual)

        np.testing.assert_allclose(scores, [1, 0.5, 0])


@pytest.mark.django_db
class TestUsualPhoto:
    def test_is_the_mean_of_the_owners_vectors(
        self, owner: Owner, django_assert_num_queries: Any
    ) -> None:
        other = replace(IMAGES, space="image_encoder:other:1")
        space, _ = space_of(IMAGES, ImageVector), space_of(other, ImageVector)
        for number in range(FEWEST):
            make_image_vector(make_photo(owner=owner), unit(number % 2, 1 - number % 2))
        for _ in range(FEWEST):  # of somebody else, and of another model
            make_image_vector(make_photo(owner=make_owner()), unit(0, 0, 1))
        for photo in owner.photos.all():
            make_image_vector(photo, unit(0, 0, 0, 1), other)

        with django_assert_num_queries(1):
            usual = usual_photo(owner, space)

        assert usual is not None
        assert usual.photos == FEWEST
        assert usual.vector.dtype == np.float32
        np.testing.assert_allclose(usual.vector[:4], [0.5, 0.5, 0, 0], atol=HALF)

    def test_is_nothing_without_photos(self, owner: Owner) -> None:
        assert usual_photo(owner, make_space()) is None

    def test_is_that_of_a_sample_where_photos_are_many(self, owner: Owner) -> None:
        photos = [make_photo(owner=owner) for _ in range(SAMPLE + 50)]
        for number, photo in enumerate(photos):
            make_image_vector(photo, unit(1) if number < SAMPLE else unit(0, 1))

        usual = usual_photo(owner, space_of(IMAGES, ImageVector))

        assert usual is not None
        assert usual.photos == SAMPLE
        assert usual.vector[:2].sum() == pytest.approx(1, abs=HALF)


class TestUsualWords:
    def test_are_those_of_the_vocabulary_encoded_once(self, tmp_path: Path) -> None:
        texts = FakeTextEncoder({"beach": unit(1), "formal": unit(0, 1)})
        vocabulary = make_vocabulary(tmp_path)

        words = usual_words(IMAGES, texts.encode, vocabulary)
        again = usual_words(IMAGES, texts.encode, vocabulary)

        assert texts.calls == [["beach", "formal", "shaking hands"]]
        np.testing.assert_array_equal(words[:2], [unit(1), unit(0, 1)])
        assert again is words

    def test_are_some_from_everywhere_where_there_are_many(self, tmp_path: Path) -> None:
        tag = {"prompts": ["something"]}
        many = {f"tag_{number:03}": {**tag, "word": f"word {number}"} for number in range(99)}
        texts = FakeTextEncoder()

        usual_words(IMAGES, texts.encode, make_vocabulary(tmp_path, en=changed("tags", to=many)))

        [asked] = texts.calls
        assert len(asked) <= WORDS
        assert asked[:3] == ["word 0", "word 4", "word 8"]
        assert asked[-1] == "word 96"

    @pytest.mark.parametrize(("languages", "word"), [("*", "beach"), ("id", "pantai")])
    def test_are_of_a_language_that_the_models_know(
        self, languages: str, word: str, tmp_path: Path
    ) -> None:
        indonesian = changed("tags", "beach", "word", to="pantai")
        vocabulary = make_vocabulary(tmp_path, en=ENGLISH, id=indonesian)
        images = replace(IMAGES, parameters={**IMAGES.parameters, "languages": languages})
        texts = FakeTextEncoder()

        usual_words(images, texts.encode, vocabulary)

        assert texts.calls[0][0] == word
