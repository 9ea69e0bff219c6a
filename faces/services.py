"""From what a detector saw to faces that are kept."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import compress

import cv2
import numpy as np
from django.core.files.storage import default_storage
from django.db import transaction

import photos.services
from faces import centroids, gone, grouping, matching, metrics
from faces.models import Face, FaceVector, Membership
from faces.people.editing import share
from faces.quality import Quality, quality
from inference.arrays import RGB, Array
from inference.faces import DetectedFace, FaceDetector, FaceEmbedder, FaceHead
from inference.geometry import Box, align
from inference.identity import ModelIdentity
from photos.errors import OriginalDiffers
from photos.models import Owner, Photo, Space
from photos.operations import FACES, Place, Store

CROP_SIDE = 192  # pixels of a stored crop
_CROP_MARGIN = 0.35  # of the face's longer side, on each side
_JPEG_QUALITY = 88

# What one face looks like: a vector (d,) of length 1 for each of `FindFaces.identities`.
Look = tuple[Array, ...]


@dataclass(frozen=True)
class FoundFace:
    """A face that was found, with all that is to be kept of it."""

    box: Box
    landmarks: Array  # (5, 2) pixels of the photo
    confidence: float
    quality: Quality
    look: Look
    crop: bytes  # JPEG

    @property
    def vector(self) -> Array:
        """What it is compared by: (d,) of length 1."""
        return self.look[-1]


@dataclass(frozen=True)
class FindFaces:
    """The operation that finds the faces of a photo, and tells what they look like.

    With a `head`, to it and to the embedder: no head goes backwards, and the next one is trained
    for the embedder's vectors.
    """

    detector: FaceDetector
    embedder: FaceEmbedder
    recipe: str
    head: FaceHead | None = None
    name: str = FACES
    needs: tuple[str, ...] = ()

    @property
    def identities(self) -> tuple[ModelIdentity, ...]:
        """Whose vectors a look has: the embedder's and the head's. By the last one faces are
        compared.
        """
        return self.embedder.identity, *([self.head.identity] if self.head else [])

    def look(self, image: RGB) -> "FoundFaces":
        identities = self.identities  # before any vector is made in vain
        return FoundFaces(describe(image, self.detector.detect(image), self.looks), identities)

    def looks(self, crops: Sequence[RGB]) -> list[Look]:
        """What aligned `crops` (112, 112, 3) look like: embedded once, and moved from there.

        Raises:
            InferenceError: the server gave no answer, or a wrong one.
        """
        own = self.embedder.embed(crops)
        return list(zip(own, *([self.head.moved(own)] if self.head else []), strict=True))


@dataclass(frozen=True)
class FoundFaces:
    """The faces of one photo, on their way into the database."""

    found: Sequence[FoundFace]
    identities: Sequence[ModelIdentity]  # of the vectors in their looks

    def keep(self, place: Place) -> Store:
        spaces = spaces_of(self.identities)
        crops = keep(place.folder, self.found)
        joins = known_clusters(place.owner, self.found, spaces[-1])
        return lambda photo: store(photo, self.found, crops, joins, spaces)


def spaces_of(identities: Iterable[ModelIdentity]) -> list[Space]:
    """Where the vectors of these models are kept, each with its index."""
    return [photos.services.space_of(each, FaceVector) for each in identities]


def describe(
    image: RGB,
    detected: Sequence[DetectedFace],
    looks: Callable[[Sequence[RGB]], Sequence[Look]],
) -> list[FoundFace]:
    """What is to be kept of each of the `detected` faces of `image`. Asks for their `looks` once.

    Raises:
        InferenceError: the server gave no answer, or a wrong one.
    """
    if not detected:
        return []
    aligned = [align(image, face.landmarks) for face in detected]
    return [
        FoundFace(
            box=face.box,
            landmarks=face.landmarks,
            confidence=face.score,
            quality=quality(crop, face.box, face.landmarks, face.score),
            look=look,
            crop=portrait(image, face.box),
        )
        for face, crop, look in zip(detected, aligned, looks(aligned), strict=True)
    ]


def keep(folder: str, found: Sequence[FoundFace]) -> list[str]:
    """Write the crops; returns their keys. Before the rows, so that no row lacks its file.

    A key is its content's: another model's crops never take the place of those that rows have.
    """
    return [keep_crop(folder, face.crop) for face in found]


def keep_crop(folder: str, crop: bytes) -> str:
    return photos.services.write(f"{folder}/face-{sha256(crop).hexdigest()[:16]}.jpg", crop)


def store(
    photo: Photo,
    found: Sequence[FoundFace],
    crops: Sequence[str],
    joins: Sequence[matching.Join | None],
    spaces: Sequence[Space],
) -> None:
    """Rows for the faces found in `photo`, in the caller's transaction.

    A face that another model has found before keeps its row, its cluster and its name, and
    gets the vectors that it lacks in `spaces`.
    """
    if not found:
        return
    share(photo.owner_id)  # nobody is erased, and no face drawn, meanwhile
    known = list(photo.faces.all())
    found, crops, joins = _not_gone(photo, known, found, crops, joins)
    rows = [
        _again(face, known) or new_row(photo, face, crop)
        for face, crop in zip(found, crops, strict=True)
    ]
    seen_before = [row.pk for row in rows if row.pk is not None]
    new = Face.objects.bulk_create(row for row in rows if row.pk is None)
    transaction.on_commit(partial(metrics.note, len(new), sum(map(bool, joins))))
    looks = [(row, face.look) for row, face in zip(rows, found, strict=True)]
    remember(photo.owner_id, looks, spaces, known=seen_before)
    admitted = {row.pk: join for row, join in zip(rows, joins, strict=True) if join}
    matching.admit(photo.owner_id, admitted, new={row.pk for row in new})
    if not all(joins):
        grouping.ask(photo.owner_id, spaces[-1])


def _not_gone(
    photo: Photo,
    known: Sequence[Face],
    found: Sequence[FoundFace],
    crops: Sequence[str],
    joins: Sequence[matching.Join | None],
) -> tuple[list[FoundFace], list[str], list[matching.Join | None]]:
    """Without the faces that lie where one is gone, unless somebody has drawn one there since.

    The crops of those go.
    """
    places, there = gone.boxes(photo), [gone.box_of(each) for each in known]
    kept = [not gone.covers(places, face.box) or gone.covers(there, face.box) for face in found]
    for crop, stays in zip(crops, kept, strict=True):
        if not stays:
            transaction.on_commit(partial(default_storage.delete, crop))
    return (
        list(compress(found, kept)), list(compress(crops, kept)), list(compress(joins, kept)),
    )  # fmt: skip


def remember(
    owner: int,
    looks: Iterable[tuple[Face, Look]],
    spaces: Sequence[Space],
    *,
    known: Collection[int],
) -> None:
    """Keep what faces of `owner` look like in each of `spaces`, in the caller's transaction.

    What is there already stays. Nothing is kept of those who are not to be recognised: of the
    faces (keys) that are `known`, some may be theirs.
    """
    barred = _forgotten(known, spaces)
    FaceVector.objects.bulk_create(
        (
            FaceVector(face=face, owner_id=owner, space=space, vector=vector.tolist())
            for face, look in looks
            if face.pk not in barred
            for space, vector in zip(spaces, look, strict=True)
        ),
        ignore_conflicts=True,  # another detector may have found the face before
    )


def _forgotten(faces: Collection[int], spaces: Sequence[Space]) -> set[int]:
    """Those of `faces` that belong to somebody who is not to be recognised.

    The clusters of the others look different now, to the models of `spaces`.
    """
    if not faces:
        return set()
    members = Membership.objects.filter(face__in=faces)
    centroids.forget(members.values("part__cluster"), *spaces)
    theirs = members.filter(part__cluster__person__unrecognised=True)
    return set(theirs.values_list("face_id", flat=True))


def known_clusters(
    owner: Owner, found: Sequence[FoundFace], space: Space
) -> list[matching.Join | None]:
    """For each of the faces found in one photo: the cluster that it joins, if any."""
    if not found:
        return []
    return matching.joins(owner, np.stack([face.vector for face in found]), space)


def _again(face: FoundFace, known: list[Face]) -> Face | None:
    """The row that `face` has already, taken out of `known`."""
    for row in known:
        if face.box.iou(Box(row.x, row.y, row.width, row.height)) >= gone.SAME_FACE:
            known.remove(row)
            return row
    return None


def new_row(photo: Photo, face: FoundFace, crop: str) -> Face:
    """To hundredths of a pixel. Edges are rounded, so that the box stays inside the photo."""
    x, y = round(face.box.x, 2), round(face.box.y, 2)
    return Face(
        photo=photo,
        x=x,
        y=y,
        width=round(round(face.box.right, 2) - x, 2),
        height=round(round(face.box.bottom, 2) - y, 2),
        landmarks=face.landmarks.astype(np.float64).round(2).tolist(),
        confidence=round(face.confidence, 4),
        quality=round(face.quality.value, 4),
        quality_reasons=face.quality.reasons,
        crop=crop,
    )


def portrait(image: RGB, box: Box) -> bytes:
    """A JPEG of the face with some of its surroundings, square where the photo allows it.

    Raises:
        OriginalDiffers: `image` is smaller than the photo was, and has nothing there.
    """
    half = max(box.width, box.height) * (0.5 + _CROP_MARGIN)
    x, y = box.x + box.width / 2, box.y + box.height / 2
    top, left = max(0, int(y - half)), max(0, int(x - half))
    part = image[top : int(y + half) + 1, left : int(x + half) + 1]
    if not part.size:
        raise OriginalDiffers("The picture is smaller than the photo was: the face is outside.")
    scale = CROP_SIDE / max(part.shape[:2])
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    crop = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), quality)
    return bytes(data)
