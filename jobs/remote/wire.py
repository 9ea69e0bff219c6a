"""What a remote worker found in a photo, as JSON: written by it, read and checked by the server.

Boxes are [x, y, width, height] and points [x, y], in pixels of the upright photo. Vectors are
float32, little endian, in base64; pictures are JPEG in base64.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from operator import attrgetter
from typing import Any

import numpy as np

from faces.quality import Quality
from faces.services import CROP_SIDE, FoundFace, FoundFaces, Look
from inference import roles
from inference.arrays import Array
from inference.faces import MOST_FACES
from inference.geometry import Box, overlaps
from inference.identity import ModelIdentity
from inference.objects import SeenObject
from inference.ocr import TextLine
from inference.spec import ModelSpec
from inference.text_lines import MAX_LINES
from jobs.active import Making
from jobs.given import Given
from photos.operations import (
    CAPTION,
    DESCRIBE,
    EMBEDDING,
    FACES,
    OBJECTS,
    OCR,
    TAGS,
    Findings,
)
from search.captions import CaptionPhoto, SeenCaption, SeenDescription
from search.models import MAX_SENTENCE
from search.services import ReadLines, SeenObjects, SeenPhoto
from search.tagging import MAX_TAGS, Tag
from search.tags import SeenTags, TagsOfVector

MAX_OBJECTS = 1000  # of a photo
MAX_LINE = 2000  # letters
MAX_DESCRIPTION = 20_000  # letters
_SAME_PLACE = 0.5  # intersection over union from which two faces would be one
_SEARCHED = "searched"  # the vector by which the photo is found, where that is another
_OWN = "own_vector"  # the embedder's, beside that of the head: the head's space stands for both


def findings_to_json(findings: Findings) -> Any:
    """For all but tags, which are made of a vector: see tags_to_json()."""
    return _WRITTEN[type(findings)](findings)


def tags_to_json(findings: TagsOfVector, vector: Array) -> list[dict[str, Any]]:
    """The tags of the photo whose vector (d,) will be stored."""
    [tags] = findings.tagger.tags(_as_stored(vector)[None])
    return [{"key": tag.key, "confidence": tag.confidence} for tag in tags]


def _as_stored(vector: Array) -> Array:
    """`vector` (d,) float32 as it is when it comes back from the database: in half precision."""
    return vector.astype(np.float16).astype(np.float32)


def _vector_to_json(seen: SeenPhoto) -> dict[str, Any]:
    active, *searched = [
        {"space": identity.space, "vector": _numbers(vector)} for identity, vector in seen.looks
    ]
    return {**active, _SEARCHED: searched[0]} if searched else active


def _faces_to_json(seen: FoundFaces) -> dict[str, Any]:
    faces = [_face_to_json(each) for each in seen.found]
    return {"space": seen.identities[-1].space, "faces": faces}


def _face_to_json(face: FoundFace) -> dict[str, Any]:
    return {
        "box": _box(face.box),
        "landmarks": face.landmarks.tolist(),
        "confidence": face.confidence,
        "quality": asdict(face.quality),
        "vector": _numbers(face.vector),
        **({_OWN: _numbers(face.look[0])} if len(face.look) > 1 else {}),
        "crop": _text(face.crop),
    }


def _objects_to_json(seen: SeenObjects) -> list[dict[str, Any]]:
    return [
        {"label": each.label, "box": _box(each.box), "confidence": each.score} for each in seen.seen
    ]


def _lines_to_json(seen: ReadLines) -> list[dict[str, Any]]:
    return [
        {"text": each.text.replace("\0", ""), "quad": each.quad.tolist(), "confidence": each.score}
        for each in seen.lines
    ]


def _box(box: Box) -> list[float]:
    return [box.x, box.y, box.width, box.height]


def _numbers(vector: Array) -> str:
    return _text(vector.astype("<f4").tobytes())


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


_WRITTEN: Mapping[type, Callable[[Any], Any]] = {
    SeenPhoto: _vector_to_json,
    FoundFaces: _faces_to_json,
    SeenObjects: _objects_to_json,
    ReadLines: _lines_to_json,
    SeenCaption: attrgetter("sentence"),
    SeenDescription: attrgetter("text"),
}


@dataclass(frozen=True)
class Reading:
    """What findings are checked against: the photo's size in pixels, and the active models."""

    width: int
    height: int
    making: Making

    def findings(self, name: str, given: Given) -> Findings:
        """What the operation `name` has found.

        Raises:
            FindingsInvalid: that can't be, as the message says.
            InferenceNotReady: the models are not in the repository here.
        """
        read: Mapping[str, Callable[[Given], Findings]] = {
            EMBEDDING: self._embedding,
            FACES: self._faces,
            OBJECTS: self._objects,
            OCR: self._lines,
            TAGS: self._tags,
            CAPTION: self._caption,
            DESCRIBE: self._description,
        }
        return read[name](given)

    def _embedding(self, given: Given) -> SeenPhoto:
        embed = self.making.embed_photo(self.making.recipes[EMBEDDING])
        looks = [_photo_look(given, embed.encoder.identity)]
        if embed.searched:
            looks.append(_photo_look(given[_SEARCHED], embed.searched.identity))
        return SeenPhoto(tuple(looks))

    def _faces(self, given: Given) -> FoundFaces:
        identities = self.making.find_faces(self.making.recipes[FACES]).identities
        _check_space(given["space"], identities[-1])
        faces = given["faces"]
        found = [self._face(each, identities) for each in faces.each(most=MOST_FACES)]
        _check_apart(faces, found)
        return FoundFaces(found, identities)

    def _face(self, given: Given, identities: Sequence[ModelIdentity]) -> FoundFace:
        measured = given["quality"]
        return FoundFace(
            box=given["box"].box(self.width, self.height),
            landmarks=given["landmarks"].points(5, self.width, self.height, beyond=1),
            confidence=given["confidence"].fraction(),
            quality=Quality(
                size=measured["size"].fraction(),
                sharpness=measured["sharpness"].fraction(),
                frontality=measured["frontality"].fraction(),
                confidence=measured["confidence"].fraction(),
            ),
            look=_look(given, identities),
            crop=given["crop"].jpeg(side=CROP_SIDE),
        )

    def _objects(self, given: Given) -> SeenObjects:
        model = self._at(roles.OBJECT_DETECTOR)
        labels = set(self.making.client.identity(model).labels())
        seen = [
            SeenObject(
                each["label"].one_of(labels),
                each["box"].box(self.width, self.height),
                each["confidence"].fraction(),
            )
            for each in given.each(most=MAX_OBJECTS)
        ]
        return SeenObjects(seen, self.making.recipes[OBJECTS])

    def _lines(self, given: Given) -> ReadLines:
        lines = [
            TextLine(
                each["text"].text(most=MAX_LINE),
                each["quad"].points(4, self.width, self.height),
                each["confidence"].fraction(),
            )
            for each in given.each(most=MAX_LINES)
        ]
        return ReadLines(lines, self.making.recipes[OCR])

    def _tags(self, given: Given) -> SeenTags:
        context = {each.key: each.is_context for each in self.making.vocabulary.concepts}
        tags = [
            Tag(key, each["confidence"].fraction(), context[key])
            for each in given.each(most=MAX_TAGS + 1)
            for key in [each["key"].one_of(context)]
        ]
        if len({tag.key for tag in tags}) < len(tags):
            raise given.wrong("give each tag once.")
        return SeenTags(tags, self.making.recipes[TAGS])

    def _caption(self, given: Given) -> SeenCaption:
        operation = self.making.operation(CAPTION)
        if not isinstance(operation, CaptionPhoto):
            raise given.wrong("no model makes captions here: leave it out.")
        sentence = given.text(most=MAX_SENTENCE) if given.value != "" else ""
        return SeenCaption(operation, sentence)

    def _description(self, given: Given) -> SeenDescription:
        return SeenDescription(given.text(most=MAX_DESCRIPTION), self.making.recipes[DESCRIBE])

    def _at(self, role: ModelSpec) -> ModelSpec:
        return role.at(self.making.active[role.name])


def _photo_look(given: Given, identity: ModelIdentity) -> tuple[ModelIdentity, Array]:
    """
    Raises:
        FindingsInvalid: the vector can't be of this model.
    """
    _check_space(given["space"], identity)
    return identity, given["vector"].vector(identity.dimension)


def _look(given: Given, identities: Sequence[ModelIdentity]) -> Look:
    """
    Raises:
        FindingsInvalid: a vector is missing, or can't be of its model.
    """
    names = [_OWN, "vector"][-len(identities) :]
    return tuple(
        given[name].vector(each.dimension) for name, each in zip(names, identities, strict=True)
    )


def _check_space(given: Given, identity: ModelIdentity) -> None:
    """
    Raises:
        FindingsInvalid: the vectors are of other weights.
    """
    if given.value != identity.space:
        raise given.wrong(f"the vectors must be of {identity.space}.")


def _check_apart(given: Given, found: Sequence[FoundFace]) -> None:
    """
    Raises:
        FindingsInvalid: two of the faces lie in one place.
    """
    boxes = [face.box for face in found]
    if (np.triu(overlaps(boxes, boxes), k=1) >= _SAME_PLACE).any():
        raise given.wrong("two of them lie in one place.")
