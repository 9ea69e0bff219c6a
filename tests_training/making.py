"""Faces that are made up: of known people, with or without what hides who they are."""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.faces import Array, Faces

SPACE = "face_embedder:0123456789abcdef:1"


def unit(vectors: NDArray[Any]) -> Array:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def make_faces(
    *,
    people: int = 40,
    each: int = 6,
    dimension: int = 32,
    nuisance: float = 0.0,
    noise: float = 0.6,
    seed: int = 1,
) -> Faces:
    """Faces of `people`, with noise in all directions, of a length of `noise`.

    `nuisance` is the length of what moves every face along 4 directions, which are the same for
    all: as light and pose do. It says nothing of who it is.
    """
    random = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), each)
    count = len(person)
    centres = unit(random.normal(size=(people, dimension)))
    directions = np.linalg.qr(random.normal(size=(dimension, 4)))[0].T
    moved = nuisance * random.normal(size=(count, 4)) / 2 @ directions
    scattered = noise * random.normal(size=(count, dimension)) / np.sqrt(dimension)
    return Faces(
        vectors=unit(centres[person] + moved + scattered),
        person=person,
        face=np.arange(count) + 1000,
        owner=np.zeros(count, np.int64),
        rejected=np.empty((0, 2), np.int64),
        space=SPACE,
        same_person_cosine=0.4,
        sha256="0" * 64,
    )


@dataclass
class File:
    """What a file of faces holds; a field may be changed, or left out."""

    faces: Faces = field(default_factory=make_faces)

    def write(self, path: Path, **changes: Any) -> Path:
        fields = asdict(self.faces) | {"rejected": self.faces.face[self.faces.rejected]} | changes
        fields.pop("sha256")
        np.savez(path, **{name: value for name, value in fields.items() if value is not None})
        return path


def with_nobody(faces: Faces, vectors: Array, rejected_with: list[int]) -> Faces:
    """`faces`, and faces of nobody, each rejected with the face in that row."""
    count, more = len(faces.person), len(vectors)
    new = np.arange(count, count + more)
    return replace(
        faces,
        vectors=np.concatenate([faces.vectors, vectors]),
        person=np.concatenate([faces.person, np.full(more, -1)]),
        face=np.concatenate([faces.face, new + 1000]),
        owner=np.zeros(count + more, np.int64),
        rejected=np.stack([new, np.array(rejected_with)], axis=1),
    )
