"""The built models, as onnxruntime runs them."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from numpy.typing import NDArray

from tests.export.exporting import DETECTOR, EMBEDDER, NAMES, REPOSITORY, need_built_models

Array = NDArray[np.float32]
TIES_PX = 1e-3  # a batch adds up in another order
NOISE = 3


@pytest.fixture(autouse=True)
def _built() -> None:
    need_built_models()


def open_model(name: str) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(REPOSITORY / name / "1" / "model.onnx", options)


def run(name: str, images: NDArray[np.uint8]) -> dict[str, Array]:
    model = open_model(name)
    names = [output.name for output in model.get_outputs()]
    return dict(zip(names, model.run(names, {"image": images}), strict=True))


def reference(name: str) -> dict[str, Array]:
    with np.load(REPOSITORY / name / "1" / "reference.npz", allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def noise(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(7).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("name", NAMES)
class TestEveryModel:
    def test_takes_bytes_and_any_batch(self, name: str) -> None:
        model = open_model(name)

        (given,) = model.get_inputs()
        batches = {node.shape[0] for node in [given, *model.get_outputs()]}

        assert (given.name, given.type, batches) == ("image", "tensor(uint8)", {"B"})

    def test_says_the_same_of_an_image_alone_and_in_a_batch(self, name: str) -> None:
        images = reference(name)["image"].astype(np.uint8)

        batched = run(name, images)
        alone = [run(name, image[None]) for image in images]

        for output, values in batched.items():
            single = np.concatenate([each[output] for each in alone])
            np.testing.assert_allclose(values, single, atol=TIES_PX)

    def test_answers_with_numbers_to_noise_and_darkness(self, name: str) -> None:
        shape = reference(name)["image"].shape[1:]
        images = np.concatenate([noise(NOISE, *shape), np.zeros((1, *shape), np.uint8)])

        answers = run(name, images)

        assert {name: bool(np.isfinite(values).all()) for name, values in answers.items()} == (
            dict.fromkeys(answers, True)
        )

    def test_is_the_one_in_its_manifest(self, name: str) -> None:
        manifest = json.loads((REPOSITORY / name / "manifest.json").read_text())

        content = Path(REPOSITORY / name / "1" / "model.onnx").read_bytes()

        assert sha256(content).hexdigest() == manifest["model_sha256"]


class TestFaceDetector:
    def test_orders_faces_by_score(self) -> None:
        scores = run(DETECTOR, reference(DETECTOR)["image"].astype(np.uint8))["scores"]

        assert bool((np.diff(scores, axis=1) <= 0).all())

    def test_finds_each_of_the_originals_faces_at_its_place(self) -> None:
        wanted = reference(DETECTOR)
        answers = run(DETECTOR, wanted["image"].astype(np.uint8))

        for image, box, landmarks in zip(
            wanted["item_index"], wanted["boxes"], wanted["landmarks"], strict=True
        ):
            boxes = answers["boxes"][int(image)]
            nearest = np.abs(boxes - box).max(axis=1).argmin()
            np.testing.assert_allclose(boxes[nearest], box, atol=0.01)
            found = answers["landmarks"][int(image), nearest]
            np.testing.assert_allclose(found, landmarks, atol=0.01)

    def test_finds_six_people_and_their_halves(self) -> None:
        images = reference(DETECTOR)["item_index"]

        assert np.bincount(images.astype(int)).tolist() == [6, 3, 3]

    def test_moves_a_face_with_its_picture(self) -> None:
        image = reference(DETECTOR)["image"][0].astype(np.uint8)
        right, down = 32, 64  # multiples of what the net halves

        moved = np.roll(image, (down, right), axis=(0, 1))
        best = run(DETECTOR, np.stack([image, moved]))["boxes"][:, 0]

        np.testing.assert_allclose(best[1] - best[0], [right, down, 0, 0], atol=2)


class TestFaceEmbedder:
    def test_gives_vectors_of_length_1(self) -> None:
        crops = np.concatenate([reference(EMBEDDER)["image"], noise(NOISE, 112, 112, 3)])

        vectors = run(EMBEDDER, crops.astype(np.uint8))["embedding"]

        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)

    def test_gives_the_originals_vectors(self) -> None:
        wanted = reference(EMBEDDER)

        vectors = run(EMBEDDER, wanted["image"].astype(np.uint8))["embedding"]

        np.testing.assert_allclose(vectors, wanted["embedding"], atol=1e-5)

    def test_tells_colours_apart(self) -> None:
        crops = reference(EMBEDDER)["image"].astype(np.uint8)

        red_first = run(EMBEDDER, crops)["embedding"]
        blue_first = run(EMBEDDER, crops[..., ::-1].copy())["embedding"]

        assert float(np.abs(red_first - blue_first).max()) > 0.01
