"""Finding faces in a photo, and telling what they look like."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from inference.arrays import RGB, Array
from inference.client import Inference, ModelIdentity
from inference.errors import InferenceCorrupt
from inference.geometry import Box, Letterbox, letterbox, nms
from inference.roles import DETECTOR_SIDE, FACE_DETECTOR, FACE_EMBEDDER
from inference.spec import ModelSpec

MIN_SCORE = 0.5
MAX_IOU = 0.3
_MIN_SIDE_PX = 1  # less is no face, but what is left of one outside the photo
_LENGTH_TOLERANCE = 0.01  # of an embedding: half precision on a GPU


@dataclass(frozen=True, eq=False)
class DetectedFace:
    """Where a face is: pixels of the photo. Landmarks may lie outside of it."""

    box: Box
    landmarks: Array  # (5, 2) float32: eyes, nose, corners of the mouth
    score: float  # 0 to 1


class FaceDetector(Protocol):
    @property
    def identity(self) -> ModelIdentity:
        """Which weights detect."""
        ...

    def detect(self, image: RGB) -> list[DetectedFace]:
        """The faces of `image`, best first, in its own pixels."""
        ...


class FaceEmbedder(Protocol):
    @property
    def identity(self) -> ModelIdentity:
        """Which weights embed: vectors of different ones can't be compared."""
        ...

    def embed(self, crops: Sequence[RGB]) -> Array:
        """Aligned `crops` (112, 112, 3) -> (n, d) float32, each of length 1."""
        ...


@dataclass(frozen=True)
class TritonFaceDetector:
    """Letterboxes a photo, asks the server once, and drops what overlaps or is unlikely."""

    client: Inference
    model: ModelSpec = FACE_DETECTOR
    min_score: float = MIN_SCORE
    max_iou: float = MAX_IOU

    @cached_property
    def identity(self) -> ModelIdentity:
        return self.client.identity(self.model)

    def detect(self, image: RGB) -> list[DetectedFace]:
        square, fit = letterbox(image, DETECTOR_SIDE)
        outputs = self.client.infer(self.model, image=square[None])
        height, width = image.shape[:2]
        faces = self._likely(outputs, fit, width, height)
        scores = np.array([face.score for face in faces])
        kept = nms([face.box for face in faces], scores, max_iou=self.max_iou)
        return [faces[row] for row in kept]

    def _likely(
        self, outputs: dict[str, Array], fit: Letterbox, width: int, height: int
    ) -> list[DetectedFace]:
        """The faces that score well and lie in a photo of this size."""
        boxes, scores, landmarks = (outputs[spec.name][0] for spec in FACE_DETECTOR.outputs)
        faces = (
            DetectedFace(
                fit.box_to_photo(Box.from_array(boxes[row])).clipped(width, height),
                fit.to_photo(landmarks[row]),
                float(scores[row]),
            )
            for row in np.flatnonzero(scores >= self.min_score)
        )
        return [face for face in faces if _is_usable(face)]


@dataclass(frozen=True)
class TritonFaceEmbedder:
    """Embeds all faces of a photo in one call."""

    client: Inference
    model: ModelSpec = FACE_EMBEDDER

    @cached_property
    def identity(self) -> ModelIdentity:
        return self.client.identity(self.model)

    def embed(self, crops: Sequence[RGB]) -> Array:
        """As promised by FaceEmbedder. One call for up to 128 crops.

        Raises:
            InferenceError: as the client's infer(); InferenceCorrupt: vectors of another
                dimension than `identity` says, or not of length 1.
        """
        most = self.model.max_batch
        parts = [self._embed(crops[start : start + most]) for start in range(0, len(crops), most)]
        return np.concatenate([np.empty((0, self.identity.dimension), np.float32), *parts])

    def _embed(self, crops: Sequence[RGB]) -> Array:
        rows = self.client.infer(self.model, image=np.stack(crops))["embedding"]
        if rows.shape[1] != self.identity.dimension:
            raise InferenceCorrupt(f"{self.model.name}: vectors of {rows.shape[1]} numbers")
        if np.abs(np.linalg.norm(rows, axis=1) - 1).max() > _LENGTH_TOLERANCE:
            raise InferenceCorrupt(f"{self.model.name}: vectors that are not of length 1")
        return rows


def _is_usable(face: DetectedFace) -> bool:
    sides_px = (face.box.width, face.box.height)
    return min(sides_px) >= _MIN_SIDE_PX and bool(np.isfinite(face.landmarks).all())
