"""The models that are served say what their originals said of real photos and texts."""

import json

import numpy as np
import pytest
from django.conf import settings

from inference.arrays import Array
from inference.client import TritonClient
from inference.encoders import TritonImageEncoder, TritonTextEncoder
from inference.geometry import Box
from inference.objects import TritonObjectDetector
from inference.ocr import TritonTextReader, characters_of
from inference.spec import ModelSpec
from inference.tokens import FileTokens
from local.packages import fetch
from local.photos import SCIKIT_IMAGE
from photos.images import decode
from tests import served

SAID_DIRECTLY = (
    served.IMAGE_ENCODER,
    served.TEXT_ENCODER,
    served.TEXT_DETECTOR,
    served.TEXT_ORIENTER,
    served.TEXT_RECOGNIZER,
)


def reference(model: ModelSpec) -> dict[str, Array]:
    with np.load(served.beside(model, "reference.npz"), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def tolerances(model: ModelSpec) -> dict[str, float]:
    manifest = settings.MODEL_REPOSITORY / model.name / "manifest.json"
    found: dict[str, float] = json.loads(manifest.read_text())["tolerance"]
    return found


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Array]:
    folder = tmp_path_factory.mktemp("pictures")
    names = ("chelsea.png", "coffee.png", "page.png", "rocket.jpg")
    paths = fetch(SCIKIT_IMAGE, [f"skimage/data/{name}" for name in names], folder)
    return {path.name: decode(path.read_bytes(), max_pixels=10**7).pixels for path in paths}


@pytest.mark.parametrize("model", SAID_DIRECTLY, ids=lambda model: model.name)
class TestServedModels:
    def test_say_what_their_originals_say(self, triton: TritonClient, model: ModelSpec) -> None:
        stored, tolerance = reference(model), tolerances(model)

        for row in range(len(stored["item_index"])):
            inputs = {spec.name: stored[spec.name][row : row + 1] for spec in model.inputs}
            answer = triton.infer(model, **inputs)
            for name, values in answer.items():
                wanted = stored[name][row].astype(np.float64)
                np.testing.assert_allclose(values[0], wanted, atol=tolerance[name])


class TestObjectDetector:
    def test_finds_what_its_original_found(self, triton: TritonClient) -> None:
        model = served.OBJECT_DETECTOR
        stored = reference(model)

        for item in range(len(stored["image"])):
            answer = triton.infer(model, image=stored["image"][item : item + 1])
            for row in np.flatnonzero(stored["item_index"] == item):
                alike = answer["classes"][0] == stored["classes"][row]
                distance = np.abs(answer["boxes"][0][alike] - stored["boxes"][row]).max(axis=1)
                assert distance.min() <= tolerances(model)["boxes"]

    def test_sees_a_cat_where_it_is(self, triton: TritonClient, pictures: dict[str, Array]) -> None:
        seen = TritonObjectDetector(triton, served.OBJECT_DETECTOR).detect(pictures["chelsea.png"])

        assert seen[0].label == "cat"
        assert seen[0].box.iou(Box(60, 0, 320, 300)) > 0.6


class TestEncoders:
    def test_find_the_photo_that_words_mean(
        self, triton: TritonClient, pictures: dict[str, Array]
    ) -> None:
        images = TritonImageEncoder(triton, served.IMAGE_ENCODER)
        tokens = FileTokens(served.beside(served.TEXT_ENCODER, "tokenizer.json"))
        texts = TritonTextEncoder(triton, tokens, served.TEXT_ENCODER)

        seen = np.stack([images.encode(picture) for picture in pictures.values()])
        meant = texts.encode(["a cat looks at you", "a cup of coffee", "a rocket is launched"])

        found = [list(pictures)[row] for row in (meant @ seen.T).argmax(axis=1)]
        assert found == ["chelsea.png", "coffee.png", "rocket.jpg"]

    def test_are_of_one_joint_space(self, triton: TritonClient) -> None:
        image, text = (
            triton.identity(model) for model in (served.IMAGE_ENCODER, served.TEXT_ENCODER)
        )

        assert image.text("joint_space") == text.text("joint_space")
        assert image.dimension == text.dimension == 384


class TestTextReader:
    def test_reads_a_page(self, triton: TritonClient, pictures: dict[str, Array]) -> None:
        characters = served.beside(served.TEXT_RECOGNIZER, "characters.txt").read_text()
        reader = TritonTextReader(
            triton,
            characters_of(characters),
            served.TEXT_DETECTOR,
            served.TEXT_ORIENTER,
            served.TEXT_RECOGNIZER,
        )

        lines = reader.read(pictures["page.png"])

        words = "".join(line.text for line in lines).replace(" ", "").lower()
        assert "region-basedsegmentation" in words
        assert all(0.5 <= line.score <= 1 for line in lines)

    def test_reads_nothing_in_a_cat(self, triton: TritonClient, pictures: dict[str, Array]) -> None:
        characters = served.beside(served.TEXT_RECOGNIZER, "characters.txt").read_text()
        reader = TritonTextReader(
            triton,
            characters_of(characters),
            served.TEXT_DETECTOR,
            served.TEXT_ORIENTER,
            served.TEXT_RECOGNIZER,
        )

        assert reader.read(pictures["chelsea.png"]) == []
