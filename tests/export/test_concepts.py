"""The built models for objects and for the space of concepts, as onnxruntime runs them."""

import json
import re
from collections.abc import Mapping
from functools import cache

import numpy as np
import onnxruntime as ort
import pytest

from inference.arrays import Array
from inference.tokens import FileTokens
from tests.export.exporting import REPOSITORY

OBJECTS, IMAGES, TEXTS = (
    f"{role}.packaged.1" for role in ("object_detector", "image_encoder", "text_encoder")
)
PHOTOS = ("group", "astronaut", "cat", "coffee", "motorcycle")  # those of the references, in order
SIDE = 300
SURE = 0.6
PARAMETER = re.compile(r'parameters \{ key: "(\w+)" value \{ string_value: "(.*)" \} \}')


@pytest.fixture(autouse=True, scope="module")
def _built() -> None:
    if not all(
        (REPOSITORY / name / "1" / "model.onnx").exists() for name in (OBJECTS, IMAGES, TEXTS)
    ):
        pytest.skip("The models are not built: run `make models`.")


@cache
def open_model(name: str) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(REPOSITORY / name / "1" / "model.onnx", options)


def run(name: str, **inputs: Array) -> dict[str, Array]:
    model = open_model(name)
    names = [output.name for output in model.get_outputs()]
    return dict(zip(names, model.run(names, inputs), strict=True))


@cache
def reference(name: str) -> Mapping[str, Array]:
    with np.load(REPOSITORY / name / "1" / "reference.npz", allow_pickle=False) as stored:
        return dict(stored)


def parameters(name: str) -> dict[str, str]:
    text = (REPOSITORY / name / "config.pbtxt").read_text()
    return {key: value.replace('\\"', '"') for key, value in PARAMETER.findall(text)}


def encode(*texts: str) -> Array:
    ids, mask = FileTokens(REPOSITORY / TEXTS / "1" / "tokenizer.json").encode(texts)
    return run(TEXTS, input_ids=ids, attention_mask=mask)["embedding"]


def noise_and_darkness() -> Array:
    noise = np.random.default_rng(7).integers(0, 256, (2, SIDE, SIDE, 3), dtype=np.uint8)
    return np.concatenate([noise, np.zeros((1, SIDE, SIDE, 3), np.uint8)])


class TestObjectDetector:
    def test_finds_each_of_the_originals_objects_at_its_place(self) -> None:
        wanted = reference(OBJECTS)
        answers = run(OBJECTS, image=wanted["image"])

        for image, box, score, number in zip(
            wanted["item_index"], wanted["boxes"], wanted["scores"], wanted["classes"], strict=True
        ):
            alike = answers["classes"][image] == number
            boxes, scores = answers["boxes"][image][alike], answers["scores"][image][alike]
            nearest = np.abs(boxes - box).max(axis=1).argmin()
            np.testing.assert_allclose(boxes[nearest], box, atol=0.01)
            np.testing.assert_allclose(scores[nearest], score, atol=1e-4)

    def test_names_what_it_sees(self) -> None:
        labels = json.loads(parameters(OBJECTS)["labels"])
        answers = run(OBJECTS, image=reference(OBJECTS)["image"])

        seen = [
            {labels[number] for number in classes[scores > SURE]}
            for classes, scores in zip(answers["classes"], answers["scores"], strict=True)
        ]

        assert dict(zip(PHOTOS, seen, strict=True)) == {
            "group": {"person", "cup", "dining table"},
            "astronaut": {"person"},
            "cat": {"cat"},
            "coffee": {"cup", "bowl", "dining table"},
            "motorcycle": {"motorcycle"},
        }

    def test_knows_80_classes(self) -> None:
        labels = json.loads(parameters(OBJECTS)["labels"])

        classes = run(OBJECTS, image=noise_and_darkness())["classes"]

        assert (len(labels), len(set(labels))) == (80, 80)
        assert bool(((classes >= 0) & (classes < 80)).all())

    def test_orders_objects_by_score(self) -> None:
        scores = run(OBJECTS, image=reference(OBJECTS)["image"])["scores"]

        assert bool((np.diff(scores, axis=1) <= 0).all())

    def test_keeps_boxes_inside_the_picture(self) -> None:
        boxes = run(OBJECTS, image=noise_and_darkness())["boxes"]

        corners, far_corners = boxes[..., :2], boxes[..., :2] + boxes[..., 2:]

        assert bool((boxes >= 0).all())
        assert float((far_corners - SIDE).max()) < 0.001
        assert float(corners.max()) <= SIDE

    def test_says_the_same_of_a_picture_alone_and_in_a_batch(self) -> None:
        images = reference(OBJECTS)["image"]

        batched = run(OBJECTS, image=images)
        alone = [run(OBJECTS, image=image[None]) for image in images]

        for name, values in batched.items():
            single = np.concatenate([each[name] for each in alone])
            np.testing.assert_allclose(values[:, :20], single[:, :20], atol=1e-3)


class TestImageEncoder:
    def test_gives_the_originals_vectors(self) -> None:
        wanted = reference(IMAGES)

        vectors = run(IMAGES, image=wanted["image"])["embedding"]

        np.testing.assert_allclose(vectors, wanted["embedding"], atol=0.02)

    def test_gives_vectors_of_length_1_whatever_it_sees(self) -> None:
        vectors = run(IMAGES, image=noise_and_darkness())["embedding"]

        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)

    def test_says_the_same_of_a_picture_alone_and_in_a_batch(self) -> None:
        images = reference(IMAGES)["image"]

        batched = run(IMAGES, image=images)["embedding"]
        alone = [run(IMAGES, image=image[None])["embedding"] for image in images]

        np.testing.assert_allclose(batched, np.concatenate(alone), atol=1e-5)

    def test_is_found_by_words(self) -> None:
        sentences = {
            "group": "several people are sitting in a room",
            "astronaut": "a portrait of a woman in a space suit",
            "cat": "a tabby kitten looks at the camera",
            "coffee": "a cup of espresso with a spoon",
            "motorcycle": "a motorbike is parked in a garage",
        }

        photos = run(IMAGES, image=reference(IMAGES)["image"])["embedding"]
        best = (encode(*sentences.values()) @ photos.T).argmax(axis=1)

        assert dict(zip(sentences, (PHOTOS[row] for row in best), strict=True)) == {
            name: name for name in sentences
        }

    def test_is_tagged_with_what_it_shows(self) -> None:
        told = parameters(IMAGES)
        cosine, scale = float(told["tag_cosine"]), float(told["tag_scale"])
        tags = ("cat", "motorcycle", "cup of coffee", "airplane", "train")
        photos = run(IMAGES, image=reference(IMAGES)["image"])["embedding"]

        words = encode(*tags)
        scores = 1 / (1 + np.exp(scale * (cosine - photos @ words.T)))

        likely = {
            name: {tag for tag, score in zip(tags, row, strict=True) if score > 0.5}
            for name, row in zip(PHOTOS, scores, strict=True)
        }
        assert likely == {
            "group": set(),
            "astronaut": set(),
            "cat": {"cat"},
            "coffee": {"cup of coffee"},
            "motorcycle": {"motorcycle"},
        }


class TestTextEncoder:
    def test_gives_the_originals_vectors(self) -> None:
        wanted = reference(TEXTS)
        tokens = {name: wanted[name] for name in ("input_ids", "attention_mask")}

        vectors = run(TEXTS, **tokens)["embedding"]

        np.testing.assert_allclose(vectors, wanted["embedding"], atol=1e-5)

    def test_says_the_same_of_a_text_alone_and_filled_up_beside_a_longer_one(self) -> None:
        short, long = "a dog", "a dog and its owner walk " + "along the river " * 20

        beside = encode(short, long)[0]

        np.testing.assert_allclose(beside, encode(short)[0], atol=1e-5)

    def test_gives_vectors_of_length_1_whatever_it_reads(self) -> None:
        vectors = encode("", "x", "北京 😀", "word " * 1000)

        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)

    def test_reads_what_means_the_same_alike(self) -> None:
        dog, puppy, contract = encode("a dog runs", "a puppy is running", "a signed contract")

        assert float(dog @ puppy) > 0.7
        assert float(dog @ contract) < 0.2


class TestTokenizer:
    @pytest.mark.parametrize(
        ("words", "length"), [(0, 16), (14, 16), (15, 32), (254, 256), (1000, 256)]
    )
    def test_fills_up_to_sixteens_and_cuts_at_what_the_net_takes(
        self, words: int, length: int
    ) -> None:
        tokens = FileTokens(REPOSITORY / TEXTS / "1" / "tokenizer.json")

        ids, mask = tokens.encode(["dog " * words])

        assert (ids.shape, int(mask.sum())) == ((1, length), min(words + 2, 256))
        assert parameters(TEXTS)["max_tokens"] == "256"


class TestTheSpace:
    def test_is_the_same_for_pictures_and_words(self) -> None:
        shared = ("joint_space", "dimension", "languages")

        images, texts = parameters(IMAGES), parameters(TEXTS)

        assert [images[key] for key in shared] == [texts[key] for key in shared]
        assert images["space"] != texts["space"]
