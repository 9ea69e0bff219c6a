"""Stand-ins for the models, where a test wants neither Triton nor real faces."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from inference.arrays import RGB, Array
from inference.faces import DetectedFace
from inference.geometry import CROP_SIDE, TEMPLATE, Box
from inference.identity import ModelIdentity
from inference.objects import SeenObject
from inference.ocr import TextLine
from photos.images import Decoded, decode
from photos.operations import Operation

IDENTITY = ModelIdentity(
    role="face_embedder",
    space="face_embedder:fake:1",
    weights_sha256="0" * 64,
    version="1",
    parameters={"dimension": "8", "same_person_cosine": "0.5"},
    shapes={"image": (112, 112, 3)},
)

MOVES = replace(IDENTITY, role="face_matcher", space="face_matcher:fake:1")
DETECTS = replace(IDENTITY, role="face_detector", space="face_detector:fake:1")
ENCODES = replace(IDENTITY, role="image_encoder", space="image_encoder:fake:1")
FINDS = replace(IDENTITY, role="object_detector", space="object_detector:fake:1")


def operations(*made: Operation) -> Callable[[], dict[str, Operation]]:
    """What a worker's `Parts` want: these operations are there, and no others."""
    return lambda: {each.name: each for each in made}


@dataclass
class FakeDetector:
    """Sees the faces it was told of, in every photo; or raises what it was told to."""

    faces: list[DetectedFace] = field(default_factory=list)
    error: Exception | None = None
    identity: ModelIdentity = DETECTS
    calls: int = 0

    def detect(self, image: RGB) -> list[DetectedFace]:
        self.calls += 1
        if self.error:
            raise self.error
        return self.faces


@dataclass
class FakeEmbedder:
    """Faces look like the vectors it was told of, one after the other."""

    vectors: Sequence[Array] = ()
    identity: ModelIdentity = IDENTITY
    calls: int = 0

    def embed(self, crops: Sequence[RGB]) -> Array:
        self.calls += 1
        empty = np.empty((0, self.identity.dimension), np.float32)
        return np.concatenate([empty, *(vector[None] for vector in self.vectors[: len(crops)])])


@dataclass
class FakeHead:
    """Has the embedder's vectors the other way round."""

    identity: ModelIdentity = MOVES
    calls: int = 0

    def moved(self, vectors: Array) -> Array:
        self.calls += 1
        return vectors[:, ::-1]


def face_at(x: float = 4, y: float = 4, side: float = 30, score: float = 0.9) -> DetectedFace:
    """A detected face of `side` pixels, whose top left corner is at `x`, `y`."""
    landmarks = (TEMPLATE / CROP_SIDE * side + [x, y]).astype(np.float32)
    return DetectedFace(Box(x, y, side, side), landmarks, score)


@dataclass
class FakeEncoder:
    """All photos look the same to it."""

    vector: Array
    identity: ModelIdentity = ENCODES

    def encode(self, image: RGB) -> Array:
        return self.vector


@dataclass
class FakeObjects:
    """Sees what it was told of, or raises what it was told to."""

    seen: list[SeenObject] = field(default_factory=list)
    error: Exception | None = None
    identity: ModelIdentity = FINDS

    def detect(self, image: RGB) -> list[SeenObject]:
        if self.error:
            raise self.error
        return self.seen


@dataclass
class FakeReader:
    """Reads what it was told of."""

    lines: list[TextLine] = field(default_factory=list)
    identities: tuple[ModelIdentity, ...] = ()

    def read(self, image: RGB) -> list[TextLine]:
        return self.lines


@contextmanager
def decoded_here(data: bytes) -> Iterator[Decoded]:
    """In this process, as the photos of a test are no strangers'."""
    yield decode(data, max_pixels=10**6)
