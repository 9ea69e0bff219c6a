"""From what models saw in a photo to what can be found again: vectors, objects and text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

import photos.services
from inference.arrays import RGB, Array
from inference.encoders import ImageEncoder
from inference.identity import ModelIdentity
from inference.objects import ObjectDetector, SeenObject
from inference.ocr import TextLine as ReadLine
from inference.ocr import TextReader
from photos.models import Photo, Space
from photos.operations import EMBEDDING, OBJECTS, OCR, Place, Store
from search import spaces
from search.models import DetectedObject, ImageVector, TextLine


@dataclass(frozen=True)
class EmbedPhoto:
    """The operation that tells what a whole photo looks like.

    While photos are `searched` in the space of another encoder, to both: see search/spaces.py.
    """

    encoder: ImageEncoder
    recipe: str
    searched: ImageEncoder | None = None
    name: str = EMBEDDING
    needs: tuple[str, ...] = ()

    def look(self, image: RGB) -> "SeenPhoto":
        encoders = [self.encoder, *([self.searched] if self.searched else [])]
        return SeenPhoto(tuple((each.identity, each.encode(image)) for each in encoders))


@dataclass(frozen=True, eq=False)
class SeenPhoto:
    """What a photo looks like: vectors (d,) of length 1, by the models of these identities.

    The first is that of the active model; in the space of the last one photos are searched.
    """

    looks: tuple[tuple[ModelIdentity, Array], ...]

    @property
    def vector(self) -> Array:
        """By the active model."""
        return self.looks[0][1]

    def keep(self, place: Place) -> Store:
        kept = {
            photos.services.space_of(identity, ImageVector): vector
            for identity, vector in self.looks
        }
        return lambda photo: _store_vectors(photo, kept)


def _store_vectors(photo: Photo, vectors: Mapping[Space, Array]) -> None:
    """In the place of those that the same models have made before: the caller holds the photo.

    Raises:
        SpaceMoved: the photo would not be found.
    """
    spaces.admit(vectors.keys())
    ImageVector.objects.filter(photo=photo, space__in=vectors).delete()
    rows = [vector_of(photo, space, vector) for space, vector in vectors.items()]
    ImageVector.objects.bulk_create(rows)


def vector_of(photo: Photo, space: Space, vector: Array) -> ImageVector:
    """A row, not yet stored."""
    numbers = vector.astype(float).tolist()
    return ImageVector(photo=photo, owner_id=photo.owner_id, space=space, vector=numbers)


@dataclass(frozen=True)
class FindObjects:
    """The operation that finds the things in a photo."""

    detector: ObjectDetector
    recipe: str
    name: str = OBJECTS
    needs: tuple[str, ...] = ()

    def look(self, image: RGB) -> "SeenObjects":
        return SeenObjects(self.detector.detect(image), self.recipe)


@dataclass(frozen=True)
class SeenObjects:
    seen: Sequence[SeenObject]
    recipe: str

    def keep(self, place: Place) -> Store:
        return self.store

    def store(self, photo: Photo) -> None:
        """In the place of what the same model has found before."""
        photo.objects_seen.filter(recipe=self.recipe).delete()
        DetectedObject.objects.bulk_create(
            DetectedObject(
                photo=photo,
                recipe=self.recipe,
                label=each.label,
                confidence=round(each.score, 4),
                x=round(each.box.x, 2),
                y=round(each.box.y, 2),
                width=round(each.box.width, 2),
                height=round(each.box.height, 2),
            )
            for each in self.seen
        )


@dataclass(frozen=True)
class ReadText:
    """The operation that reads the text in a photo."""

    reader: TextReader
    recipe: str
    name: str = OCR
    needs: tuple[str, ...] = ()

    def look(self, image: RGB) -> "ReadLines":
        return ReadLines(self.reader.read(image), self.recipe)


@dataclass(frozen=True)
class ReadLines:
    lines: Sequence[ReadLine]
    recipe: str

    def keep(self, place: Place) -> Store:
        return self.store

    def store(self, photo: Photo) -> None:
        """In the place of what the same models have read before."""
        photo.text_lines.filter(recipe=self.recipe).delete()
        TextLine.objects.bulk_create(
            TextLine(
                photo=photo,
                recipe=self.recipe,
                position=position,
                text=line.text.replace("\0", ""),
                quad=line.quad.astype(np.float64).round(2).tolist(),
                confidence=round(line.score, 4),
            )
            for position, line in enumerate(self.lines)
        )
