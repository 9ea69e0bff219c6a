"""Which operations there are, and what they are done with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from faces.services import FindFaces
from inference.arrays import RGB
from inference.client import TritonClient
from inference.errors import InferenceNotReady
from inference.faces import TritonFaceDetector
from inference.tiles import Tiling
from jobs.active import Making
from jobs.errors import OperationUnavailable
from jobs.operations import configured_recipes, recipes, with_needs
from photos.operations import (
    ALL,
    CAPTION,
    DESCRIBE,
    EMBEDDING,
    FACES,
    OBJECTS,
    TAGS,
    Findings,
)
from search.vocabulary import Vocabulary, load

ENCODERS = {"image_encoder": "image_encoder.a.1", "text_encoder": "text_encoder.a.1"}
FACE_ROLES = {"face_detector": "face_detector.a.1", "face_embedder": "face_embedder.b.2"}


@dataclass(frozen=True)
class Named:
    """An operation by its name and what it is made of."""

    name: str
    needs: Sequence[str] = ()
    recipe: str = "r"

    def look(self, image: RGB) -> Findings:
        raise NotImplementedError


def named(*operations: Named) -> dict[str, Named]:
    return {each.name: each for each in operations}


@pytest.fixture
def vocabulary(settings: Any) -> Vocabulary:
    return load(settings.VOCABULARY_DIR)


class TestRecipes:
    def test_name_the_models_of_the_roles(self, vocabulary: Vocabulary) -> None:
        found = recipes(FACE_ROLES, vocabulary, "")

        assert found[FACES] == "face_detector.a.1+face_embedder.b.2+tiles.2.off"

    def test_of_faces_name_the_head_behind_the_embedder(self, vocabulary: Vocabulary) -> None:
        active = FACE_ROLES | {"face_matcher": "face_matcher.trained.3"}

        found = recipes(active, vocabulary, "")[FACES]

        assert found == ("face_detector.a.1+face_embedder.b.2+face_matcher.trained.3+tiles.2.off")

    def test_of_faces_differ_with_tiles(self, vocabulary: Vocabulary) -> None:
        found = {tiling: recipes(FACE_ROLES, vocabulary, "", tiling) for tiling in Tiling}

        plain = "face_detector.a.1+face_embedder.b.2"
        assert {tiling: each[FACES] for tiling, each in found.items()} == {
            Tiling.OFF: f"{plain}+tiles.2.off",
            Tiling.AUTO: f"{plain}+tiles.2.auto",
            Tiling.ON: f"{plain}+tiles.2.on",
        }
        assert len({each[CAPTION] for each in found.values()}) == 3

    @pytest.mark.parametrize("tiling", Tiling)
    def test_and_models_follow_the_setting(
        self, vocabulary: Vocabulary, settings: Any, tiling: Tiling
    ) -> None:
        settings.FACE_TILES = tiling.value

        now = configured_recipes(FACE_ROLES, vocabulary)
        with TritonClient("127.0.0.1:1", timeout_s=1) as client:
            making = Making(client, settings.MODEL_REPOSITORY, FACE_ROLES, vocabulary, now)
            faces = making.operation(FACES)

        assert now == recipes(FACE_ROLES, vocabulary, "", tiling)
        assert isinstance(faces, FindFaces)
        assert isinstance(faces.detector, TritonFaceDetector)
        assert (faces.detector.tiling, faces.recipe) == (tiling, now[FACES])

    def test_leave_out_what_no_model_does(self, vocabulary: Vocabulary) -> None:
        roles = {"face_detector": "face_detector.a.1", "image_encoder": "image_encoder.a.1"}

        assert recipes(roles, vocabulary, "") == {EMBEDDING: "image_encoder.a.1"}

    def test_of_tags_name_the_vocabulary(self, vocabulary: Vocabulary) -> None:
        found = recipes(ENCODERS, vocabulary, "")

        assert found[TAGS] == f"image_encoder.a.1+text_encoder.a.1+{vocabulary.digest}"

    def test_of_captions_without_a_captioner_follow_what_they_are_made_of(
        self, vocabulary: Vocabulary
    ) -> None:
        one = recipes(FACE_ROLES, vocabulary, "")[CAPTION]
        other = recipes(FACE_ROLES | {"face_detector": "face_detector.c.1"}, vocabulary, "")

        assert one.startswith("template.1.")
        assert one != other[CAPTION]

    def test_of_captions_are_the_captioners_where_there_is_one(
        self, vocabulary: Vocabulary
    ) -> None:
        captioner = {
            "caption_encoder": "caption_encoder.a.1",
            "caption_decoder": "caption_decoder.a.1",
        }

        found = recipes(FACE_ROLES | captioner, vocabulary, "")

        assert found[CAPTION] == "caption_encoder.a.1+caption_decoder.a.1"

    def test_have_a_describer_where_one_is_configured(self, vocabulary: Vocabulary) -> None:
        assert recipes({}, vocabulary, "describer.llava") == {DESCRIBE: "describer.llava"}

    def test_fit_into_their_column(self, vocabulary: Vocabulary) -> None:
        long = {role: f"{role}.{'p' * 60}.100000" for role in ENCODERS}

        assert max(map(len, recipes(long, vocabulary, "").values())) <= 300


class TestWithNeeds:
    def test_brings_what_others_are_made_of_in_the_order_of_storing(self) -> None:
        there = named(Named(CAPTION, (TAGS, OBJECTS)), Named(TAGS, (EMBEDDING,)), Named(OBJECTS))
        there |= named(Named(EMBEDDING), Named(FACES))

        found = with_needs([CAPTION], there)

        assert [each.name for each in found] == [EMBEDDING, OBJECTS, TAGS, CAPTION]

    def test_gives_all_that_there_are_for_all(self) -> None:
        there = named(Named(FACES), Named(EMBEDDING))

        assert [each.name for each in with_needs([ALL], there)] == [EMBEDDING, FACES]

    def test_refuses_what_no_model_does(self) -> None:
        with pytest.raises(OperationUnavailable, match="describe"):
            with_needs([DESCRIBE], named(Named(FACES)))

    def test_waits_for_models_where_there_are_none(self) -> None:
        with pytest.raises(InferenceNotReady, match="models sync"):
            with_needs([ALL], {})
