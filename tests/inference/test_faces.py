"""Detector and embedder: what they make of a model's answers."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from inference.arrays import RGB, Array
from inference.errors import InferenceCorrupt, InferenceNotReady
from inference.faces import (
    TritonFaceDetector,
    TritonFaceEmbedder,
    TritonFaceMatcher,
)
from inference.geometry import CROP_SIDE, TEMPLATE, Box
from inference.identity import ModelIdentity
from inference.roles import DETECTOR_SIDE, FACE_DETECTOR, FACE_EMBEDDER, FACE_MATCHER, TOP_K
from inference.spec import ModelSpec
from tests.fakes import IDENTITY, FakeEmbedder
from tests.pictures import noise

SQUARE = np.zeros((DETECTOR_SIDE, DETECTOR_SIDE, 3), np.uint8)


@dataclass
class Answers:
    """Runs models by giving prepared answers."""

    outputs: dict[str, Array]
    dimension: int = 8
    calls: list[tuple[ModelSpec, int]] = field(default_factory=list)  # model, batch

    def infer(self, model: ModelSpec, **arrays: Array) -> dict[str, Array]:
        batch = model.batch_of(arrays)
        self.calls.append((model, batch))
        return {name: array[:batch] for name, array in self.outputs.items()}

    def identity(self, model: ModelSpec) -> ModelIdentity:
        return replace(IDENTITY, role=model.name, parameters={"dimension": str(self.dimension)})


def seen(*boxes: tuple[float, ...], scores: tuple[float, ...]) -> Answers:
    """A detector's answer: `boxes` are x, y, width, height of the square."""
    outputs = {spec.name: np.zeros((1, *spec.shape), spec.dtype) for spec in FACE_DETECTOR.outputs}
    outputs["boxes"][0, : len(boxes)] = np.reshape(boxes, (-1, 4))
    outputs["scores"][0, : len(scores)] = scores
    outputs["landmarks"][0, : len(boxes)] = TEMPLATE
    return Answers(outputs)


def alike(rows: int, dimension: int = 8) -> Array:
    """Vectors (rows, dimension) of length 1, each another one."""
    vectors = np.random.default_rng(1).normal(size=(rows, dimension))
    units: Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return units.astype(np.float32)


def edges(box: Box) -> tuple[float, ...]:
    return (box.x, box.y, box.right, box.bottom)


def crops(number: int) -> list[RGB]:
    return [noise(width=CROP_SIDE, height=CROP_SIDE, seed=seed) for seed in range(number)]


class TestTritonFaceDetector:
    def test_gives_faces_in_pixels_of_the_photo(self) -> None:
        answers = seen((160, 240, 80, 100), scores=(0.9,))

        [face] = TritonFaceDetector(answers).detect(np.zeros((960, 1280, 3), np.uint8))

        assert face.box == Box(320, 320, 160, 200)
        assert face.score == pytest.approx(0.9)
        assert face.landmarks.dtype == np.float32
        np.testing.assert_allclose(face.landmarks, (TEMPLATE - [0, 80]) * 2, rtol=1e-6)

    def test_asks_once_for_a_photo(self) -> None:
        answers = seen(scores=())

        TritonFaceDetector(answers).detect(SQUARE)

        assert answers.calls == [(FACE_DETECTOR, 1)]

    def test_gives_the_best_first(self) -> None:
        answers = seen((0, 0, 9, 9), (50, 0, 9, 9), (90, 0, 9, 9), scores=(0.6, 0.9, 0.7))

        faces = TritonFaceDetector(answers).detect(SQUARE)

        assert [face.box.x for face in faces] == [50, 90, 0]

    def test_drops_what_is_unlikely(self) -> None:
        answers = seen((0, 0, 9, 9), (50, 0, 9, 9), scores=(0.75, 0.7))

        faces = TritonFaceDetector(answers, min_score=0.75).detect(SQUARE)

        assert [face.box.x for face in faces] == [0]

    def test_drops_the_worse_of_two_that_overlap(self) -> None:
        answers = seen((10, 0, 20, 20), (12, 0, 20, 20), scores=(0.6, 0.9))

        faces = TritonFaceDetector(answers).detect(SQUARE)

        assert [face.box.x for face in faces] == [12]

    def test_keeps_two_that_may_overlap(self) -> None:
        answers = seen((10, 0, 20, 20), (12, 0, 20, 20), scores=(0.6, 0.9))

        faces = TritonFaceDetector(answers, max_iou=0.9).detect(SQUARE)

        assert [face.box.x for face in faces] == [12, 10]

    def test_clips_boxes_but_not_landmarks(self) -> None:
        answers = seen((-20, 620, 50, 50), scores=(0.9,))
        answers.outputs["landmarks"] -= 100

        [face] = TritonFaceDetector(answers).detect(SQUARE)

        assert face.box == Box(0, 620, 30, 20)
        assert face.landmarks.min() < 0

    def test_gives_one_of_two_that_are_the_same_in_the_photo(self) -> None:
        answers = seen((-90, 0, 100, 20), (-60, 0, 70, 20), scores=(0.9, 0.8))

        faces = TritonFaceDetector(answers, max_iou=0.5).detect(SQUARE)

        assert [face.box for face in faces] == [Box(0, 0, 10, 20)]

    @pytest.mark.parametrize(
        "box",
        [
            (700, 10, 50, 50),
            (-60, 10, 50, 50),
            (10, 10, 0, 50),
            (10, 10, -5, 50),
            (10, 10, 0.5, 50),
            (np.nan, 10, 50, 50),
            (10, 10, np.nan, 50),
        ],
    )
    def test_drops_what_has_no_area_in_the_photo(self, box: tuple[float, ...]) -> None:
        assert TritonFaceDetector(seen(box, scores=(0.9,))).detect(SQUARE) == []

    def test_drops_landmarks_that_are_no_numbers(self) -> None:
        answers = seen((10, 10, 50, 50), scores=(0.9,))
        answers.outputs["landmarks"][0, 0, 2] = np.nan

        assert TritonFaceDetector(answers).detect(SQUARE) == []

    def test_finds_as_many_faces_as_the_model_can_give(self) -> None:
        places = [(x * 30.0, y * 30.0, 20.0, 20.0) for y in range(20) for x in range(20)]

        faces = TritonFaceDetector(seen(*places, scores=(0.9,) * TOP_K)).detect(SQUARE)

        assert len(faces) == TOP_K


class TestTritonFaceEmbedder:
    def test_embeds_all_faces_of_a_photo_in_one_call(self) -> None:
        answers = Answers({"embedding": alike(128)})

        vectors = TritonFaceEmbedder(answers).embed(crops(128))

        assert [batch for _, batch in answers.calls] == [128]
        assert (vectors == alike(128)).all()

    def test_embeds_more_than_fit_into_one_call_in_several(self) -> None:
        answers = Answers({"embedding": alike(128)})

        vectors = TritonFaceEmbedder(answers).embed(crops(130))

        assert [batch for _, batch in answers.calls] == [128, 2]
        assert (vectors == np.concatenate([alike(128), alike(128)[:2]])).all()

    def test_asks_the_server_nothing_for_no_face(self) -> None:
        answers = Answers({"embedding": alike(1)})

        vectors = TritonFaceEmbedder(answers).embed([])

        assert vectors.shape == (0, 8)
        assert vectors.dtype == np.float32
        assert answers.calls == []

    def test_asks_the_model_that_it_was_given(self) -> None:
        answers = Answers({"embedding": alike(1)})
        other = FACE_EMBEDDER.at("face_embedder.other.3")

        TritonFaceEmbedder(answers, other).embed(crops(1))

        assert answers.calls == [(other, 1)]

    def test_takes_a_model_with_another_dimension(self) -> None:
        answers = Answers({"embedding": alike(2, dimension=192)}, dimension=192)

        assert TritonFaceEmbedder(answers).embed(crops(2)).shape == (2, 192)

    @pytest.mark.parametrize(
        "vectors",
        [alike(2, dimension=9), alike(2) * 1.1, np.zeros((2, 8), np.float32)],
        ids=["dimension", "length", "zero"],
    )
    def test_calls_vectors_corrupt_that_cannot_be_compared(self, vectors: Array) -> None:
        embedder = TritonFaceEmbedder(Answers({"embedding": vectors}))

        with pytest.raises(InferenceCorrupt, match=r"^face_embedder: "):
            embedder.embed(crops(2))


@dataclass
class Turned:
    """Runs a head that turns all vectors around, which was trained for those of `takes`."""

    takes: str = IDENTITY.space
    length: float = 1.0
    batches: list[int] = field(default_factory=list)

    def infer(self, model: ModelSpec, **arrays: Array) -> dict[str, Array]:
        self.batches.append(model.batch_of(arrays))
        return {"embedding": -arrays["vectors"] * np.float32(self.length)}

    def identity(self, model: ModelSpec) -> ModelIdentity:
        said = {"dimension": "8", "same_person_cosine": "0.3", "takes": self.takes}
        space = f"{model.name}:fake:1"
        return replace(IDENTITY, role=model.name, space=space, parameters=said)


class TestTritonFaceMatcher:
    def test_has_a_space_of_its_own(self) -> None:
        identity = TritonFaceMatcher(FakeEmbedder(), Turned()).identity

        assert identity.space == f"{FACE_MATCHER.name}:fake:1"
        assert (identity.dimension, identity.same_person_cosine) == (8, 0.3)

    def test_asks_the_head_nothing_for_no_face(self) -> None:
        head = Turned()

        vectors = TritonFaceMatcher(FakeEmbedder(), head).moved(alike(0))

        assert vectors.shape == (0, 8)
        assert vectors.dtype == np.float32
        assert head.batches == []

    def test_moves_more_vectors_than_fit_into_one_call_in_several(self) -> None:
        head = Turned()

        moved = TritonFaceMatcher(FakeEmbedder(), head).moved(alike(300))

        assert (moved == -alike(300)).all()
        assert head.batches == [128, 128, 44]

    def test_takes_no_vectors_of_an_embedder_that_it_was_not_trained_for(self) -> None:
        head = Turned(takes="face_embedder:other:2")
        matcher = TritonFaceMatcher(FakeEmbedder(), head)

        with pytest.raises(InferenceNotReady, match=r"face_embedder:other:2, not of .*:fake:1"):
            matcher.moved(alike(1))

        assert head.batches == []

    def test_calls_vectors_corrupt_that_cannot_be_compared(self) -> None:
        matcher = TritonFaceMatcher(FakeEmbedder(), Turned(length=1.1))

        with pytest.raises(InferenceCorrupt, match=r"^face_matcher: .* not of length 1"):
            matcher.moved(alike(2))
