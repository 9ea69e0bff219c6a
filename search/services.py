"""From what models saw in a photo to what can be found again: vectors, objects and text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import photos.services
from inference.arrays import RGB, Array
from inference.encoders import ImageEncoder
from inference.objects import ObjectDetector, SeenObject
from inference.ocr import TextLine as ReadLine
from inference.ocr import TextReader
from photos.models import Photo, Space
from photos.operations import EMBEDDING, OBJECTS, OCR, Place, Store
from search.models import DetectedObject, ImageVector, TextLine


@dataclass(frozen=True)
class EmbedPhoto:
    """The operation that tells what a whole photo looks like."""

    encoder: ImageEncoder
    recipe: str
    name: str = EMBEDDING
    needs: tuple[str, ...] = ()

    def look(self, image: RGB) -> "SeenPhoto":
        return SeenPhoto(self.encoder.encode(image), self.encoder)


@dataclass(frozen=True, eq=False)
class SeenPhoto:
    vector: Array  # (d,) of length 1
    encoder: ImageEncoder

    def keep(self, place: Place) -> Store:
        space = photos.services.space_of(self.encoder.identity, ImageVector)
        return lambda photo: _store_vector(photo, self.vector, space)


def _store_vector(photo: Photo, vector: Array, space: Space) -> None:
    row = ImageVector(
        photo=photo, owner_id=photo.owner_id, space=space, vector=vector.astype(float).tolist()
    )
    ImageVector.objects.bulk_create([row], ignore_conflicts=True)


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
