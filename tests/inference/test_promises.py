"""What every detector and embedder promises, and the real ones beside the original models."""

import numpy as np
import pytest

from inference.arrays import RGB, Array
from inference.faces import (
    FaceDetector,
    FaceEmbedder,
    TritonFaceDetector,
    TritonFaceEmbedder,
)
from inference.geometry import CROP_SIDE, Box
from tests.fakes import FakeDetector, FakeEmbedder, face_at
from tests.inference.references import detector_reference, embedder_reference
from tests.pictures import noise
from tests.served import FACE_DETECTOR, FACE_EMBEDDER


def alike(rows: int, dimension: int = 8) -> Array:
    """Vectors (rows, dimension) of length 1, each another one."""
    vectors = np.random.default_rng(1).normal(size=(rows, dimension))
    units: Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return units.astype(np.float32)


def edges(box: Box) -> tuple[float, ...]:
    return (box.x, box.y, box.right, box.bottom)


def crops(number: int) -> list[RGB]:
    return [noise(width=CROP_SIDE, height=CROP_SIDE, seed=seed) for seed in range(number)]


class TestFaceDetectors:
    """What a stand-in and the real one both promise."""

    @pytest.fixture(params=["stand-in", "real"])
    def detector(self, request: pytest.FixtureRequest) -> FaceDetector:
        if request.param == "stand-in":
            return FakeDetector([face_at(4, 4), face_at(40, 4, score=0.8)])
        return TritonFaceDetector(request.getfixturevalue("triton"), FACE_DETECTOR)

    @pytest.fixture
    def photo(self, triton_url: str) -> RGB:
        whole: RGB = detector_reference().images[0]
        return whole[:600]

    def test_give_faces_in_the_photo_best_first(self, detector: FaceDetector, photo: RGB) -> None:
        faces = detector.detect(photo)

        assert len(faces) >= 2
        scores = [face.score for face in faces]
        assert scores == sorted(scores, reverse=True)
        assert 0 <= scores[-1] <= scores[0] <= 1
        assert all(face.box == face.box.clipped(640, 600) for face in faces)
        assert all(face.box.area > 0 for face in faces)

    def test_give_five_landmarks_of_each_face(self, detector: FaceDetector, photo: RGB) -> None:
        faces = detector.detect(photo)

        assert {face.landmarks.shape for face in faces} == {(5, 2)}
        assert {face.landmarks.dtype for face in faces} == {np.dtype(np.float32)}
        assert all(face.box.x < face.landmarks[2, 0] < face.box.right for face in faces)
        assert all(face.box.y < face.landmarks[2, 1] < face.box.bottom for face in faces)

    def test_see_the_same_again(self, detector: FaceDetector, photo: RGB) -> None:
        first, second = detector.detect(photo), detector.detect(photo)

        assert [face.box for face in first] == [face.box for face in second]

    def test_leave_the_photo_alone(self, detector: FaceDetector, photo: RGB) -> None:
        before = photo.copy()

        detector.detect(photo)

        assert (photo == before).all()


class TestFaceEmbedders:
    """What a stand-in and the real one both promise."""

    @pytest.fixture(params=["stand-in", "real"])
    def embedder(self, request: pytest.FixtureRequest) -> FaceEmbedder:
        if request.param == "stand-in":
            return FakeEmbedder(list(alike(3)))
        return TritonFaceEmbedder(request.getfixturevalue("triton"), FACE_EMBEDDER)

    def test_give_a_vector_of_length_1_for_each_face(self, embedder: FaceEmbedder) -> None:
        vectors = embedder.embed(crops(3))

        assert vectors.shape == (3, embedder.identity.dimension)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)

    def test_give_no_vector_for_no_face(self, embedder: FaceEmbedder) -> None:
        vectors = embedder.embed([])

        assert vectors.shape == (0, embedder.identity.dimension)
        assert vectors.dtype == np.float32

    def test_give_the_same_again(self, embedder: FaceEmbedder) -> None:
        first, second = embedder.embed(crops(2)), embedder.embed(crops(2))

        np.testing.assert_allclose(first, second, atol=1e-5)

    def test_know_whose_vectors_they_give(self, embedder: FaceEmbedder) -> None:
        identity = embedder.identity

        assert identity.role == "face_embedder"
        assert identity.space.split(":")[::2] == [identity.role, identity.version]
        assert 0 < identity.same_person_cosine < 1


class TestReferenceVectors:
    """The served models against the original ones, whose answers the export has stored."""

    @pytest.mark.parametrize("number", range(3))
    def test_faces_are_those_of_the_original_detector(
        self, number: int, request: pytest.FixtureRequest
    ) -> None:
        detector = TritonFaceDetector(
            request.getfixturevalue("triton"), FACE_DETECTOR, min_score=0.4, max_iou=0.3
        )
        reference = detector_reference()
        photo, wanted = reference.images[number], reference.faces(number)

        faces = detector.detect(photo)

        tolerance = reference.tolerance
        boxes = [edges(Box.from_array(row).clipped(640, 640)) for row in wanted["boxes"]]
        found_boxes = [edges(face.box) for face in faces]
        np.testing.assert_allclose(found_boxes, boxes, atol=tolerance["boxes"])
        found = [face.landmarks for face in faces]
        np.testing.assert_allclose(found, wanted["landmarks"], atol=tolerance["landmarks"])
        scores = [face.score for face in faces]
        np.testing.assert_allclose(scores, wanted["scores"], atol=tolerance["scores"])

    def test_vectors_are_those_of_the_original_embedder(
        self, request: pytest.FixtureRequest
    ) -> None:
        embedder = TritonFaceEmbedder(request.getfixturevalue("triton"), FACE_EMBEDDER)
        reference = embedder_reference()

        vectors = embedder.embed(list(reference.images))

        wanted, tolerance = reference.answers["embedding"], reference.tolerance["embedding"]
        np.testing.assert_allclose(vectors, wanted, atol=tolerance)
