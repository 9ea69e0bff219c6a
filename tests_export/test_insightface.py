"""The faces of insightface's packs, against the package's own classes on the same files."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from insightface.app.common import Face
from insightface.model_zoo import SCRFD, ArcFaceONNX
from insightface.utils import face_align

from export import ExportError, parity, samples
from export.arcface import ArcFace, ChannelOrder
from export.kinds import Converted
from export.rows_hub import BUFFALO_ARCFACE
from export.samples import PackagedPhotos
from export.scrfd import SCORE, SIDE, Scrfd
from export.sessions import Session
from inference.geometry import align
from tests_export.making_faces import make_arcface, make_scrfd

PIXELS = 0.01  # of boxes and landmarks; measured: 6e-5
PROBABILITY = 1e-5  # measured: 0
TOLERANCE = 1e-5  # of a number of a unit vector; measured: 3e-8
GREY_LEVELS = 1  # of a pixel of an aligned face: two ways to solve for one matrix


@pytest.fixture
def square(photos: PackagedPhotos) -> torch.Tensor:
    return torch.from_numpy(samples.pictures(photos, SIDE)[0].copy())


def convert(path: Path, photos: PackagedPhotos) -> Converted:
    return Scrfd().convert({path.name: path}, photos)


class TestDetector:
    @pytest.mark.parametrize("batched", [False, True])
    def test_finds_the_faces_that_insightface_finds(
        self, tmp_path: Path, photos: PackagedPhotos, square: torch.Tensor, *, batched: bool
    ) -> None:
        converted = convert(make_scrfd(tmp_path / "det.onnx", square, batched=batched), photos)

        worst = parity.measure(converted, Session(converted.model.SerializeToString()))

        found = [
            len(converted.original(each)["scores"]) for each in parity.items(converted.samples)
        ]
        assert min(found) >= 3, "the random net finds something to compare"
        assert worst["boxes"] <= PIXELS
        assert worst["landmarks"] <= PIXELS
        assert worst["scores"] <= PROBABILITY

    def test_gives_all_that_the_class_gives_of_a_photo_of_another_shape(
        self, tmp_path: Path, photos: PackagedPhotos, square: torch.Tensor
    ) -> None:
        """The class scales a photo itself: given what it then sees, we say the same."""
        path = make_scrfd(tmp_path / "det_10g.onnx", square)
        converted = convert(path, photos)
        photo = cv2.imread(str(photos.file("t1.jpg")))
        theirs = SCRFD(model_file=str(path))
        theirs.prepare(-1, det_thresh=SCORE, nms_thresh=0.4)

        boxes, landmarks = theirs.detect(photo, input_size=(SIDE, SIDE))

        height = int(SIDE * photo.shape[0] / photo.shape[1])
        seen = np.zeros((SIDE, SIDE, 3), np.uint8)
        seen[:height] = cv2.resize(photo, (SIDE, height))
        (ours,) = converted.served(
            Session(converted.model.SerializeToString())({"image": seen[None, ..., ::-1]})
        )
        scale = height / photo.shape[0]
        assert np.abs(ours["boxes"][:, :2] / scale - boxes[:, :2]).max() <= PIXELS
        assert np.abs(ours["landmarks"] / scale - landmarks).max() <= PIXELS
        assert np.abs(ours["scores"] - boxes[:, 4]).max() <= PROBABILITY

    def test_without_landmarks_is_refused(
        self, tmp_path: Path, photos: PackagedPhotos, square: torch.Tensor
    ) -> None:
        path = make_scrfd(tmp_path / "det.onnx", square, landmarks=False)

        with pytest.raises(ExportError, match="It has 6 outputs: an SCRFD with landmarks has 9"):
            convert(path, photos)


class TestEmbedder:
    def test_says_what_insightface_says_of_aligned_faces(
        self, tmp_path: Path, photos: PackagedPhotos
    ) -> None:
        path = make_arcface(tmp_path / "w600k_mbf.onnx")
        converted = BUFFALO_ARCFACE.convert({path.name: path}, photos)
        theirs = ArcFaceONNX(model_file=str(path))
        crops = converted.samples["image"]

        ours = Session(converted.model.SerializeToString())({"image": crops})["embedding"]

        right = np.concatenate([theirs.get_feat(crop[..., ::-1]) for crop in crops])
        right /= np.linalg.norm(right, axis=1, keepdims=True)
        assert np.abs(ours - right).max() <= TOLERANCE
        assert (ours @ ours.T - np.eye(len(ours))).max() < 0.999

    def test_is_as_its_own_original(self, tmp_path: Path, photos: PackagedPhotos) -> None:
        path = make_arcface(tmp_path / "w600k_mbf.onnx")
        converted = BUFFALO_ARCFACE.convert({path.name: path}, photos)

        worst = parity.measure(converted, Session(converted.model.SerializeToString()))

        assert worst["embedding"] <= TOLERANCE

    def test_of_another_order_of_colours_is_another_model(
        self, tmp_path: Path, photos: PackagedPhotos
    ) -> None:
        """What the test above would not see, if both orders gave the same."""
        path = make_arcface(tmp_path / "w600k_mbf.onnx")
        files = {path.name: path}
        bgr = ArcFace(512, ChannelOrder.BGR, 0.28, deviation=127.5).convert(files, photos)
        rgb = BUFFALO_ARCFACE.convert(files, photos)

        difference = parity.measure(bgr, Session(rgb.model.SerializeToString()))["embedding"]

        assert difference > 100 * TOLERANCE


class TestAlignment:
    def test_cuts_the_faces_out_as_insightface_does(self, photos: PackagedPhotos) -> None:
        photo = cv2.imread(str(photos.file("t1.jpg")))
        landmarks = np.array(  # of the woman at the table's left, by eye
            [[95, 300], [135, 305], [112, 325], [95, 350], [128, 353]], np.float32
        )

        theirs = face_align.norm_crop(photo, landmarks)

        ours = align(photo, landmarks)
        assert np.abs(ours.astype(int) - theirs.astype(int)).max() <= GREY_LEVELS

    def test_and_embedding_is_the_librarys_own_way_of_a_face(
        self, tmp_path: Path, photos: PackagedPhotos
    ) -> None:
        path = make_arcface(tmp_path / "w600k_mbf.onnx")
        photo = cv2.imread(str(photos.file("t1.jpg")))
        landmarks = np.array([[95, 300], [135, 305], [112, 325], [95, 350], [128, 353]], np.float32)
        face = Face(kps=landmarks)

        right = ArcFaceONNX(model_file=str(path)).get(photo, face)

        converted = BUFFALO_ARCFACE.convert({path.name: path}, photos)
        crop = align(photo[..., ::-1], landmarks)
        ours = Session(converted.model.SerializeToString())({"image": crop[None]})["embedding"][0]
        assert float(ours @ right / np.linalg.norm(right)) >= 0.9999
