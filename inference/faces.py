"""Finding faces in a photo, and telling what they look like."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from inference.arrays import RGB, Array
from inference.client import Inference
from inference.errors import InferenceCorrupt, InferenceNotReady
from inference.geometry import Box, Letterbox
from inference.identity import ModelIdentity
from inference.roles import DETECTOR_SIDE, FACE_DETECTOR, FACE_EMBEDDER, FACE_MATCHER
from inference.spec import ModelSpec
from inference.tiles import Tile, Tiling, distinct, tiles_of, whole

MIN_SCORE = 0.5
MAX_IOU = 0.3
MOST_FACES = 1000  # of a photo, the best ones: a poster of more must not use up all memory
_MIN_SIDE_PX = 1  # less is no face, but what is left of one outside the photo
# A photo hints at small faces where this many of them are to be expected: the sum of the scores,
# faint ones too, of what is at most so large in the detector's input. Measured on 80 everyday
# photos: 3 hint. Mosaics of faces that are hardly to be seen (8 pixels of the input) sum up to 7
# and more; below 6 pixels nothing is seen at all.
SEVERAL = 3.0
FAINT = 0.1
_SMALL_PX = 24
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


class FaceHead(Protocol):
    """What was trained for the vectors of an embedder, and has a space of its own."""

    @property
    def identity(self) -> ModelIdentity:
        """Which weights move vectors; they stand for the embedder's as well."""
        ...

    def moved(self, vectors: Array) -> Array:
        """The embedder's `vectors` (n, d) float32 -> those of the same faces in the head's space.

        Raises:
            InferenceError: the server gave no answer, or a wrong one.
        """
        ...


@dataclass(frozen=True, eq=False)
class _Seen:
    """A face, and in which part of the photo it was seen."""

    face: DetectedFace
    tile: Tile

    def is_inexact(self, photo: Tile) -> bool:
        """Whether another tile of `photo` may show it better: it is cut, or too large in this."""
        box = self.face.box
        return self.tile.may_cut(box, photo) or self.tile.is_filled_by(box)


@dataclass(frozen=True)
class TritonFaceDetector:
    """Letterboxes a photo, asks the server, and drops what overlaps or is unlikely.

    With `tiling`, a large photo is looked at in tiles as well: they show faces that are too small
    in the whole of it. Where a face may be too large in it, the photo is looked at from afar too.
    """

    client: Inference
    model: ModelSpec = FACE_DETECTOR
    min_score: float = MIN_SCORE
    max_iou: float = MAX_IOU
    tiling: Tiling = Tiling.OFF

    @cached_property
    def identity(self) -> ModelIdentity:
        return self.client.identity(self.model)

    def detect(self, image: RGB) -> list[DetectedFace]:
        """As promised by FaceDetector. One call; one more for each batch of further looks.

        Raises:
            InferenceError: as the client's infer().
        """
        photo = whole(image)
        tiles = [] if self.tiling is Tiling.OFF else tiles_of(photo)
        seen = self._seen(image, [photo], min(FAINT, self.min_score))
        if not (tiles and (self.tiling is Tiling.ON or self._hints_at_more(seen, photo))):
            tiles = []
        if any(photo.is_filled_by(each.face.box) for each in seen):
            tiles.append(photo.from_afar())
        seen += self._seen(image, tiles, self.min_score)
        likely = [each for each in seen if each.face.score >= self.min_score]
        return self._distinct(likely, photo)

    def _seen(self, image: RGB, tiles: Sequence[Tile], least: float) -> list[_Seen]:
        """What scores `least` in the `tiles` of `image`; no call for none."""
        most = self.model.max_batch
        batches = (tiles[start : start + most] for start in range(0, len(tiles), most))
        return [face for some in batches for face in self._ask(image, some, least)]

    def _ask(self, image: RGB, tiles: Sequence[Tile], least: float) -> Iterator[_Seen]:
        """The same, in one call."""
        height, width = image.shape[:2]
        squares, fits = zip(*(tile.letterbox(image, DETECTOR_SIDE) for tile in tiles), strict=True)
        outputs = self.client.infer(self.model, image=np.stack(squares))
        for row, (tile, fit) in enumerate(zip(tiles, fits, strict=True)):
            answer = {name: values[row] for name, values in outputs.items()}
            yield from (_Seen(face, tile) for face in _likely(answer, fit, (width, height), least))

    def _hints_at_more(self, seen: Sequence[_Seen], photo: Tile) -> bool:
        small_px = _SMALL_PX / DETECTOR_SIDE * max(photo.width, photo.height)
        small = (
            face.score
            for face in self._distinct(seen, photo)
            if max(face.box.width, face.box.height) <= small_px
        )
        return sum(small) >= SEVERAL

    def _distinct(self, seen: Sequence[_Seen], photo: Tile) -> list[DetectedFace]:
        """Each face once, best first, MOST_FACES at most."""
        faces = [each.face for each in seen]
        inexact = np.array([each.is_inexact(photo) for each in seen], bool)
        scores = np.array([face.score for face in faces])
        boxes = [face.box for face in faces]
        kept = distinct(boxes, scores, inexact, max_iou=self.max_iou, most=MOST_FACES)
        return [faces[row] for row in kept]


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
        batches = (crops[start : start + most] for start in range(0, len(crops), most))
        answers = [self.client.infer(self.model, image=np.stack(some)) for some in batches]
        return _embeddings(answers, self.model, self.identity)


@dataclass(frozen=True)
class TritonFaceMatcher:
    """A head at the server, behind the embedder whose vectors it takes."""

    embedder: FaceEmbedder
    client: Inference
    model: ModelSpec = FACE_MATCHER

    @cached_property
    def identity(self) -> ModelIdentity:
        """
        Raises:
            InferenceNotReady: the head was trained for another embedder's vectors.
        """
        said = self.client.identity(self.model)
        if said.text("takes") != self.embedder.identity.space:
            raise InferenceNotReady(
                f"{self.model.name}: it was trained for vectors of {said.text('takes')}, not of "
                f"{self.embedder.identity.space}."
            )
        return said

    def moved(self, vectors: Array) -> Array:
        """As promised by FaceHead. One call for up to 128 vectors.

        Raises:
            InferenceError: as the client's infer(); InferenceNotReady: as `identity`.
        """
        most, identity = self.model.max_batch, self.identity
        batches = (vectors[start : start + most] for start in range(0, len(vectors), most))
        answers = [self.client.infer(self.model, vectors=some) for some in batches]
        return _embeddings(answers, self.model, identity)


def _embeddings(
    answers: Iterable[dict[str, Array]], model: ModelSpec, identity: ModelIdentity
) -> Array:
    """The vectors of `answers`, (n, d) float32, each of length 1.

    Raises:
        InferenceCorrupt: they are not what `identity` says.
    """
    parts = [answer["embedding"] for answer in answers]
    for rows in parts:
        if rows.shape[1] != identity.dimension:
            raise InferenceCorrupt(f"{model.name}: vectors of {rows.shape[1]} numbers")
        if np.abs(np.linalg.norm(rows, axis=1) - 1).max() > _LENGTH_TOLERANCE:
            raise InferenceCorrupt(f"{model.name}: vectors that are not of length 1")
    return np.concatenate([np.empty((0, identity.dimension), np.float32), *parts])


def _likely(
    answer: dict[str, Array], fit: Letterbox, size: tuple[int, int], least: float
) -> Iterator[DetectedFace]:
    """The faces that score `least` and lie in a photo of this size (width, height)."""
    boxes, scores, landmarks = (answer[spec.name] for spec in FACE_DETECTOR.outputs)
    faces = (
        DetectedFace(
            fit.box_to_photo(Box.from_array(boxes[row])).clipped(*size),
            fit.to_photo(landmarks[row]),
            float(scores[row]),
        )
        for row in np.flatnonzero(scores >= least)
    )
    return filter(_is_usable, faces)


def _is_usable(face: DetectedFace) -> bool:
    sides_px = (face.box.width, face.box.height)
    return min(sides_px) >= _MIN_SIDE_PX and bool(np.isfinite(face.landmarks).all())
