"""Faces in folders of the user's own photos, of people who are known: what models are tried on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from django.conf import settings

import local.album
from faces.quality import CORE_QUALITY, quality
from faces.trials import Faces
from inference.arrays import RGB
from inference.faces import DetectedFace, FaceDetector, FaceEmbedder
from inference.geometry import align
from jobs.errors import LabelsUnusable
from photos.errors import PhotoError
from photos.images import decode


@dataclass(frozen=True)
class Labelled:
    """Photos, and which person each shows. Of several people: nothing."""

    paths: Sequence[Path]
    people: Sequence[int]
    one_each: bool  # whether only the best face of a photo is meant


def people_in(folder: Path) -> Labelled:
    """The photos in the folders of `folder`, each of which is one person's.

    Raises:
        LabelsUnusable: there are fewer than two people, or nobody is in two photos.
    """
    paths = [path for path in _photos(folder) if path.parent != folder]
    names, people = np.unique(
        [path.relative_to(folder).parts[0] for path in paths], return_inverse=True
    )
    if len(names) < 2 or len(paths) == len(names):  # noqa: PLR2004  # to be told apart
        raise LabelsUnusable(
            f"{folder}: give a folder for each of two people at least, with photos that show one "
            "face each, and two photos or more of somebody."
        )
    return Labelled(paths, people.tolist(), one_each=True)


def groups_in(folder: Path) -> Labelled:
    """The photos below `folder`, of several people each.

    Raises:
        LabelsUnusable: there is none.
    """
    paths = _photos(folder)
    return Labelled(paths, [0] * len(paths), one_each=False)


def _photos(folder: Path) -> list[Path]:
    try:
        return [photo.path for photo in local.album.photos_of(folder)]
    except local.album.FolderError as exc:
        raise LabelsUnusable(str(exc)) from exc


@dataclass(frozen=True)
class Looks:
    """How faces are found, and what they look like."""

    detector: FaceDetector
    embedder: FaceEmbedder

    def at(self, labelled: Labelled, tell: Callable[[int], None]) -> Faces:
        """The faces of all photos; `tell` hears how many of them were looked at.

        Raises:
            LabelsUnusable: a photo can't be read.
            InferenceError: the server gave no answer, or a wrong one.
        """
        found = []
        for number, path in enumerate(labelled.paths):
            faces = self._of(path, one=labelled.one_each)
            person = np.full(len(faces), labelled.people[number])
            found.append(replace(faces, people=person, photos=np.full(len(faces), number)))
            tell(number + 1)
        return Faces(
            np.concatenate([each.vectors for each in found]),
            np.concatenate([each.people for each in found]),
            np.concatenate([each.photos for each in found]),
            np.concatenate([each.core for each in found]),
        )

    def _of(self, path: Path, *, one: bool) -> Faces:
        image = _decoded(path)
        detected = self.detector.detect(image)[: 1 if one else None]
        crops = [align(image, face.landmarks) for face in detected]
        core = [_is_core(crop, face) for crop, face in zip(crops, detected, strict=True)]
        nobody = np.zeros(len(crops), np.int64)
        return Faces(self.embedder.embed(crops), nobody, nobody, np.array(core, bool))


def _decoded(path: Path) -> RGB:
    try:
        return decode(path.read_bytes(), max_pixels=settings.MAX_PHOTO_PIXELS).pixels
    except (OSError, PhotoError) as exc:
        raise LabelsUnusable(f"{path}: {exc}") from exc


def _is_core(crop: RGB, face: DetectedFace) -> bool:
    return quality(crop, face.box, face.landmarks, face.score).value >= CORE_QUALITY
